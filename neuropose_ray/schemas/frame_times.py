"""The same frame in two tables of a video, by its presentation time: a damaged frame is in one of them alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Times of the same frame differ by less, however they were stored.
_SAME_TIME_S = 1e-6


def matching_frames(times_s: NDArray[np.float64], others_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """The position among other times of each time.

    Args:
        times_s: ``(n,)``.
        others_s: ``(m,)`` ascending.

    Returns:
        ``(n,)`` positions in ``others_s``, -1 where the time is not among them.
    """
    if not len(others_s):
        return np.full(len(times_s), -1, np.int64)
    after = np.minimum(np.searchsorted(others_s, times_s), len(others_s) - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(others_s[before] - times_s) <= np.abs(others_s[after] - times_s)
    nearest = np.where(is_before, before, after)
    return np.where(np.abs(others_s[nearest] - times_s) <= _SAME_TIME_S, nearest, -1).astype(np.int64)
