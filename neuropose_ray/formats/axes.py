"""The axes of files for biomechanics and animation: y up, right-handed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: What a file says of its axes where the format has a place for it.
Y_UP_AXES = "x right, y up, z towards the camera, origin at the camera: x, -y, -z of the camera axes of predictions"
#: The same where the floor is known.
ON_FLOOR_AXES = (
    "x right, y up from the floor, z towards the camera, origin below the camera: x, -y, -z of the camera axes"
)


def camera_to_y_up(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Camera axes (x right, y down, z forward) turned by 180 degrees about x: x right, y up, z towards the camera.

    A rotation, so that left stays left. Up is the camera's up and the origin is the camera: a camera that looks
    down leaves the floor sloping, and the floor lies below 0. The turn is its own inverse. NaN stays.

    Args:
        positions: ``(..., 3)`` in any unit.

    Returns:
        An array of the same shape.
    """
    turned: NDArray[np.float64] = positions * np.array([1.0, -1.0, -1.0])
    return turned


def z_up_to_y_up(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Laboratory axes with z up turned by -90 degrees about x: x stays, y is the old z, z the old -y. NaN stays.

    Args:
        positions: ``(..., 3)`` in any unit.

    Returns:
        An array of the same shape.
    """
    turned: NDArray[np.float64] = positions[..., [0, 2, 1]] * np.array([1.0, 1.0, -1.0])
    return turned
