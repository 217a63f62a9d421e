"""Rotation matrices of many frames at once, and the joint angles that they hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def rotation_x(degrees: ArrayLike) -> Array:
    """Rotations about x, ``(..., 3, 3)``, by angles ``(...)`` in degrees, right-handed."""
    return _rotation(degrees, 1, 2)


def rotation_y(degrees: ArrayLike) -> Array:
    """Rotations about y, ``(..., 3, 3)``, by angles ``(...)`` in degrees, right-handed."""
    return _rotation(degrees, 2, 0)


def rotation_z(degrees: ArrayLike) -> Array:
    """Rotations about z, ``(..., 3, 3)``, by angles ``(...)`` in degrees, right-handed."""
    return _rotation(degrees, 0, 1)


def _rotation(degrees: ArrayLike, first: int, second: int) -> Array:
    """Rotation that carries axis ``first`` towards axis ``second``."""
    angle = np.radians(np.asarray(degrees, np.float64))
    matrix = np.zeros((*angle.shape, 3, 3))
    matrix[..., 3 - first - second, 3 - first - second] = 1
    matrix[..., first, first] = matrix[..., second, second] = np.cos(angle)
    matrix[..., second, first] = np.sin(angle)
    matrix[..., first, second] = -np.sin(angle)
    return matrix


def angles_zxy(rotation: Array) -> tuple[Array, Array, Array]:
    """Degrees ``(z, x, y)`` with ``rotation == rotation_z(z) @ rotation_x(x) @ rotation_y(y)``."""
    x = np.arcsin(np.clip(rotation[..., 2, 1], -1, 1))
    z = np.arctan2(-rotation[..., 0, 1], rotation[..., 1, 1])
    y = np.arctan2(-rotation[..., 2, 0], rotation[..., 2, 2])
    return np.degrees(z), np.degrees(x), np.degrees(y)


def angles_yzx(rotation: Array) -> tuple[Array, Array, Array]:
    """Degrees ``(y, z, x)`` with ``rotation == rotation_y(y) @ rotation_z(z) @ rotation_x(x)``."""
    z = np.arcsin(np.clip(rotation[..., 1, 0], -1, 1))
    y = np.arctan2(-rotation[..., 2, 0], rotation[..., 0, 0])
    x = np.arctan2(-rotation[..., 1, 2], rotation[..., 1, 1])
    return np.degrees(y), np.degrees(z), np.degrees(x)


def rotate(rotation: Array, vector: ArrayLike) -> Array:
    """``rotation @ vector`` for rotations ``(..., 3, 3)`` and vectors ``(..., 3)``, broadcast."""
    return np.asarray(np.einsum("...ij,...j->...i", rotation, np.asarray(vector, np.float64)))


def transpose(rotation: Array) -> Array:
    """The inverses of rotations."""
    return np.swapaxes(rotation, -1, -2)
