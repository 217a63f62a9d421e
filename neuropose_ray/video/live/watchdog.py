"""Whether a decoder still gives pictures; the time limits of media libraries do not always come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: Some cameras send a keyframe, with which decoding can begin, every twenty seconds. As long as packets come.
FIRST_FRAME_S = 30.0

Verdict = Literal["good", "stalled", "dead"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a decoder has done so far.

    Attributes:
        packets: received, or polls that were answered.
        frames: decoded, or looked at and found to be the last one again.
        idle: it waits for its consumer, or for the time of the next frame.
    """

    packets: int = 0
    frames: int = 0
    idle: bool = False


class Watchdog:
    """Compares the progress of one connection with the time. Times are seconds of any one clock.

    Args:
        now: when the connection was asked for.
        stall_s: without a frame, after which it is stalled.
        kill_s: without a frame, after which it is dead.
    """

    def __init__(self, now: float, *, stall_s: float, kill_s: float) -> None:
        self._stall_s, self._kill_s = stall_s, max(stall_s, kill_s)
        self._opened, self._last_frame, self._last_packet = now, now, now
        self._progress = Progress()

    def report(self, progress: Progress, now: float) -> bool:
        """Take note of what the decoder says; whether frames came since it last said something."""
        before, self._progress = self._progress, progress
        came = progress.frames > before.frames
        if progress.packets > before.packets:
            self._last_packet = now
        if came or progress.idle:
            self._last_frame = now
        return came

    def verdict(self, now: float) -> Verdict:
        """What the silence until ``now`` means; a first frame may take longer, as long as packets come."""
        silence_s = now - self._last_frame
        if not self._progress.frames and now - self._opened < FIRST_FRAME_S:
            silence_s = now - self._last_packet
        if silence_s >= self._kill_s:
            return "dead"
        return "stalled" if silence_s >= self._stall_s else "good"
