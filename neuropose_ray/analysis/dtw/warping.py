"""Dynamic time warping of two sequences of vectors: what all comparisons of movements stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.errors import SequenceError

#: The radius that NeuroPose uses, fastdtw's own default.
_FASTDTW_RADIUS = 1


@dataclass(frozen=True, slots=True)
class DTWResult:
    """How far two sequences are apart, and which frames belong together.

    Attributes:
        distance: sum of the Euclidean distances of the path's pairs, divided by their number where that was asked; in
            the sequences' unit (mm or rad; none after z-normalisation).
        path: pairs (frame of the first, frame of the second), both ascending.
    """

    distance: float
    path: list[tuple[int, int]]


def warp_path(
    a: NDArray[np.float64], b: NDArray[np.float64], settings: WarpingSettings = WarpingSettings()
) -> DTWResult:
    """Distance and path of ``(frames_a, channels)`` and ``(frames_b, channels)``.

    Sakoe and Chiba 1978 with unit weights and Euclidean point distances. The band follows the diagonal from the first
    pair to the last; where lengths differ it is never narrower than that diagonal needs to be walked. Open ends are
    the prefix and suffix invariance of Silva, Batista and Keogh, ICDM 2016; they lie within the band.

    Raises:
        SequenceError: a sequence is empty, has missing numbers, or another number of channels than the other.
    """
    a, b = _prepared(a, b, settings)
    if settings.method == "fastdtw":
        from fastdtw import fastdtw

        distance, pairs = fastdtw(a, b, radius=_FASTDTW_RADIUS, dist=2)
        path = [(int(i), int(j)) for i, j in pairs]
        return DTWResult(_per_pair(float(distance), len(path), settings), path)

    from neuropose_ray.analysis.dtw.kernel import trace

    window = band_window(len(a), len(b), settings.band)
    steps = np.empty((len(a), int(np.ptp(window, axis=1).max())), np.uint8)
    distance, length, end_a, end_b = _warp(a, b, window, steps, settings)
    path = [(i, j) for i, j in trace(steps, window, length, end_a, end_b).tolist()]
    return DTWResult(_per_pair(distance, length, settings), path)


def warp_distance(
    a: NDArray[np.float64], b: NDArray[np.float64], settings: WarpingSettings = WarpingSettings()
) -> float:
    """The distance of :func:`warp_path` alone, in memory that grows with the frames and not with their product.

    Raises:
        SequenceError: a sequence is empty, has missing numbers, or another number of channels than the other.
    """
    if settings.method == "fastdtw":
        return warp_path(a, b, settings).distance
    a, b = _prepared(a, b, settings)
    window = band_window(len(a), len(b), settings.band)
    steps = np.empty((1, len(b)), np.uint8)
    distance, length, _, _ = _warp(a, b, window, steps, settings)
    return _per_pair(distance, length, settings)


def z_normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(frames, channels)`` with mean 0 and population standard deviation 1; constant channels become zeros.

    NaN and infinities make their whole channel NaN.
    """
    deviation = values.std(axis=0)
    # Of a constant channel rounding can leave a tiny deviation, of a tiny range rounding can leave none.
    constant = (np.ptp(values, axis=0) == 0) | (deviation == 0)
    return np.where(constant, 0.0, (values - values.mean(axis=0)) / np.where(constant, 1.0, deviation))


def band_window(frames_a: int, frames_b: int, band: int | float | None) -> NDArray[np.int64]:
    """``(frames_a, 2)``: the first frame of b, and one after the last, that each frame of a may be paired with.

    Args:
        frames_a: at least one.
        frames_b: at least one.
        band: half-width in frames of the longer sequence (int) or a fraction of its length (float); None for all.
            Widened to half of the ratio of the lengths, below which the diagonal could not be walked.
    """
    rows, last_a, last_b = np.arange(frames_a), frames_a - 1, frames_b - 1
    if band is None or min(last_a, last_b) == 0:
        return np.tile(np.array([[0, frames_b]]), (frames_a, 1))
    longer, shorter = max(last_a, last_b), min(last_a, last_b)
    half_width = in_frames(band, longer + 1)
    if longer > shorter:
        half_width = max(half_width, math.ceil(longer / shorter / 2))
    # Whole numbers throughout, so that a band of b over a is the transpose of that of a over b.
    if last_b >= last_a:
        first = -(-rows * last_b // last_a) - half_width
        last = rows * last_b // last_a + half_width
    else:
        first = -(-(rows - half_width) * last_b // last_a)
        last = (rows + half_width) * last_b // last_a
    return np.ascontiguousarray(np.stack([np.maximum(first, 0), np.minimum(last, last_b) + 1], axis=1))


def in_frames(extent: int | float, frames: int) -> int:
    """A number of frames as it is, a fraction of ``frames`` rounded up."""
    return extent if isinstance(extent, int) else math.ceil(extent * frames)


def _prepared(
    a: NDArray[np.float64], b: NDArray[np.float64], settings: WarpingSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise SequenceError(
            f"expected (frames, channels) with equal channels, not {a.shape} and {b.shape}", where="dtw"
        )
    if a.size == 0 or b.size == 0:
        raise SequenceError(f"nothing to compare in sequences of shape {a.shape} and {b.shape}", where="dtw")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise SequenceError(
            "array must not contain infs or NaNs", where="dtw", hint="use nan_policy interpolate or drop"
        )
    return (z_normalised(a), z_normalised(b)) if settings.z_normalise else (a, b)


def _warp(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    window: NDArray[np.int64],
    steps: NDArray[np.uint8],
    settings: WarpingSettings,
) -> tuple[float, int, int, int]:
    from neuropose_ray.analysis.dtw.kernel import CHANNELS_AT_ONCE, POINTS_AT_ONCE, warp

    frames, longest_skip = max(len(a), len(b)), min(len(a), len(b)) - 1
    begin = min(in_frames(settings.open_begin, frames), longest_skip)
    end = min(in_frames(settings.open_end, frames), longest_skip)
    channels = a.shape[1]
    padded = math.ceil(channels / CHANNELS_AT_ONCE) * CHANNELS_AT_ONCE
    points = math.ceil(len(a) / POINTS_AT_ONCE) * POINTS_AT_ONCE
    # Copies can be written to, as the compiled form wants; what comes out of Ray's object store cannot.
    rows, columns = np.zeros((points, padded)), np.zeros((padded, len(b)))
    rows[: len(a), :channels], columns[:channels] = a, b.T
    distance, length, end_a, end_b = warp(rows, columns, window, begin, end, steps)
    if math.isinf(distance):
        raise SequenceError("the values are too large for their distances to be added up", where="dtw")
    return distance, length, end_a, end_b


def _per_pair(distance: float, pairs: int, settings: WarpingSettings) -> float:
    return distance / pairs if settings.path_normalise else distance
