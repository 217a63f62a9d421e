"""Footprints are where the feet stand; a floor that moves is noticed."""

from dataclasses import replace

import numpy as np
import pytest

from neuropose_ray.analysis.gait.events import gait_events
from neuropose_ray.analysis.gait.footprints import read_ground
from neuropose_ray.analysis.gait.heading import pelvis_mm, walking_directions
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.phantom.body import ADULT

SPEED_M_PER_S = 0.70 * ADULT.stature_mm / 1000 / 1.1


def ground_of(motion):
    events = gait_events(motion)
    return events, read_ground(motion, events, walking_directions(motion, GaitSettings()))


def test_a_footprint_is_where_the_heel_stands_and_toe_offs_have_none(walk):
    motion, _ = walk
    events, ground = ground_of(motion)
    up = walking_directions(motion, GaitSettings()).up
    for event, place in zip(events.events, ground.footprints_mm, strict=True):
        if event.kind == "toe_off":
            assert np.isnan(place).all()
        elif event.timestamp_s < motion.timestamps_s[-1] - 0.3:
            standing = motion.joint(f"{event.side}_heel")[event.frame + 12]
            np.testing.assert_allclose(place, standing - (standing @ up) * up, atol=0.5)


def test_a_still_floor_does_not_slip(walk):
    _, ground = ground_of(walk[0])
    assert ground.kind == "overground"
    assert ground.slip_m_per_s == pytest.approx(0, abs=0.01)
    assert ground.walking_speed_m_per_s == pytest.approx(SPEED_M_PER_S, rel=0.02)


def test_a_belt_slips_at_walking_speed_and_footprints_go_on_along_it(walk):
    motion, _ = walk
    pelvis = pelvis_mm(motion)
    carried = np.outer(motion.timestamps_s, pelvis[-1] - pelvis[0]) / motion.timestamps_s[-1]
    on_belt = replace(motion, positions=motion.positions - carried[:, None])
    assert np.ptp(pelvis_mm(on_belt), axis=0).max() < 60
    events, ground = ground_of(on_belt)
    assert ground.kind == "treadmill"
    assert ground.slip_m_per_s == pytest.approx(SPEED_M_PER_S, rel=0.03)
    steps = np.linalg.norm(
        np.diff(ground.footprints_mm[[e.kind == "heel_strike" for e in events.events]], axis=0), axis=1
    )
    np.testing.assert_allclose(steps, np.hypot(0.35, 0.06) * ADULT.stature_mm, rtol=0.03)


def test_a_foot_that_is_hidden_while_it_is_flat_has_no_footprint(walk):
    motion, _ = walk
    events = gait_events(motion)
    hidden = events.of("left", "heel_strike")[1]
    positions = motion.positions.copy()
    flat = np.abs(motion.timestamps_s - hidden.timestamp_s - 0.22) < 0.13
    positions[flat, motion.skeleton.index("left_heel")] = np.nan
    motion = replace(motion, positions=positions)
    ground = read_ground(motion, events, walking_directions(motion, GaitSettings()))
    missing = [
        event
        for event, place in zip(events.events, ground.footprints_mm, strict=True)
        if event.kind == "heel_strike" and np.isnan(place).any()
    ]
    assert missing == [hidden]
