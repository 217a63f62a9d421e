"""Low-pass filtering of paths with uneven time and gaps."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def second_difference(steps_s: Array, linked: NDArray[np.bool_]) -> Array:
    """Coefficients ``(3, T - 2)`` that give the second derivative of a path from three uneven samples.

    Args:
        steps_s: ``(T - 1,)`` seconds between frames, positive.
        linked: ``(T - 1,)`` False where two frames do not belong together; triples across are zero.
    """
    before, after = steps_s[:-1], steps_s[1:]
    both = before + after
    coefficients = np.stack([2 / (before * both), -2 / (before * after), 2 / (after * both)])
    return np.asarray(coefficients * (linked[:-1] & linked[1:]))


def low_pass(values: Array, steps_s: Array, linked: NDArray[np.bool_], cutoff_hz: float) -> Array:
    """Smoothing spline with the response of a zero-lag second-order Butterworth filter, ``1 / (1 + (f / fc)^4)``.

    It minimises ``sum (x - y)^2 dt + (2 pi fc)^-4 integral x''^2 dt`` and so needs no even sampling and no padding.

    Args:
        values: ``(T, columns)``.
        steps_s: ``(T - 1,)`` seconds between frames.
        linked: ``(T - 1,)`` False where a new stretch begins.
        cutoff_hz: the frequency at which the amplitude is halved.
    """
    from scipy.linalg import solveh_banded

    frames = len(values)
    if frames < 3:
        return values
    coefficients = second_difference(steps_s, linked)
    share = np.empty(frames)  # the time that each sample stands for
    share[0], share[-1] = steps_s[0], steps_s[-1]
    share[1:-1] = (steps_s[:-1] + steps_s[1:]) / 2
    stiffness = (2 * math.pi * cutoff_hz) ** -4 * share[1:-1]
    band = np.zeros((3, frames))
    band[0] = share
    for i in range(3):
        for j in range(i, 3):
            band[j - i, i : i + frames - 2] += stiffness * coefficients[i] * coefficients[j]
    smooth = solveh_banded(band, values * share[:, None], lower=True, check_finite=False)
    return np.asarray(smooth)
