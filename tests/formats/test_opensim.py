"""Clinical angles as coordinates of OpenSim's models."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.formats.opensim import opensim_coordinates


def test_every_angle_is_one_column_and_those_that_opensim_has_are_called_as_there():
    angles = {name: np.array([float(index)]) for index, name in enumerate(ANGLE_DEFINITIONS)}
    columns = opensim_coordinates(angles)
    assert len(columns) == len(angles)
    assert {f"{name}_{side}" for side in "rl" for name in (
        "hip_flexion", "hip_adduction", "knee_angle", "ankle_angle", "arm_flex", "elbow_flex",
    )} <= set(columns)  # fmt: skip
    assert columns["trunk_rotation"] is angles["trunk_rotation"]


@given(st.floats(-180, 180))
def test_flexion_is_positive_as_in_opensim_and_adduction_is_abduction_turned_round(degrees):
    columns = opensim_coordinates(
        {"left_knee_flexion": np.array([degrees]), "right_hip_abduction": np.array([degrees])}
    )
    assert columns["knee_angle_l"].tolist() == [degrees]
    assert columns["hip_adduction_r"].tolist() == [-degrees]
