"""Overlapping windows, so that memory depends on the window and not on the length of a video."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Stretches from which bone lengths are estimated: several, because a bone is seen from the side only at times.
SAMPLE_STRETCHES = 5


@dataclass(frozen=True)
class Window:
    """Frames ``start`` to ``stop`` (exclusive) of a sequence."""

    start: int
    stop: int


def plan_windows(frames: int, size: int, overlap: int) -> tuple[Window, ...]:
    """Windows of at most ``size`` frames that cover ``frames``; neighbours share ``overlap`` frames.

    The overlap is at most a third of the window, so that no frame is in three windows.
    """
    overlap = min(overlap, size // 3)
    if frames <= size:
        return (Window(0, frames),)
    count = -(-(frames - overlap) // (size - overlap))
    edges = np.linspace(0, frames - overlap, count + 1).round().astype(int).tolist()
    return tuple(Window(left, right + overlap) for left, right in pairwise(edges))


def blend(windows: tuple[Window, ...], parts: list[Array], frames: int) -> Array:
    """One sequence ``(..., frames)`` of the windows' results, cross-faded where two overlap."""
    blended = np.zeros((*parts[0].shape[:-1], frames))
    for index, (window, part) in enumerate(zip(windows, parts, strict=True)):
        weight = np.ones(window.stop - window.start)
        if index > 0:
            shared = windows[index - 1].stop - window.start
            weight[:shared] *= _ramp(shared)
        if index < len(windows) - 1:
            shared = window.stop - windows[index + 1].start
            weight[len(weight) - shared :] *= _ramp(shared)[::-1]
        blended[..., window.start : window.stop] += part * weight
    return blended


def _ramp(count: int) -> Array:
    """Rising weights; with their mirror image they add up to one."""
    return np.asarray((np.arange(count) + 0.5) / max(count, 1))


def sample_frames(frames: int, size: int, segments: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """At most ``size`` frames in a few stretches spread evenly over a sequence, and the segments these then form."""
    if frames <= size:
        return np.arange(frames), segments
    length = size // SAMPLE_STRETCHES
    starts = np.linspace(0, frames - length, SAMPLE_STRETCHES).round().astype(np.intp)
    chosen = np.unique((starts[:, None] + np.arange(length)).ravel())
    cut = (np.diff(chosen) > 1) | (np.diff(segments[chosen]) != 0)
    return chosen, np.concatenate([[0], np.cumsum(cut)]).astype(np.intp)
