"""When to connect anew: longer after each failure, and soon again only after a stable while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neuropose_ray.schemas.live import SourceOptions

_DOUBLINGS = 6
# Cameras behind one switch come back together; each waits up to this share of its time less. Never more: the interval
# is a promise.
_JITTER = 0.25


@dataclass(frozen=True, slots=True)
class Retry:
    """What follows a failure: ``delay_s`` until the next attempt, None when there is none."""

    delay_s: float | None


class Backoff:
    """Counts failures in a row: ``interval * 2 ** min(failures - 1, 6)``, at most the cap, shortened by a jitter.

    A failure ends the row only after frames came for a stable while, so that a camera that connects and breaks off
    again and again is asked ever less often. Times are seconds of any one clock.

    Args:
        options: interval, cap, retries, and what is stable.
        random: a number in 0..1, for the jitter.
    """

    def __init__(self, options: SourceOptions, random: Callable[[], float]) -> None:
        self._options, self._random = options, random
        self._failures = 0
        self._frames_since: float | None = None

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self._failures

    def frame(self, now: float) -> None:
        """Frames come at ``now``, as they did since the first call after a failure or :meth:`gap`."""
        if self._frames_since is None:
            self._frames_since = now
        elif now - self._frames_since >= self._options.stable_s:
            self._failures = 0

    def gap(self) -> None:
        """No frames come: a stable while begins anew."""
        self._frames_since = None

    def failed(self, *, denied: bool = False) -> Retry:
        """A connection, or an attempt at one, has ended.

        Args:
            denied: it was refused, and will be for as long as nobody changes something.
        """
        self._failures += 1
        self._frames_since = None
        options = self._options
        if 0 <= options.max_retries < self._failures:
            return Retry(None)
        delay_s = options.reconnect_interval_s * 2.0 ** min(self._failures - 1, _DOUBLINGS)
        delay_s = min(delay_s, options.reconnect_cap_s) * (1 - _JITTER * self._random())
        return Retry(max(delay_s, options.denied_retry_s) if denied else delay_s)
