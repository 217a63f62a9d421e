"""The time of a stream's frames: the camera's steps, on this machine's clock."""

from __future__ import annotations

#: By which a camera's clock may have drifted from this machine's before it is set anew.
_DRIFT_S = 2.0


class StreamClock:
    """Unix seconds of frames, whose steps are the camera's own.

    Frames arrive in bursts, and a file as fast as it is read; movements are as fast as the camera's times say.

    Args:
        realtime: whether frames arrive as they are taken, so that a drift against this machine's clock is one.
    """

    def __init__(self, *, realtime: bool) -> None:
        self._realtime = realtime
        self._epoch = 0
        self._offset_s: float | None = None
        self._latest = float("-inf")

    def at(self, epoch: int, pts_s: float | None, captured_at: float) -> float:
        """The time of a frame, Unix seconds, after that of the one before.

        Args:
            epoch: of the frame; each begins with a new offset.
            pts_s: the camera's own time; the arrival counts where it has none.
            captured_at: of its arrival, Unix seconds.
        """
        if epoch != self._epoch:
            self._epoch, self._offset_s = epoch, None
        at = captured_at
        if pts_s is not None:
            if self._offset_s is None or self._has_drifted(pts_s, captured_at):
                self._offset_s = captured_at - pts_s
            at = pts_s + self._offset_s
        self._latest = max(at, self._latest)
        return self._latest

    def _has_drifted(self, pts_s: float, captured_at: float) -> bool:
        return self._realtime and abs(pts_s + (self._offset_s or 0.0) - captured_at) > _DRIFT_S
