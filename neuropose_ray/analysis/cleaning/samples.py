"""Which samples of a motion are known, and the unbroken runs of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Scalar = TypeVar("Scalar", bound=np.generic)


def known_samples(positions: Floats) -> NDArray[np.bool_]:
    """``(frames, joints)``: a joint is known in a frame when all its coordinates are finite."""
    return np.asarray(np.isfinite(positions).all(-1))


def unbroken_runs(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """``(runs, 2)``: first frame and the frame after the last of each run of True in ``(frames,)``."""
    steps = np.diff(np.concatenate([[False], known, [False]]).astype(np.int8))
    return np.stack([np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)], axis=1)


def filter_runs(positions: Floats, min_frames: int, apply: Callable[[Floats], Floats]) -> Floats:
    """Filter every joint's unbroken runs, each by itself.

    Args:
        positions: ``(frames, joints, 3)``.
        min_frames: shorter runs stay as they are.
        apply: ``(frames of a run, coordinates)`` to the same shape.

    Returns:
        ``(frames, joints, 3)``; what was missing is missing.
    """
    filtered = positions.copy()
    known = known_samples(positions)
    for first, end, joints in _runs_of_joints(known):
        if end - first >= min_frames:
            run = positions[first:end, joints]
            filtered[first:end, joints] = apply(run.reshape(len(run), -1)).reshape(run.shape)
    return filtered


def short_runs(positions: Floats, min_frames: int) -> int:
    """How many unbroken runs of single joints are shorter than ``min_frames``."""
    return sum(
        len(joints) for first, end, joints in _runs_of_joints(known_samples(positions)) if end - first < min_frames
    )


def _runs_of_joints(known: NDArray[np.bool_]) -> list[tuple[int, int, NDArray[np.int64]]]:
    """Each run with the joints that share it: most joints come and go together, and are then filtered together."""
    joints_of: dict[tuple[int, int], list[int]] = {}
    for joint in range(known.shape[1]):
        for first, end in unbroken_runs(known[:, joint]).tolist():
            joints_of.setdefault((first, end), []).append(joint)
    return [(first, end, np.array(joints)) for (first, end), joints in sorted(joints_of.items())]


def sliding_windows(values: NDArray[Scalar], window: int, outside: float) -> NDArray[Scalar]:
    """``(frames, ..., window)``: each value of ``(frames, ...)`` amid its neighbours, ``outside`` beyond the ends."""
    half = window // 2
    padding = [(half, half), *([(0, 0)] * (values.ndim - 1))]
    padded = np.pad(values, padding, constant_values=outside)
    if not len(values):
        return np.empty((*values.shape, window), values.dtype)
    return np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)


def sliding_medians(values: Floats, near: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The median around each value, and the median deviation from it.

    Args:
        values: ``(frames, coordinates)``; what is not finite is left out of a window.
        near: ``(frames, window)``: which neighbours count; the middle column is the value itself.

    Returns:
        Median and median absolute deviation from it, both of the shape of ``values``; NaN where a window is empty.
    """
    windows = sliding_windows(values, near.shape[1], np.nan)
    windows = np.where(near[:, None] & np.isfinite(windows), windows, np.nan)
    counts = np.isfinite(windows).sum(-1)
    median = _median(windows, counts)
    return median, _median(np.abs(windows - median[..., None]), counts)


def _median(windows: Floats, counts: NDArray[np.int64]) -> Floats:
    """The median over the last axis without NaN; ``numpy.nanmedian`` is many times slower on small windows, and
    warns of empty ones.
    """
    ordered = np.sort(windows, axis=-1)
    low, high = np.maximum(counts - 1, 0) // 2, counts // 2
    high = np.minimum(high, windows.shape[-1] - 1)
    middle = [np.take_along_axis(ordered, index[..., None], -1)[..., 0] for index in (low, high)]
    return (middle[0] + middle[1]) / 2
