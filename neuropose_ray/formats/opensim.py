"""Clinical angles under the names that OpenSim's models give to their coordinates."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

#: Our angle, without its side -> the coordinate of Rajagopal et al. 2016 (IEEE TBME 63(10):2068-79), without its
#: side, and the sign between them. Angles of segments and of the trunk against the vertical have none.
_COORDINATES: Mapping[str, tuple[str, float]] = {
    "hip_flexion": ("hip_flexion", 1.0),
    "hip_abduction": ("hip_adduction", -1.0),
    "knee_flexion": ("knee_angle", 1.0),
    "ankle_dorsiflexion": ("ankle_angle", 1.0),
    "shoulder_flexion": ("arm_flex", 1.0),
    "elbow_flexion": ("elbow_flex", 1.0),
}
_SIDES = {"right": "r", "left": "l"}


def opensim_coordinates(angles: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The same angles, by OpenSim's names and signs where a coordinate of its models means the same.

    ``right_hip_abduction`` becomes ``hip_adduction_r`` with the other sign; others keep their names, which OpenSim
    reads past. Hip flexion is against the trunk here, and against the pelvis in OpenSim: two hips do not show how the
    pelvis is tilted.

    Args:
        angles: ``(frames,)`` degrees by the names of the analysis.
    """
    columns = {}
    for name, values in angles.items():
        side, _, part = name.partition("_")
        if side in _SIDES and part in _COORDINATES:
            coordinate, sign = _COORDINATES[part]
            columns[f"{coordinate}_{_SIDES[side]}"] = sign * values
        else:
            columns[name] = values
    return columns
