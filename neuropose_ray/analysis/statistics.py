"""What a signal over time amounts to: its statistics and its peaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose_ray.errors import SequenceError


@dataclass(frozen=True, slots=True)
class FeatureStatistics:
    """Descriptive statistics of one signal, in its unit; all NaN where no value is known.

    Attributes:
        mean: arithmetic.
        std: of the population (divided by n).
        min: the smallest value.
        max: the largest value.
        range: ``max - min``.
        coverage: share of the values that are known, in 0..1.
    """

    mean: float
    std: float
    min: float
    max: float
    range: float
    coverage: float = 1.0


def extract_feature_statistics(values: ArrayLike) -> FeatureStatistics:
    """Statistics of a signal ``(frames,)`` over its known values: NaN and infinity do not
    count, but lower the coverage.

    Raises:
        SequenceError: (a ValueError) it is not one-dimensional, or empty.
    """
    signal = _signal(values)
    if not signal.size:
        raise SequenceError("an empty signal has no statistics")
    known = signal[np.isfinite(signal)]
    if not known.size:
        return FeatureStatistics(np.nan, np.nan, np.nan, np.nan, np.nan, 0.0)
    low, high = float(known.min()), float(known.max())
    return FeatureStatistics(float(known.mean()), float(known.std()), low, high, high - low, known.size / signal.size)


def find_peaks(values: ArrayLike, **kwargs: Any) -> NDArray[np.int64]:
    """Frames of a signal's local maxima, ``(n,)`` ascending, by :func:`scipy.signal.find_peaks`.

    A NaN is a wall: its neighbours are no peaks, and prominence is not measured across it.

    Args:
        values: ``(frames,)``.
        kwargs: scipy's ``height``, ``distance`` (frames), ``prominence``, ``width`` (frames), ...

    Raises:
        SequenceError: (a ValueError) the signal is not one-dimensional.
    """
    from scipy.signal import find_peaks as scipy_find_peaks

    return np.asarray(scipy_find_peaks(_signal(values), **kwargs)[0], np.int64)


def _signal(values: ArrayLike) -> NDArray[np.float64]:
    signal = np.asarray(values, np.float64)
    if signal.ndim != 1:
        raise SequenceError(f"expected a one-dimensional (1D) signal, not one of shape {signal.shape}")
    return signal
