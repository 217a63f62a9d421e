"""Laying one body on another: root, axes, scale, and all of them together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_HIPS = slice(0, 2)
#: mm squared; below it a body is a single point and no scale can be fitted.
_NO_EXTENT = 1e-12


def rooted(limbs: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(frames, 12, 3)`` with the middle of the two hips at the origin of every frame; NaN stays NaN."""
    return np.asarray(limbs - limbs[:, _HIPS].mean(1, keepdims=True))


def turned(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` turned about the origin onto ``target`` by one rotation for all frames, never mirrored.

    Marker mocap knows nothing of the camera's axes. Both are ``(frames, joints, 3)`` without NaN.
    """
    return np.asarray(source @ _rotation(source.reshape(-1, 3), target.reshape(-1, 3)))


def scaled(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` scaled about the origin onto ``target``, frame by frame, by least squares.

    Both are ``(frames, joints, 3)`` without NaN.
    """
    scale = (source * target).sum((1, 2)) / np.maximum((source**2).sum((1, 2)), _NO_EXTENT)
    return np.asarray(scale[:, None, None] * source)


def procrustes(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` moved onto ``target``, frame by frame, by the best rotation, translation and scale.

    Never mirrored. Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE TPAMI 13(4), 1991. Both are ``(frames, joints, 3)`` without NaN.
    """
    source_mean, target_mean = source.mean(1, keepdims=True), target.mean(1, keepdims=True)
    moved, fixed = source - source_mean, target - target_mean
    return np.asarray(scaled(moved @ _rotation(moved, fixed), fixed) + target_mean)


def _rotation(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(..., 3, 3)``: the proper rotation that best turns points ``(..., n, 3)`` as row vectors onto others.

    Kabsch, Acta Crystallographica A32, 1976.
    """
    left, values, right = np.linalg.svd(np.swapaxes(source, -2, -1) @ target)
    handed = np.ones_like(values)
    handed[..., 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    return np.asarray(left @ (handed[..., None] * right))
