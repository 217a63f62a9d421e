"""Which frames of a video the pose model sees where it is to see at most so many a second."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.video import VideoInfo

#: Of the distance of frames; a rate that is larger than the video's by less than this drops none.
_SLACK = 0.02


@dataclass(frozen=True, slots=True)
class AnalysisRate:
    """At most so many frames a second.

    Attributes:
        per_s: frames of a true second.
        capture_fps: frames per second at which the video was taken, where it is stored slowed down; else None.
    """

    per_s: float
    capture_fps: float | None = None

    @property
    def key(self) -> str:
        """What identifies it."""
        return f"rate {self.per_s!r} {self.capture_fps!r}"

    def analysed(self, info: VideoInfo) -> tuple[int, ...]:
        """Positions of the frames that are to be analysed; empty where all are."""
        slowed = 1.0 if self.capture_fps is None or not info.fps else info.fps / self.capture_fps
        frames = thinned(info.timestamps_s * slowed, self.per_s)
        return () if len(frames) == info.frame_count else tuple(frames.tolist())


def thinned(times_s: NDArray[np.float64], per_s: float) -> NDArray[np.int64]:
    """Positions of frames that follow each other at most so often, in steps as even as their times allow.

    Of a steady video it is every n-th frame, so that a video of 50 frames a second, at most 30 of which are wanted,
    gives 25, and not now every and then every second one. Elsewhere it is the first frame that is due. A frame may
    come early by half the distance of two frames, as clocks are not even; the next one is not due earlier for that.

    Args:
        times_s: ``(frames,)`` ascending.
        per_s: frames of a second, at most, over any longer time.
    """
    if len(times_s) < 2:
        return np.arange(len(times_s))
    distance_s = frame_distance_s(times_s)
    steps = math.ceil(1 / (per_s * distance_s) - _SLACK)
    interval_s = steps * distance_s if steps > 1 else min(distance_s, 1 / per_s)
    early_s = distance_s / 2
    chosen, due_s = [], float(times_s[0])
    for position, time_s in enumerate(times_s.tolist()):
        if time_s >= due_s - early_s:
            chosen.append(position)
            due_s = max(due_s, time_s - early_s) + interval_s
    return np.array(chosen, np.int64)


def frame_distance_s(times_s: NDArray[np.float64]) -> float:
    """The usual distance of two frames: the mean of those near the median, which may be rounded to a clock's steps.

    Args:
        times_s: ``(frames,)`` of at least two frames, ascending.
    """
    apart_s = np.sort(np.diff(times_s))
    median_s = apart_s[len(apart_s) // 2]
    return float(apart_s[np.abs(apart_s - median_s) <= median_s / 2].mean())
