import json

import numpy as np
from hypothesis import given, settings
from schemas.pose_tables import header_of, pose_tables, properties

from neuropose_ray.formats.arrays import write_npz


@given(pose_tables())
@settings(properties, max_examples=15)
def test_every_array_comes_back_to_the_last_bit_without_pickle(tmp_path, table):
    header = header_of(table)
    write_npz(tmp_path / "a.npz", table, header)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as archive:
        read = dict(archive)
    np.testing.assert_array_equal(read["timestamps_s"], table.timestamps_s)
    np.testing.assert_array_equal(read["frame_index"], table.poses.frame)
    for name in ("boxes", "poses2d", "poses3d", "joint_scores"):
        np.testing.assert_array_equal(read[name], getattr(table.poses, name), strict=True)
    for name in ("track_ids", "poses3d_fitted"):
        np.testing.assert_equal(read.get(name), getattr(table, name))
    assert tuple(read["joint_names"]) == header.skeleton.joint_names
    assert read["edges"].tolist() == [[0, 1], [1, 2]]
    described = json.loads(str(read["header"]))
    assert described["axes"].startswith("x right, y down, z forward")
    assert described["units"]["poses3d"] == "mm"
