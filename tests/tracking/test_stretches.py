"""Stretches: nearness from frame to frame alone, and the movement that is expected of each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.stretches import Stretch, stretches

CAMERA = Camera.from_field_of_view(1280, 720, 67)
BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(13, 3))
RATE_HZ = 30


def table(rows, frames, rate_hz=RATE_HZ):
    """People as (frame, place in mm, score), in ascending frames."""
    joints = np.array([BODY + place for _, place, _ in rows]).reshape(-1, 13, 3)
    pixels = CAMERA.project(joints)
    low, high = pixels.min(1), pixels.max(1)
    boxes = np.concatenate([low, high - low, np.array([score for *_, score in rows]).reshape(-1, 1)], 1)
    poses = Poses(
        np.array([frame for frame, *_ in rows], np.int64), boxes.astype(np.float32), pixels.astype(np.float32),
        joints.astype(np.float32), np.ones((len(rows), 13), np.float32),
    )  # fmt: skip
    return PoseTable(np.arange(frames) / rate_hz, poses)


def rows_of(rows, frames, **settings):
    return [stretch.rows for stretch in stretches(table(rows, frames), TrackingSettings(**settings))]


@pytest.mark.filterwarnings("error")
def test_nobody_makes_no_stretch():
    assert rows_of([], 0) == []
    assert rows_of([], 5) == []


@pytest.mark.filterwarnings("error")
def test_one_frame_makes_a_stretch_for_each_person():
    assert rows_of([(0, (-900, 0, 3000), 1.0), (0, (900, 0, 3000), 1.0)], 1) == [[0], [1]]


@given(order=st.lists(st.booleans(), min_size=2, max_size=30))
def test_two_people_are_one_stretch_each_in_whatever_order_their_rows_come(order):
    left, right = (-900, 0, 3000), (900, 0, 3000)
    rows = [(frame, place, 1.0) for frame, swap in enumerate(order)
            for place in ((right, left) if swap else (left, right))]  # fmt: skip
    made = rows_of(rows, len(order))
    assert len(made) == 2
    assert sorted(row for stretch in made for row in stretch) == list(range(len(rows)))
    for stretch in made:
        assert len({rows[row][1] for row in stretch}) == 1
    assert [stretch[0] for stretch in made] == [0, 1]


def test_a_stretch_ends_where_its_person_is_missing_in_a_frame():
    rows = [(frame, (0, 0, 3000), 1.0) for frame in (*range(4), *range(5, 9))]
    assert rows_of(rows, 9) == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_one_frame_later_than_others_ends_no_stretch():
    """Up to half an interval late, as in videos of uneven rates."""
    rows = [(frame, (0, 0, 3000), 1.0) for frame in range(6)]
    for late, count in ((0.4, 1), (0.6, 2)):
        times = np.arange(6) / RATE_HZ
        times[3:] += late / RATE_HZ
        made = stretches(PoseTable(times, table(rows, 6).poses), TrackingSettings())
        assert len(made) == count


def test_people_with_low_scores_are_in_no_stretch():
    scores = [1.0, 0.25, 0.24, 1.0, 1.0]
    rows = [(frame, (0, 0, 3000), score) for frame, score in enumerate(scores)]
    assert rows_of(rows, 5) == [[0, 1], [3, 4]]
    assert rows_of(rows, 5, doubted_score=0.2) == [[0, 1, 2, 3, 4]]


def test_who_jumps_to_another_place_between_two_frames_is_another_stretch():
    rows = [(frame, (0 if frame < 5 else 2500, 0, 3000), 1.0) for frame in range(10)]
    assert rows_of(rows, 10) == [list(range(5)), list(range(5, 10))]


def test_rows_of_one_frame_never_share_a_stretch():
    """Also where a second pose lies on the first: a person is there once."""
    rows = [(frame, (0.0 + 5 * twin, 0, 3000), 1.0) for frame in range(6) for twin in range(2)]
    made = rows_of(rows, 6)
    assert [len(stretch) for stretch in made] == [6, 6]


def test_people_who_cross_are_told_apart_by_where_they_were_going():
    rows = []
    for frame in range(60):
        rows += [(frame, (-1200 + 40 * frame, 0, 3000), 1.0), (frame, (1200 - 40 * frame, 0, 3000), 1.0)]
    assert rows_of(rows, 60) == [list(range(0, 120, 2)), list(range(1, 120, 2))]


def moving(frames, box_step=(6, 3), joint_step=(10.0, 0.0, -20.0), size_step=0.0):
    box, joints = np.array([100.0, 200, 80, 160]), BODY + (0, 0, 3000)
    stretch = Stretch([0], 0.0, box, joints)
    for frame in range(1, frames):
        shift = np.array([*box_step, size_step, size_step]) * frame
        stretch.continue_with(frame, frame / RATE_HZ, box + shift, joints + np.array(joint_step) * frame)
    return stretch


def test_the_speed_comes_to_that_of_the_person():
    stretch = moving(40)
    np.testing.assert_allclose(stretch.box_speed, np.array([6, 3]) * RATE_HZ, rtol=1e-4)
    np.testing.assert_allclose(stretch.joint_speed, np.array([10, 0, -20]) * RATE_HZ, rtol=1e-4)
    assert stretch.rows == list(range(40))
    assert stretch.time_s == pytest.approx(39 / RATE_HZ)


def test_one_frame_changes_the_speed_by_less_than_a_third():
    """What is seen between two frames is mostly noise."""
    stretch = moving(2)
    np.testing.assert_allclose(stretch.box_speed, 0.3 * np.array([6, 3]) * RATE_HZ)
    np.testing.assert_allclose(stretch.joint_speed, 0.3 * np.array([10, 0, -20]) * RATE_HZ)


def test_a_prediction_goes_on_at_that_speed_and_stops():
    stretch = moving(40)
    box, joints = stretch.predicted(stretch.time_s + 0.1)
    np.testing.assert_allclose(box - stretch.box, [6 * 3, 3 * 3, 0, 0], rtol=1e-4)
    np.testing.assert_allclose(joints - stretch.joints, np.broadcast_to([30.0, 0, -60], (13, 3)), rtol=1e-4)
    at_stop, much_later = (stretch.predicted(stretch.time_s + ahead)[0] for ahead in (0.15, 20))
    np.testing.assert_allclose(at_stop, much_later)
    np.testing.assert_allclose(at_stop[0] - stretch.box[0], 6 * RATE_HZ * 0.15, rtol=1e-4)


def test_a_box_that_grows_is_expected_around_its_middle_in_the_size_that_it_had():
    stretch = moving(40, box_step=(-1, -1), size_step=2.0)  # its middle stays
    box, _ = stretch.predicted(stretch.time_s + 0.1)
    np.testing.assert_allclose(box, stretch.box, atol=1e-9)


def test_joints_that_are_not_known_move_nothing():
    stretch = Stretch([0], 0.0, np.zeros(4), BODY)
    now = BODY + (30.0, 0, 0)
    now[3:] = np.nan
    stretch.continue_with(1, 1 / RATE_HZ, np.zeros(4), now)
    np.testing.assert_allclose(stretch.joint_speed, [0.3 * 30 * RATE_HZ, 0, 0])
    stretch.continue_with(2, 2 / RATE_HZ, np.zeros(4), np.full((13, 3), np.nan))
    np.testing.assert_allclose(stretch.joint_speed, [0.3 * 30 * RATE_HZ, 0, 0])


def test_two_rows_at_one_time_give_no_endless_speed():
    stretch = Stretch([0], 0.0, np.zeros(4), BODY)
    stretch.continue_with(1, 0.0, np.ones(4), BODY + 1)
    assert np.isfinite(stretch.box_speed).all()
    assert np.isfinite(stretch.joint_speed).all()
