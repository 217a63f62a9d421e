import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from schemas.pose_tables import pose_tables, properties

from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import Poses


@properties
@given(pose_tables(), st.integers(1, 7))
def test_blocks_put_together_are_the_table(table, size):
    blocks = list(frame_blocks(table, size))
    assert [first for first, _ in blocks] == list(range(0, table.frame_count, size))
    assert all(block.frame_count <= size for _, block in blocks)
    if blocks:
        poses = Poses.concatenate([block.poses for _, block in blocks], [first for first, _ in blocks])
        np.testing.assert_array_equal(poses.frame, table.poses.frame)
        np.testing.assert_array_equal(poses.poses3d, table.poses.poses3d)
        np.testing.assert_array_equal(np.concatenate([block.timestamps_s for _, block in blocks]), table.timestamps_s)
        if table.track_ids is not None:
            np.testing.assert_array_equal(np.concatenate([block.track_ids for _, block in blocks]), table.track_ids)
