"""One person's movement out of a table, and what a motion says of itself."""

from dataclasses import replace

import numpy as np
import pytest
from schemas.pose_tables import header_of, table_of

from neuropose_ray.analysis.motion import Motion, motion_of_table
from neuropose_ray.errors import InputError

SKELETON = header_of(table_of(1)).skeleton
JOINTS = len(SKELETON)


def motion(times_s, positions=None):
    frames = len(times_s)
    positions = np.zeros((frames, JOINTS, 3)) if positions is None else positions
    return Motion("walk", SKELETON, np.array(times_s, float), positions, np.ones((frames, JOINTS)))


def test_arrays_that_do_not_fit_each_other_are_refused():
    with pytest.raises(InputError, match=r"^walk: 2 times and .* joints, but positions \(3, "):
        motion([0, 1], np.zeros((3, JOINTS, 3)))


@pytest.mark.parametrize("times_s", [[0, 0], [1, 0], [0, np.nan]])
def test_times_ascend(times_s):
    with pytest.raises(InputError, match="do not ascend"):
        motion(times_s)


def test_the_frame_rate_is_that_of_the_usual_interval():
    assert motion([0, 0.1, 0.2, 0.9, 1.0]).frame_rate_hz == pytest.approx(10)
    assert np.isnan(motion([0]).frame_rate_hz)
    assert len(motion([0, 0.1])) == 2


def test_coverage_is_the_share_of_frames_in_which_the_person_is_seen():
    positions = np.zeros((4, JOINTS, 3))
    positions[1] = np.nan
    assert motion(range(4), positions).coverage == 0.75


def test_an_unknown_joint_is_named_with_the_motion():
    with pytest.raises(InputError, match=r"^walk: "):
        motion([0]).joint("left_tail")
    np.testing.assert_array_equal(motion([0]).joint(SKELETON.joint_names[1]), np.zeros((1, 3)))


def test_the_motion_of_a_table_is_the_track_that_is_seen_in_most_frames():
    table = table_of(frames=3, persons_per_frame=2)
    table = table.take(np.array([0, 1, 3, 5]))  # track 1 in every frame, track 0 in the first
    walked = motion_of_table(table, SKELETON, name="walk")
    np.testing.assert_array_equal(walked.positions, table.poses.poses3d[1:])
    other = motion_of_table(table, SKELETON, name="walk", track=0)
    np.testing.assert_array_equal(other.positions[0], table.poses.poses3d[0])
    assert np.isnan(other.positions[1:]).all()
    assert np.isnan(other.joint_scores[1:]).all()
    with pytest.raises(InputError, match="walk: there is no track 2; there are: 0, 1"):
        motion_of_table(table, SKELETON, name="walk", track=2)


def test_without_tracks_it_is_the_first_person_of_every_frame():
    table = replace(table_of(frames=2, persons_per_frame=2), track_ids=None)
    walked = motion_of_table(table, SKELETON, name="walk")
    np.testing.assert_array_equal(walked.positions, table.poses.poses3d[::2])


def test_fitted_joints_are_taken_where_there_are_any_and_where_they_are_wanted():
    table = table_of(2)
    fitted = table.poses.poses3d + 5
    fitted[1] = np.nan
    table = table.with_fitted(fitted)
    taken = motion_of_table(table, SKELETON, name="walk").positions
    np.testing.assert_array_equal(taken[0], fitted[0])
    np.testing.assert_array_equal(taken[1], table.poses.poses3d[1])
    raw = motion_of_table(table, SKELETON, name="walk", fitted=False).positions
    np.testing.assert_array_equal(raw, table.poses.poses3d)


def test_a_table_of_nobody_is_a_motion_of_nothing():
    table = table_of(3).take(np.zeros(3, bool))
    nothing = motion_of_table(table, SKELETON, name="walk")
    assert np.isnan(nothing.positions).all()
    assert nothing.coverage == 0
