"""The compiled comparison of thumbnails; importing this module loads numba."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.leaders import compiled


@compiled("float32[::1](uint8[:, ::1], int64[::1])")
def correlations(thumbnails: NDArray[np.uint8], representative: NDArray[np.int64]) -> NDArray[np.float32]:
    """``(frames,)`` Pearson's correlation of each frame's thumbnail with its representative's, NaN without one.

    All sums are of whole numbers, and exact. Of two uniform thumbnails, or one, the correlation counts as 1.

    Args:
        thumbnails: ``(frames, pixels)``, at most 65,536 pixels.
        representative: ``(frames,)`` the position of each frame's representative, -1 without one.
    """
    frames, pixels = thumbnails.shape
    found = np.full(frames, np.nan, np.float32)
    for frame in range(frames):
        if representative[frame] < 0:
            continue
        own, lead = thumbnails[frame], thumbnails[representative[frame]]
        own_sum, lead_sum = np.uint32(0), np.uint32(0)
        own_squares, lead_squares, products = np.uint32(0), np.uint32(0), np.uint32(0)
        for pixel in range(pixels):
            first, second = np.uint32(own[pixel]), np.uint32(lead[pixel])
            own_sum += first
            lead_sum += second
            own_squares += first * first
            lead_squares += second * second
            products += first * second
        covariance = np.int64(pixels) * np.int64(products) - np.int64(own_sum) * np.int64(lead_sum)
        own_spread = np.int64(pixels) * np.int64(own_squares) - np.int64(own_sum) ** 2
        lead_spread = np.int64(pixels) * np.int64(lead_squares) - np.int64(lead_sum) ** 2
        norm = math.sqrt(float(own_spread) * float(lead_spread))
        found[frame] = 1.0 if norm == 0 else min(1.0, max(-1.0, covariance / norm))
    return found
