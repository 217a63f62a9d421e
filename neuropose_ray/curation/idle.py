"""Idle intervals: stretches of a video in which nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.settings import IdleSettings
from neuropose_ray.schemas.arrow_arrays import numbers
from neuropose_ray.schemas.frame_table import IDLE_COLUMNS, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

#: Frames per second up to which the threshold holds as it is.
_USUAL_RATE_HZ = 30.0
#: In still videos of phones and surveillance cameras noise reaches a quarter of the default threshold.
_LEAST_FACTOR = 0.3


def idle_intervals(table: pa.Table, settings: IdleSettings = IdleSettings()) -> pa.Table:
    """The intervals in which motion stays below the threshold for long enough, in the order of the frames.

    Motion is smoothed by a centred running median, which neither lags nor moves the ends of an interval, and passes
    over the single frames in which a codec renews a still picture. From frame to frame of a faster camera everything
    moves less, so that the threshold falls with the rate, as far as noise lets it. A frame without motion to the
    frame before (the first one, one after a gap, a change of size or an unreadable frame) ends an interval.

    Args:
        table: ``timestamp_s`` and ``motion`` of every frame of one video.
        settings: thresholds.

    Returns:
        :data:`~neuropose_ray.schemas.frame_table.IDLE_COLUMNS`.
    """
    import pyarrow as pa

    motion = table.column("motion").to_numpy(zero_copy_only=False).astype(np.float64)
    times_s = table.column("timestamp_s").to_numpy()
    threshold = settings.motion_threshold * _rate_factor(times_s)
    rows = [
        (first, last, times_s[first], times_s[last], _score(motion[first : last + 1], threshold))
        for first, last in _still_stretches(motion, threshold, settings.smoothing_frames)
        if _is_long_enough(last - first + 1, times_s[last] - times_s[first], settings)
    ]
    schema = arrow_schema(IDLE_COLUMNS)
    kinds = {"int64": np.int64, "float64": np.float64, "float32": np.float32}
    columns = [
        numbers(np.array([row[index] for row in rows], kinds[column.type]))
        for index, column in enumerate(IDLE_COLUMNS.values())
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def idle_frames(intervals: pa.Table, frames: int) -> NDArray[np.bool_]:
    """``(frames,)`` which frames lie in an interval."""
    idle = np.zeros(frames, np.bool_)
    for first, last in zip(
        intervals.column("start_idx").to_pylist(), intervals.column("end_idx").to_pylist(), strict=True
    ):
        idle[first : last + 1] = True
    return idle


def smoothed(motion: NDArray[np.float64], window: int) -> NDArray[np.float64]:
    """The running median over a centred window, which is cut at the ends and at frames without motion.

    Args:
        motion: ``(frames,)``, NaN where not known.
        window: frames; an even number counts as the next one.
    """
    half = window // 2
    result = np.full(len(motion), np.nan)
    for first, last in _runs(np.isfinite(motion)):
        padded = np.pad(motion[first:last], half, constant_values=np.nan)
        result[first:last] = np.nanmedian(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1)
    return result


def _rate_factor(times_s: NDArray[np.float64]) -> float:
    """The threshold's part that is left at the rate of a video."""
    if len(times_s) < 2:
        return 1.0
    return float(np.clip(np.median(np.diff(times_s)) * _USUAL_RATE_HZ, _LEAST_FACTOR, 1))


def _still_stretches(motion: NDArray[np.float64], threshold: float, window: int) -> list[tuple[int, int]]:
    """The first and last frame of every stretch; the frame from which the first one does not move is part of it."""
    with np.errstate(invalid="ignore"):
        still = smoothed(motion, window) < threshold
    return [(max(0, first - 1), last - 1) for first, last in _runs(still)]


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and behind the last position of every run of true values."""
    edges = np.flatnonzero(np.diff(mask.astype(np.int8), prepend=0, append=0))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _is_long_enough(frames: int, seconds: float, settings: IdleSettings) -> bool:
    return frames >= settings.min_frames if settings.min_seconds is None else seconds >= settings.min_seconds


def _score(motion: NDArray[np.float64], threshold: float) -> float:
    """1 without any motion, 0 where its mean is at the threshold."""
    known = motion[np.isfinite(motion)]
    return float(np.clip(1 - known.mean() / threshold, 0, 1)) if len(known) and threshold > 0 else 1.0
