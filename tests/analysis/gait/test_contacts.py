"""Contacts of a walk over force plates, as one camera sees it from any side."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from neuropose_ray.analysis.gait.contacts import contact_s
from neuropose_ray.analysis.gait.events import gait_events
from neuropose_ray.analysis.gait.heading import pelvis_mm, walking_directions
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.gait.signals import CLOCK_HZ, SignalSegment, foot_segments

UP = np.array([0.0, 1.0, 0.0])
#: When a force plate carries more than 20 N, and no longer.
PLATE_CONTACTS_S = {
    ("right", "heel_strike"): (0.268, 1.412), ("right", "toe_off"): (1.024, 2.167),
    ("left", "heel_strike"): (0.837,), ("left", "toe_off"): (1.589,),
}  # fmt: skip


@pytest.fixture(scope="module")
def seen(walk_on_plates):
    """The walk over force plates in the axes of a camera 4 m away and 1.2 m high; 0 degrees sees the face."""
    forward = np.nanmedian(walking_directions(walk_on_plates, GaitSettings(up=tuple(UP))).forward, axis=0)
    middle = pelvis_mm(walk_on_plates).mean(0)
    floor = np.percentile(walk_on_plates.joint("left_toe") @ UP, 5)

    def seen(view_deg: float):
        angle = np.radians(view_deg)
        camera = middle + 4000 * (np.cos(angle) * forward + np.sin(angle) * np.cross(forward, UP))
        camera = camera + (floor + 1200 - camera @ UP) * UP
        sight = middle - camera - ((middle - camera) @ UP) * UP
        sight = sight / np.linalg.norm(sight)
        axes = np.stack([np.cross(sight, UP), -UP, sight])
        return replace(walk_on_plates, positions=(walk_on_plates.positions - camera) @ axes.T, is_measured=False)

    return seen


def errors_s(motion):
    """Nearest found minus true time, of heel strikes and of toe-offs."""
    found = gait_events(motion)
    return tuple(
        np.array([
            min((event.timestamp_s - contact for event in found.of(side, kind)), key=abs, default=np.inf)
            for (side, of), contacts in PLATE_CONTACTS_S.items()
            for contact in contacts
            if of == kind
        ])
        for kind in ("heel_strike", "toe_off")
    )  # fmt: skip


@pytest.mark.parametrize("view_deg", [*range(0, 360, 30)])
def test_contacts_are_seen_from_any_side(seen, view_deg):
    strikes, offs = errors_s(seen(view_deg))
    assert np.abs(strikes).max() <= 0.025
    assert np.abs(offs).max() <= 0.030
    assert np.abs(strikes).mean() <= 0.015
    assert np.abs(offs).mean() <= 0.020


@pytest.mark.parametrize(("view_deg", "followed"), [(0, False), (10, False), (180, False), (30, True), (90, True)])
def test_speed_across_the_sight_is_not_followed_straight_along_it(seen, view_deg, followed):
    motion, settings = seen(view_deg), GaitSettings()
    segments = foot_segments(motion, walking_directions(motion, settings), settings)
    assert [bool(segment.across_mm_per_s) for segment in segments] == [followed]


@pytest.mark.parametrize("view_deg", [45, 135, 225, 315])
def test_errors_of_depth_that_wander_move_contacts_less_than_turning_points(seen, view_deg):
    random = np.random.default_rng(view_deg)
    motion, by_picture, by_depth = seen(view_deg), [], []
    for _ in range(10):
        noise = gaussian_filter1d(random.normal(0, 1, motion.positions.shape), 4, axis=0)
        noise *= [8 / noise.std(), 8 / noise.std(), 32 / noise.std()]
        noisy = replace(motion, positions=motion.positions + noise)
        by_picture += [*np.concatenate(errors_s(noisy))]
        by_depth += [*np.concatenate(errors_s(replace(noisy, is_measured=True)))]
    assert np.percentile(np.abs(by_picture), 90) < np.percentile(np.abs(by_depth), 90)
    assert np.percentile(np.abs(by_picture), 90) <= 0.03


@pytest.mark.parametrize("view_deg", [60, 90, 180, 270])
def test_on_a_treadmill_contacts_are_those_over_ground(seen, view_deg):
    motion = seen(view_deg)
    speed = np.polyfit(motion.timestamps_s, pelvis_mm(motion), 1)[0]
    carried = np.outer(motion.timestamps_s - motion.timestamps_s.mean(), speed)
    on_belt = replace(motion, positions=motion.positions - carried[:, None])
    for here, there in zip(errors_s(on_belt), errors_s(motion), strict=True):
        np.testing.assert_allclose(here, there, atol=0.02)


def test_blur_leaves_the_moments_at_which_feet_stop_and_start_where_they_are(seen):
    motion = seen(90)
    blurred = replace(motion, positions=gaussian_filter1d(motion.positions, 3, axis=0))  # 30 ms
    for strikes_or_offs, bound in zip(errors_s(blurred), (0.015, 0.015), strict=True):
        assert abs(np.median(strikes_or_offs)) <= bound


def test_a_foot_that_never_stops_keeps_its_turning_point():
    times = np.arange(0, 2, 1 / CLOCK_HZ)
    steady = np.tile([1000.0, 0.0, 0.0], (len(times), 1))
    still = np.zeros((len(times), 3))
    for velocity in (steady, still):
        across = {(side, part): velocity for side in ("left", "right") for part in ("heel", "toe")}
        segment = SignalSegment(times, {}, across)
        for kind in ("heel_strike", "toe_off"):
            assert contact_s(segment, "left", kind, 1.0, 1.1, GaitSettings()) == 1.0
        for kind in ("heel_strike", "toe_off"):  # at the very ends of what is seen
            assert contact_s(segment, "left", kind, 0.0, 1.1, GaitSettings()) == 0.0
