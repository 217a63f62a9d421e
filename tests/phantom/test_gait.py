"""Walking: feet that turn about their heels and toes, steps of their length, and events in their order."""

from itertools import pairwise

import numpy as np
import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.phantom.body import ADULT, CHILD, PHANTOM_SKELETON, SIDES, TALL_ADULT, forward_kinematics
from neuropose_ray.phantom.gait import TOE_OFF, Walking

PEOPLE = pytest.mark.parametrize("person", [ADULT, TALL_ADULT, CHILD], ids=["adult", "tall", "child"])
FINE_TIMES = np.arange(0, 8.6, 0.005)


def joints(motion, person, timestamps_s):
    positions = forward_kinematics(person, motion.perform(person, timestamps_s).posture).joints_mm
    return {name: positions[:, PHANTOM_SKELETON.index(name)] for name in PHANTOM_SKELETON.joint_names}


def stances(motion, person, side):
    """Heel strike and toe-off of each whole stance of a foot."""
    events = [event for event in motion.perform(person, FINE_TIMES).events if event.side == side]
    return [
        (strike.timestamp_s, leave.timestamp_s)
        for strike, leave in pairwise(events)
        if strike.kind == "heel_strike" and leave.kind == "toe_off"
    ]


@PEOPLE
def test_a_walking_foot_turns_about_a_fixed_heel_then_a_fixed_toe(person):
    motion = Walking()
    floor = person.sole * person.stature_mm
    for side in SIDES:
        assert len(stances(motion, person, side)) >= 7
        for strike, leave in stances(motion, person, side):
            points = joints(motion, person, np.linspace(strike, leave, 200, endpoint=False))
            share = np.linspace(0, TOE_OFF, 200, endpoint=False)
            heel, toe = points[f"{side}_heel"], points[f"{side}_toe"]
            assert np.ptp(heel[share < 0.33], axis=0).max() < 1e-6
            assert np.ptp(toe[share > 0.08], axis=0).max() < 1e-6
            np.testing.assert_allclose(heel[share < 0.33, 1], floor, atol=1e-6)
            np.testing.assert_allclose(toe[share > 0.08, 1], floor, atol=1e-6)


@PEOPLE
def test_a_walking_foot_is_off_the_floor_between_toe_off_and_heel_strike(person):
    motion = Walking()
    floor = person.sole * person.stature_mm
    for side in SIDES:
        whole = stances(motion, person, side)
        for (_, leave), (strike, _) in pairwise(whole):
            points = joints(motion, person, np.linspace(leave, strike, 102)[1:-1])
            assert (points[f"{side}_heel"][:, 1] > floor).all()
            assert (points[f"{side}_toe"][:, 1] > floor).all()


@PEOPLE
def test_steps_are_half_a_stride_long_and_the_walk_goes_on_at_its_speed(person):
    motion = Walking()
    strikes = [event for event in motion.perform(person, FINE_TIMES).events if event.kind == "heel_strike"]
    points = joints(motion, person, np.array([event.timestamp_s for event in strikes]))
    heels = [points[f"{event.side}_heel"][number, 0] for number, event in enumerate(strikes)]
    stride_mm = motion.stride_length * person.stature_mm
    np.testing.assert_allclose(np.diff(heels), stride_mm / 2, atol=1e-6)
    np.testing.assert_allclose(np.diff([event.timestamp_s for event in strikes]), motion.stride_s / 2)


def test_gait_events_come_in_the_order_of_walking():
    events = Walking().perform(ADULT, FINE_TIMES).events
    order = [(event.side, event.kind) for event in events]
    cycle = [("right", "heel_strike"), ("left", "toe_off"), ("left", "heel_strike"), ("right", "toe_off")]
    assert order[:12] == cycle * 3
    assert list(events) == sorted(events, key=lambda event: event.timestamp_s)


def test_the_walking_knee_has_its_two_waves():
    motion = Walking()
    phase = np.linspace(0, 1, 101)
    knee = motion.perform(ADULT, phase * motion.stride_s).posture.angles_deg["right_knee_flexion"]
    loading, mid_stance, swing = knee[5:25].max(), knee[25:45].min(), knee[60:85].max()
    assert mid_stance < loading < swing
    assert 50 < swing < 75
    assert mid_stance < 12


def test_steps_longer_than_the_legs_allow_are_refused():
    with pytest.raises(SettingsError, match="shorter steps"):
        Walking(stride_length=2.2).perform(ADULT, FINE_TIMES)
