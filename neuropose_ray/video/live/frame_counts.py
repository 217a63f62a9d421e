"""How many frames a source has decoded, given and lost, over all its connections."""

from __future__ import annotations

from collections import deque

_WINDOW_S = 5.0


class FrameCounts:
    """Counts of frames. Times are seconds of any one clock.

    Attributes:
        taken: frames that were given.
        discarded: frames that came for somebody who had stopped waiting.
    """

    def __init__(self) -> None:
        self.taken = self.discarded = 0
        self._before = self._now = self._dropped_before = self._dropped_now = 0
        self._history: deque[tuple[float, int]] = deque()

    @property
    def decoded(self) -> int:
        """Frames decoded."""
        return self._before + self._now

    @property
    def dropped(self) -> int:
        """Frames of the target rate that nobody took."""
        return self._dropped_before + self._dropped_now + self.discarded

    def report(self, now: float, decoded: int, dropped: int) -> None:
        """Take note of the counts of the present connection."""
        self._now, self._dropped_now = max(self._now, decoded), dropped
        self._history.append((now, self.decoded))
        while now - self._history[0][0] > _WINDOW_S:
            self._history.popleft()

    def frame(self, number: int) -> None:
        """A frame of this number has come, which may be before the counts do."""
        self._now = max(self._now, number + 1)

    def close_connection(self) -> None:
        """The next counts are those of another connection."""
        self._before, self._dropped_before = self.decoded, self._dropped_before + self._dropped_now
        self._now = self._dropped_now = 0

    def fps(self, now: float) -> float:
        """Frames per second decoded in the last five seconds."""
        recent = [entry for entry in self._history if now - entry[0] <= _WINDOW_S]
        if len(recent) < 2:
            return 0.0
        return (recent[-1][1] - recent[0][1]) / (now - recent[0][0])
