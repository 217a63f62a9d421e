import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from schemas.pose_tables import assert_tables_equal, pose_tables, properties, table_of

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
