"""Legs that reach feet where they should stand: the angles, put through forward kinematics, lead back to them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import SettingsError
from neuropose_ray.phantom.body import ADULT, CHILD, PHANTOM_SKELETON, SIDES, TALL_ADULT, forward_kinematics
from neuropose_ray.phantom.planted import (
    ankle_over_pivot_mm,
    flat_foot,
    hip_over_ankle_mm,
    planted_posture,
    standing_ankle_mm,
)
from neuropose_ray.phantom.rotations import rotation_z

degrees = st.floats(-12, 12)


@given(
    st.sampled_from([ADULT, TALL_ADULT, CHILD]),
    st.floats(0.6, 0.85),  # of the leg, so that it reaches the foot from wherever the pelvis is
    st.floats(-0.1, 0.1),
    st.floats(0, 0.15),
    degrees,
    degrees,
    degrees,
)
def test_ankles_and_toes_are_where_the_feet_were_planted(person, height, forward, width, heading, lean, toe_out):
    stature = person.stature_mm
    leg = (person.thigh + person.shank) * stature
    pelvis = np.array([[forward * stature, height * leg + person.ankle_height * stature, 0.0]])
    ankles = {side: standing_ankle_mm(person, side, width * stature)[None] for side in SIDES}
    feet = {side: flat_foot(side, toe_out)[None] for side in SIDES}
    angles = {"pelvis_heading": np.array([heading]), "pelvis_list": np.array([lean])}
    posture = planted_posture(person, pelvis, angles, ankles, feet)
    joints = forward_kinematics(person, posture).joints_mm[0]
    for side in SIDES:
        ankle = joints[PHANTOM_SKELETON.index(f"{side}_ankle")]
        np.testing.assert_allclose(ankle, ankles[side][0], atol=1e-6)
        toe = joints[PHANTOM_SKELETON.index(f"{side}_toe")] - ankle
        outward = np.degrees(np.arctan2(toe[2] * (1 if side == "right" else -1), toe[0]))
        assert outward == pytest.approx(toe_out, abs=6), "the toe points where the foot does"


@pytest.mark.parametrize("flexion", [0.0, 30.0, 90.0, 140.0])
def test_a_knee_that_is_asked_for_is_the_knee_that_comes_out(flexion: float):
    reach = hip_over_ankle_mm(ADULT, np.array([flexion]))[0]
    width = ADULT.hip_width * ADULT.stature_mm
    pelvis = np.array([[0.0, ADULT.ankle_height * ADULT.stature_mm + reach, 0.0]])
    ankles = {side: standing_ankle_mm(ADULT, side, width)[None] for side in SIDES}
    posture = planted_posture(ADULT, pelvis, {}, ankles, {side: flat_foot(side, 0)[None] for side in SIDES})
    for side in SIDES:
        assert posture.angles_deg[f"{side}_knee_flexion"][0] == pytest.approx(flexion, abs=1e-4)


@pytest.mark.parametrize("pivot", ["heel", "toe"])
def test_a_foot_that_turns_about_a_pivot_leaves_it_where_it_is(pivot: str):
    pivot_mm = np.array([100.0, 20.0, 50.0])
    pitches = np.linspace(-40, 40, 9)
    feet = flat_foot("right", 6) @ rotation_z(pitches)
    ankles = ankle_over_pivot_mm(ADULT, pivot, pivot_mm, feet)
    distances = np.linalg.norm(ankles - pivot_mm, axis=-1)
    np.testing.assert_allclose(distances, distances[0])
    assert len(np.unique(ankles.round(3), axis=0)) == 9


def test_a_foot_out_of_reach_names_the_side_and_what_to_do():
    ankles = {side: standing_ankle_mm(ADULT, side, 100)[None] for side in SIDES}
    feet = {side: flat_foot(side, 0)[None] for side in SIDES}
    with pytest.raises(SettingsError, match=r"the right leg of \d+ mm cannot reach .* take shorter steps"):
        planted_posture(ADULT, np.array([[0.0, 2000.0, 0.0]]), {}, ankles, feet)
