"""Hip joint centres from markers on the pelvis, for files that have none of the joints themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Harrington et al. 2007, J Biomech 40:595-602: parts of the pelvis' depth or width, and mm.
_FORWARD = (-0.24, -9.9)
_UP = (-0.30, -10.9)
_OUTWARD = (0.33, 7.3)


def hip_centres(
    right_front: NDArray[np.float64], left_front: NDArray[np.float64], back: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Estimate both hip joint centres by the regression of Harrington et al. (2007).

    It is right within about 15 mm (1 SD some 7 mm along each axis) in children and adults.

    Args:
        right_front: ``(frames, 3)`` mm, the right anterior superior iliac spine; any right-handed axes.
        left_front: the left one.
        back: the middle of the posterior ones, or the sacrum.

    Returns:
        The right and the left centre, ``(frames, 3)`` mm; NaN where a marker is missing.
    """
    middle = (right_front + left_front) / 2
    right, width = _unit(right_front - left_front)
    towards_front = middle - back
    depth = np.linalg.norm(towards_front, axis=-1, keepdims=True)
    forward, _ = _unit(towards_front - (towards_front * right).sum(-1, keepdims=True) * right)
    # Forward, up and right are right-handed in this order.
    up = np.cross(right, forward)
    between = middle + _along(_FORWARD, depth) * forward + _along(_UP, width) * up
    outward = _along(_OUTWARD, width) * right
    return between + outward, between - outward


def _along(regression: tuple[float, float], size: NDArray[np.float64]) -> NDArray[np.float64]:
    slope, offset = regression
    return slope * size + offset


def _unit(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit vectors and lengths; NaN for a vector of length 0."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, np.nan), lengths
