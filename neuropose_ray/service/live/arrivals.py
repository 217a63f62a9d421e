"""Whether a pose that waits for a client is sent, or left for the next one, which comes in a moment."""

from __future__ import annotations

#: Share of a new distance between two poses in the usual one.
_RECENT = 0.2
#: Shares of that distance: older than the first a pose is left for the next, which is waited for until the second.
_FRESH, _LATE = 0.5, 1.5
#: Poses that come more seldom are too few for one to be left.
_LONGEST_S = 0.2


class Arrivals:
    """When the poses of a stream come.

    A client that is slow itself acknowledges at any time between two of them. In the second half it has the next pose
    fresh at the cost of less than half a distance, where the one that waits would be more than half a distance older.
    Times are seconds of any one clock.
    """

    def __init__(self) -> None:
        self._latest: float | None = None
        self._distance_s = 0.0

    def came(self, now: float) -> None:
        """Take note of a pose."""
        if self._latest is not None:
            distance_s = now - self._latest
            self._distance_s += (_RECENT if self._distance_s else 1.0) * (distance_s - self._distance_s)
        self._latest = now

    def pause_s(self, now: float) -> float:
        """Seconds to wait for the next pose before the latest one is sent; 0 while that is fresh."""
        if self._latest is None or self._distance_s > _LONGEST_S:
            return 0.0
        age_s = now - self._latest
        is_left = _FRESH * self._distance_s < age_s < _LATE * self._distance_s
        return _LATE * self._distance_s - age_s if is_left else 0.0
