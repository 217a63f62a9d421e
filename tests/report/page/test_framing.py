import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.report_contents import RATE_HZ, squat_positions

from neuropose_ray.report.page.framing import frame_person
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, COCO_19

FRAMES = 60
TIMES = np.arange(FRAMES) / RATE_HZ


def turned(positions: np.ndarray, towards_x_rad: np.ndarray) -> np.ndarray:
    """Everybody about the vertical through x 0, z 3000, from facing the camera towards the camera's positive x."""
    sin, cos = np.sin(towards_x_rad)[:, None], np.cos(towards_x_rad)[:, None]
    x, z = positions[..., 0], positions[..., 2] - 3000
    return np.stack([cos * x - sin * z, positions[..., 1], sin * x + cos * z + 3000], axis=-1)


@given(st.floats(-3, 3))
@settings(max_examples=20)
def test_the_heading_is_the_way_that_the_pelvis_faces(angle: float):
    framing = frame_person(turned(squat_positions(FRAMES), np.full(FRAMES, angle)), BLAZEPOSE_33, TIMES)
    assert framing.mean_heading_rad == pytest.approx(angle)
    assert framing.heading_rad == pytest.approx(np.full(FRAMES, angle))


def test_the_heading_of_a_person_who_turns_follows_and_its_mean_stays():
    angle = np.linspace(-0.5, 0.5, FRAMES)
    framing = frame_person(turned(squat_positions(FRAMES), angle), BLAZEPOSE_33, TIMES)
    assert framing.heading_rad[10:-10] == pytest.approx(angle[10:-10], abs=1e-3)
    assert framing.mean_heading_rad == pytest.approx(0, abs=1e-6)


def test_the_ground_is_under_the_feet_and_the_height_that_of_the_upright_person():
    framing = frame_person(squat_positions(FRAMES), BLAZEPOSE_33, TIMES)
    assert framing.floor_mm == pytest.approx(np.full(FRAMES, 1000 - 20))
    assert framing.height_mm == pytest.approx(1640 - 20, abs=5)
    assert framing.centre_mm[:, 0] == pytest.approx(np.zeros(FRAMES))


def test_a_jump_leaves_the_ground_where_it_is_and_a_slow_drift_takes_it_along():
    jump = squat_positions(FRAMES)
    jump[30:40, :, 1] -= 300
    assert frame_person(jump, BLAZEPOSE_33, TIMES).floor_mm == pytest.approx(np.full(FRAMES, 980), abs=1)
    drift = np.linspace(0, 100, FRAMES)
    drifting = squat_positions(FRAMES) + np.stack([0 * drift, drift, 0 * drift], axis=1)[:, None]
    assert frame_person(drifting, BLAZEPOSE_33, TIMES).floor_mm == pytest.approx(980 + drift, abs=45)


@given(slope=st.floats(-0.08, 0.08), direction=st.floats(0, 6.28), speed_mm_s=st.floats(700, 1800))
@settings(max_examples=30, deadline=None)
def test_feet_stay_on_the_floor_of_a_walker_whom_a_tilted_camera_sees_rise_or_sink(slope, direction, speed_mm_s):
    way = np.arange(3 * FRAMES) / RATE_HZ * speed_mm_s
    walking = np.repeat(squat_positions(1), 3 * FRAMES, axis=0)
    walking[..., 0] += (way * np.cos(direction))[:, None]
    walking[..., 2] += (way * np.sin(direction))[:, None]
    walking[..., 1] += (slope * way)[:, None]
    feet = [joint for joint, name in enumerate(BLAZEPOSE_33.joint_names) if "foot" in name or "heel" in name]
    lifted = 60 * np.abs(np.sin(np.arange(3 * FRAMES) / RATE_HZ * 2 * np.pi))  # each foot swings for half of the time
    walking[:, feet, 1] -= 0.3 * lifted[:, None]
    framing = frame_person(walking, BLAZEPOSE_33, np.arange(3 * FRAMES) / RATE_HZ)
    above = framing.floor_mm - walking[..., 1].max(axis=1)
    assert above.min() > -12, "through the floor"
    assert np.percentile(above, 10) < 12, "in the air"
    assert above.max() < 35


def test_one_misplaced_joint_does_not_make_the_person_small():
    positions = squat_positions(FRAMES)
    usual = frame_person(positions, BLAZEPOSE_33, TIMES)
    positions[7, 3] = (90_000, 90_000, 90_000)
    framing = frame_person(positions, BLAZEPOSE_33, TIMES)
    assert framing.floor_mm == pytest.approx(usual.floor_mm, abs=1)
    assert framing.height_mm == pytest.approx(usual.height_mm, abs=1)
    assert framing.reach_mm < 2 * usual.reach_mm


def test_frames_without_the_person_have_the_place_and_heading_of_their_neighbours():
    positions = turned(squat_positions(FRAMES), np.full(FRAMES, 0.7))
    positions[20:30] = np.nan
    framing = frame_person(positions, BLAZEPOSE_33, TIMES)
    assert framing.heading_rad == pytest.approx(np.full(FRAMES, 0.7))
    assert np.isfinite(framing.centre_mm).all()


@pytest.mark.parametrize("frames", [0, 1, 5])
def test_a_person_who_is_never_seen_has_a_framing_all_the_same(frames: int):
    framing = frame_person(np.full((frames, len(COCO_19), 3), np.nan), COCO_19, np.arange(frames) / RATE_HZ)
    assert framing.centre_mm.shape == (frames, 3)
    assert framing.heading_rad == pytest.approx(np.zeros(frames))
    assert np.isfinite(framing.floor_mm).all()
    assert framing.height_mm > 0
    assert framing.reach_mm > 0


def test_a_skeleton_without_hips_faces_the_camera():
    positions = np.zeros((3, 2, 3))
    framing = frame_person(positions, Skeleton(name="two", joint_names=("a", "b")), np.arange(3.0))
    assert framing.mean_heading_rad == 0
