from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas.pose_tables import assert_tables_equal, pose_tables, properties, table_of

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.poses import Poses, PoseTable


def test_nobody_has_the_shapes_of_somebody():
    nobody = Poses.empty(33)
    assert len(nobody) == 0
    assert (nobody.boxes.shape, nobody.poses2d.shape) == ((0, 5), (0, 33, 2))
    assert (nobody.poses3d.shape, nobody.joint_scores.shape) == ((0, 33, 3), (0, 33))


@properties
@given(pose_tables(), st.data())
def test_parts_of_a_stretch_concatenate_to_the_stretch(table, data):
    cut = data.draw(st.integers(0, table.frame_count))
    before, after = table.poses.frame < cut, table.poses.frame >= cut
    second = table.poses.take(after)
    second = Poses(second.frame - cut, second.boxes, second.poses2d, second.poses3d, second.joint_scores)
    whole = Poses.concatenate([table.poses.take(before), second], [0, cut])
    assert_tables_equal(PoseTable(table.timestamps_s, whole, table.track_ids, table.poses3d_fitted), table)


@properties
@given(st.lists(pose_tables(max_frames=3), min_size=1, max_size=4))
def test_consecutive_tables_concatenate_to_one_not_yet_tracked(tables):
    whole = PoseTable.concatenate(tables)
    assert whole.persons_per_frame().tolist() == [n for table in tables for n in table.persons_per_frame()]
    np.testing.assert_array_equal(whole.timestamps_s, np.concatenate([table.timestamps_s for table in tables]))
    np.testing.assert_array_equal(whole.poses.boxes, np.concatenate([table.poses.boxes for table in tables]))
    assert whole.track_ids is None


@properties
@given(pose_tables())
def test_persons_per_frame_counts_frames_without_anybody_too(table):
    counts = table.persons_per_frame()
    assert len(counts) == table.frame_count
    np.testing.assert_array_equal(np.repeat(np.arange(len(counts)), counts), table.poses.frame)


def test_tracks_and_fitted_poses_make_a_new_table():
    table = table_of(4)
    changed = table.with_tracks(np.full(4, 7, np.int32)).with_fitted(table.poses.poses3d + 1)
    assert changed.track_ids.tolist() == [7] * 4
    np.testing.assert_array_equal(changed.poses3d_fitted, table.poses.poses3d + 1)
    assert table.track_ids.tolist() == [0] * 4
    assert table.poses3d_fitted is None


def test_joints_that_were_not_fitted_are_the_models():
    table = table_of(2)
    assert table.best_poses3d() is table.poses.poses3d
    fitted = table.poses.poses3d + 1000
    fitted[1, 2] = np.nan
    best = table.with_fitted(fitted).best_poses3d()
    np.testing.assert_array_equal(best[1, 2], table.poses.poses3d[1, 2])
    np.testing.assert_array_equal(np.delete(best[1], 2, 0), np.delete(fitted[1], 2, 0))
    np.testing.assert_array_equal(best[0], fitted[0])


@properties
@given(pose_tables())
def test_the_rows_of_all_persons_are_all_rows_and_the_first_person_has_the_most(table):
    persons = table.persons_by_frames()
    rows = [table.rows_of_person(person) for person in persons]
    np.testing.assert_array_equal(np.sort(np.concatenate([[], *rows])), np.arange(len(table.poses)))
    counts = [len(some) for some in rows]
    assert counts == sorted(counts, reverse=True)
    for one, other in zip(range(len(persons)), range(1, len(persons)), strict=False):
        assert counts[one] > counts[other] or persons[one] < persons[other]
    np.testing.assert_array_equal(table.rows_of_person(), rows[0] if rows else [])


@properties
@given(pose_tables())
def test_a_person_alone_keeps_every_frame_and_has_its_rows_of_every_array(table):
    for person in table.persons_by_frames():
        rows = table.rows_of_person(person)
        alone = table.take(rows)
        np.testing.assert_array_equal(alone.timestamps_s, table.timestamps_s)
        for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
            np.testing.assert_array_equal(getattr(alone.poses, name), getattr(table.poses, name)[rows])
        for name in ("track_ids", "poses3d_fitted"):
            expected = getattr(table, name)
            np.testing.assert_array_equal(getattr(alone, name), None if expected is None else expected[rows])


def test_who_is_seen_most_is_a_track_and_without_tracks_the_first_person_of_each_frame():
    table = table_of(frames=3, persons_per_frame=2)
    rows = np.array([0, 1, 3, 5])
    uneven = table.take(rows)
    np.testing.assert_array_equal(uneven.track_ids[uneven.rows_of_person()], [1, 1, 1])
    assert uneven.persons_by_frames() == [1, 0]
    np.testing.assert_array_equal(replace(table, track_ids=None).rows_of_person(), [0, 2, 4])
    assert len(table.take(np.zeros(6, bool)).rows_of_person()) == 0


def test_an_unknown_person_is_one_line_with_those_there_are():
    table = table_of(frames=3, persons_per_frame=2)
    with pytest.raises(InputError, match=r"^walk: there is no track 7; there are: 0, 1$"):
        table.rows_of_track(7, where="walk")
    untracked = replace(table, track_ids=None)
    with pytest.raises(InputError, match="there is no track 0; it holds no tracks at all"):
        untracked.rows_of_track(0)
    with pytest.raises(InputError, match="there is no person 2; there are: 0, 1"):
        untracked.rows_of_person(2)


def test_numbers_by_frame_are_nan_where_the_person_is_not_seen():
    table = table_of(frames=3).take(np.array([0, 2]))
    frames = table.by_frame(table.poses.poses2d, np.array([0, 1]))
    np.testing.assert_array_equal(frames[[0, 2]], table.poses.poses2d)
    assert np.isnan(frames[1]).all()
    np.testing.assert_array_equal(table.by_frame(table.poses.joint_scores, np.array([False, True]))[:2], np.nan)
