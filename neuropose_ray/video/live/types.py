"""What a live source gives: frames, its state, and clips."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.schemas.live import StreamState
from neuropose_ray.schemas.poses import Frame


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """One picture of a live source.

    Attributes:
        image: ``(height, width, 3)`` uint8, RGB, upright, the caller's own.
        captured_at: Unix seconds at which it arrived on this machine; of a snapshot, at which the camera says that it
            was taken, where that is credible.
        pts_s: seconds of the camera's own clock, or from the start of a file; None where it states none.
        epoch: how often the source has been connected to, from 1 on.
        number: position in its epoch, from 0 on, counting frames that were not taken.
        decode_ms: milliseconds from its arrival until it was decoded, and those of its conversion.
    """

    image: Frame
    captured_at: float
    pts_s: float | None
    epoch: int
    number: int
    decode_ms: float


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """The state of a source.

    Attributes:
        fps: frames per second that are decoded, over the last seconds.
        frames_decoded, frames_taken: since the source was started.
        frames_dropped: frames of the target rate that nobody took in time.
        epoch: the present one; 0 before the first frame.
        reconnects: attempts to connect again.
        last_error: why the last connection or attempt ended, without user and password.
        since: Unix seconds at which it came into its state.
        width, height: pixels of the upright frame; 0 before the first.
        ended: whether it is a file of which all frames have been given.
        clip_s: seconds of the encoded stream that are kept for clips now.
        clip_limit: one line on why they are fewer than were asked for; None where they are not.
    """

    state: StreamState
    fps: float
    frames_decoded: int
    frames_taken: int
    frames_dropped: int
    epoch: int
    reconnects: int
    last_error: str | None
    since: float
    width: int
    height: int
    ended: bool
    clip_s: float = 0.0
    clip_limit: str | None = None


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """A clip that was written.

    Attributes:
        started_at: Unix seconds at which its first frame arrived.
        duration_s: from its first frame to its last.
        frames: encoded pictures in it.
    """

    path: Path
    started_at: float
    duration_s: float
    frames: int
    bytes: int
