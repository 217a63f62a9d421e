"""The body obeys its proportions, whatever its angles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropose_ray.phantom.body import (
    ADULT,
    ANGLE_NAMES,
    CHILD,
    PHANTOM_SKELETON,
    SIDES,
    TALL_ADULT,
    Posture,
    forward_kinematics,
)
from neuropose_ray.schemas.skeleton import LANDMARKS

PEOPLE = pytest.mark.parametrize("person", [ADULT, TALL_ADULT, CHILD], ids=["adult", "tall", "child"])
any_angles = arrays(np.float64, (3, len(ANGLE_NAMES)), elements=st.floats(-170, 170))


def joint(body, name):
    return body.joints_mm[:, PHANTOM_SKELETON.index(name)]


def standing(person, frames=1):
    pelvis = np.tile([0, person.hip_height * person.stature_mm, 0], (frames, 1))
    return Posture(pelvis, {name: np.zeros(frames) for name in ANGLE_NAMES})


def test_the_skeleton_has_every_landmark_under_its_own_name():
    assert PHANTOM_SKELETON.has(*LANDMARKS)
    assert all(PHANTOM_SKELETON.joint_names[PHANTOM_SKELETON.index(name)] == name for name in LANDMARKS)


@PEOPLE
@given(angles=any_angles)
@settings(max_examples=25, deadline=None)
def test_bones_keep_their_length_in_any_posture(person, angles):
    body = forward_kinematics(person, Posture(np.zeros((3, 3)), dict(zip(ANGLE_NAMES, angles.T, strict=True))))
    lengths = {
        ("hip", "knee"): person.thigh, ("knee", "ankle"): person.shank,
        ("shoulder", "elbow"): person.upper_arm, ("elbow", "wrist"): person.forearm,
        ("heel", "toe"): person.heel_back + person.toe_front,
    }  # fmt: skip
    for side in SIDES:
        for (start, end), fraction in lengths.items():
            measured = np.linalg.norm(joint(body, f"{side}_{start}") - joint(body, f"{side}_{end}"), axis=1)
            np.testing.assert_allclose(measured, fraction * person.stature_mm, atol=1e-6)
    for part, fraction in (("hip", person.hip_width), ("shoulder", person.shoulder_width)):
        measured = np.linalg.norm(joint(body, f"right_{part}") - joint(body, f"left_{part}"), axis=1)
        np.testing.assert_allclose(measured, fraction * person.stature_mm, atol=1e-6)


@PEOPLE
def test_standing_upright_the_feet_are_on_the_floor_and_the_eyes_near_the_top(person):
    body = forward_kinematics(person, standing(person))
    for side in SIDES:
        for part in ("heel", "toe"):
            assert joint(body, f"{side}_{part}")[0, 1] == pytest.approx(person.sole * person.stature_mm)
    assert 0.90 < joint(body, "right_eye")[0, 1] / person.stature_mm < 0.95


def test_standing_upright_the_person_faces_x_with_the_right_side_at_positive_z():
    body = forward_kinematics(ADULT, standing(ADULT))
    assert joint(body, "nose")[0, 0] > joint(body, "right_ear")[0, 0]
    assert joint(body, "right_toe")[0, 0] > joint(body, "right_heel")[0, 0]
    assert joint(body, "right_hip")[0, 2] > 0 > joint(body, "left_hip")[0, 2]


@pytest.mark.parametrize(
    ("angle", "moved", "axis", "sign"),
    [
        ("hip_flexion", "knee", 0, 1),
        ("knee_flexion", "ankle", 0, -1),
        ("shoulder_flexion", "elbow", 0, 1),
        ("elbow_flexion", "wrist", 0, 1),
        ("ankle_dorsiflexion", "toe", 1, 1),
    ],
)
def test_positive_angles_bend_in_the_anatomical_direction(angle, moved, axis, sign):
    neutral = standing(ADULT)
    bent = Posture(
        neutral.pelvis_mm, {**neutral.angles_deg, **{f"{side}_{angle}": np.array([30.0]) for side in SIDES}}
    )
    for side in SIDES:
        before, after = (
            joint(forward_kinematics(ADULT, posture), f"{side}_{moved}")[0, axis] for posture in (neutral, bent)
        )
        assert (after - before) * sign > 10


@pytest.mark.parametrize("part", ["hip", "shoulder"])
def test_abduction_moves_either_limb_away_from_the_middle(part):
    neutral = standing(ADULT)
    bent = Posture(
        neutral.pelvis_mm, {**neutral.angles_deg, **{f"{side}_{part}_abduction": np.array([30.0]) for side in SIDES}}
    )
    end = {"hip": "knee", "shoulder": "elbow"}[part]
    for side in SIDES:
        before, after = (
            abs(joint(forward_kinematics(ADULT, posture), f"{side}_{end}")[0, 2]) for posture in (neutral, bent)
        )
        assert after - before > 50
