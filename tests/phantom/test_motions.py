"""Motions are what they say: their angles, their events, and feet that stand still."""

import numpy as np
import pytest

from neuropose_ray.phantom.body import ADULT, CHILD, PHANTOM_SKELETON, SIDES, TALL_ADULT, forward_kinematics
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting

PEOPLE = pytest.mark.parametrize("person", [ADULT, TALL_ADULT, CHILD], ids=["adult", "tall", "child"])
MOTIONS = pytest.mark.parametrize(
    "motion", [Walking(), Squatting(), SitToStand(), Reaching()], ids=lambda motion: type(motion).__name__
)
ON_THE_SPOT = pytest.mark.parametrize(
    "motion", [Squatting(), SitToStand(), Reaching()], ids=lambda motion: type(motion).__name__
)
UNEVEN_TIMES = np.sort(np.random.default_rng(7).uniform(0, 8.6, 400))
FINE_TIMES = np.arange(0, 8.6, 0.005)


def joints(motion, person, timestamps_s):
    positions = forward_kinematics(person, motion.perform(person, timestamps_s).posture).joints_mm
    return {name: positions[:, PHANTOM_SKELETON.index(name)] for name in PHANTOM_SKELETON.joint_names}


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def bend_deg(first, middle, last):
    """0 when the three points are in line."""
    cosine = np.sum(unit(first - middle) * unit(last - middle), axis=-1)
    return 180 - np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@PEOPLE
@MOTIONS
def test_knee_and_elbow_angles_can_be_read_from_the_joints(motion, person):
    points, angles = joints(motion, person, UNEVEN_TIMES), motion.perform(person, UNEVEN_TIMES).posture.angles_deg
    for side in SIDES:
        for name, chain in (("knee", ("hip", "knee", "ankle")), ("elbow", ("shoulder", "elbow", "wrist"))):
            measured = bend_deg(*(points[f"{side}_{part}"] for part in chain))
            np.testing.assert_allclose(measured, angles[f"{side}_{name}_flexion"], atol=0.1)


@PEOPLE
@MOTIONS
def test_hip_flexion_is_the_thighs_angle_to_the_trunk_in_the_pelvis_sagittal_plane(motion, person):
    points, angles = joints(motion, person, UNEVEN_TIMES), motion.perform(person, UNEVEN_TIMES).posture.angles_deg
    lateral = unit(points["right_hip"] - points["left_hip"])
    trunk = points["right_shoulder"] + points["left_shoulder"] - points["right_hip"] - points["left_hip"]
    up = unit(trunk - np.sum(trunk * lateral, axis=-1, keepdims=True) * lateral)
    front = np.cross(up, lateral)
    for side in SIDES:
        thigh = points[f"{side}_knee"] - points[f"{side}_hip"]
        measured = np.degrees(np.arctan2(np.sum(thigh * front, axis=-1), -np.sum(thigh * up, axis=-1)))
        np.testing.assert_allclose(measured, angles[f"{side}_hip_flexion"], atol=0.1)


@PEOPLE
@MOTIONS
def test_ankle_dorsiflexion_is_the_foots_angle_to_the_square_of_the_shank(motion, person):
    points, angles = joints(motion, person, UNEVEN_TIMES), motion.perform(person, UNEVEN_TIMES).posture.angles_deg
    for side in SIDES:
        shank = unit(points[f"{side}_knee"] - points[f"{side}_ankle"])
        foot = unit(points[f"{side}_toe"] - points[f"{side}_heel"])
        measured = np.degrees(np.arcsin(np.sum(shank * foot, axis=-1)))
        np.testing.assert_allclose(measured, angles[f"{side}_ankle_dorsiflexion"], atol=0.1)


@PEOPLE
@MOTIONS
def test_no_joint_is_under_the_floor_or_jumps(motion, person):
    points = joints(motion, person, FINE_TIMES)
    for name, path in points.items():
        assert path[:, 1].min() > 0.9 * person.sole * person.stature_mm, name
        speed = np.linalg.norm(np.diff(path, axis=0), axis=1) / 0.005 / person.stature_mm
        assert speed.max() < 4, f"{name} moves {speed.max():.1f} statures a second"


@MOTIONS
def test_what_happens_at_a_time_does_not_depend_on_the_other_times(motion):
    whole = motion.perform(ADULT, UNEVEN_TIMES).posture
    part = motion.perform(ADULT, UNEVEN_TIMES[100:103]).posture
    np.testing.assert_allclose(part.pelvis_mm, whole.pelvis_mm[100:103], atol=1e-9)
    for name, values in part.angles_deg.items():
        np.testing.assert_allclose(values, whole.angles_deg[name][100:103], atol=1e-9)


@PEOPLE
@ON_THE_SPOT
def test_both_feet_stand_still_when_nobody_walks(motion, person):
    points = joints(motion, person, UNEVEN_TIMES)
    for side in SIDES:
        for part in ("ankle", "heel", "toe"):
            assert np.ptp(points[f"{side}_{part}"], axis=0).max() < 1e-6


def test_a_squats_bottom_is_its_greatest_knee_flexion_and_its_lowest_hips():
    motion = Squatting(period_s=2.0, bottom_knee_deg=95)
    bottoms = [event.timestamp_s for event in motion.perform(ADULT, FINE_TIMES).events]
    assert bottoms == pytest.approx([1, 3, 5, 7])
    for bottom in bottoms:
        around = np.linspace(bottom - 0.9, bottom + 0.9, 361)
        performance = motion.perform(ADULT, around)
        assert performance.posture.angles_deg["left_knee_flexion"].argmax() == 180
        assert performance.posture.angles_deg["left_knee_flexion"].max() == pytest.approx(95)
        assert performance.posture.pelvis_mm[:, 1].argmin() == 180


def test_sit_to_stand_is_seated_at_its_bottoms_and_upright_at_its_tops():
    motion = SitToStand()
    performance = motion.perform(ADULT, FINE_TIMES)
    assert [event.kind for event in performance.events] == ["repetition_bottom", "repetition_top"] * 2 + [
        "repetition_bottom"
    ]
    at_events = motion.perform(ADULT, np.array([event.timestamp_s for event in performance.events]))
    knees = at_events.posture.angles_deg["right_knee_flexion"]
    np.testing.assert_allclose(knees, [95, 4, 95, 4, 95], atol=1e-6)
    hips = at_events.posture.pelvis_mm[0]
    assert 60 < (hips - performance.seat_mm)[1] < 160


def test_reaching_has_the_arm_of_the_event_stretched_out_at_its_top():
    motion = Reaching()
    events = motion.perform(ADULT, FINE_TIMES).events
    assert [event.side for event in events] == ["right", "left", "right", "left"]
    for event in events:
        around = np.linspace(event.timestamp_s - 0.8, event.timestamp_s + 0.8, 321)
        points = joints(motion, ADULT, around)
        reach = np.linalg.norm(points[f"{event.side}_wrist"] - points[f"{event.side}_shoulder"], axis=1)
        assert reach.argmax() == 160
        still = "left" if event.side == "right" else "right"
        assert np.ptp(motion.perform(ADULT, around).posture.angles_deg[f"{still}_shoulder_flexion"]) == 0


@MOTIONS
def test_no_time_gives_no_frame_and_no_event(motion):
    performance = motion.perform(ADULT, np.zeros(0))
    assert performance.posture.pelvis_mm.shape == (0, 3)
    assert performance.events == ()
