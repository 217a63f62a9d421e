import json

import numpy as np
from formats.people import nobody, seen_in, squatting

from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.formats.mmpose import write_mmpose
from neuropose_ray.phantom.body import PHANTOM_SKELETON

JOINTS = [PHANTOM_SKELETON.index(name) for name in COCO_KEYPOINTS]


def test_frames_count_from_1_and_hold_each_persons_points_scores_and_corners(tmp_path):
    table, header = squatting(frames=3, missing=[1], persons=2)
    write_mmpose(tmp_path / "a.json", table, header)
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["meta_info"]["keypoint_id2name"]["16"] == "right_ankle"
    assert document["meta_info"]["skeleton_links"][0] == [15, 13]
    frames = document["instance_info"]
    assert [(frame["frame_id"], len(frame["instances"])) for frame in frames] == [(1, 2), (2, 0), (3, 2)]
    instance, row = frames[2]["instances"][1], -1
    np.testing.assert_allclose(instance["keypoints"], table.poses.poses2d[row, JOINTS], atol=5.1e-4)
    np.testing.assert_allclose(instance["keypoint_scores"], table.poses.joint_scores[row, JOINTS], atol=1e-4)
    left, top, width, height, score = table.poses.boxes[row]
    np.testing.assert_allclose(instance["bbox"], [[left, top, left + width, top + height]], atol=1e-3)
    assert (round(instance["bbox_score"], 3), instance["track_id"]) == (round(float(score), 3), 1)


def test_a_missing_point_is_null_with_score_0(tmp_path):
    table, header = squatting(frames=1)
    table.poses.poses2d[0, PHANTOM_SKELETON.index("nose")] = np.nan
    write_mmpose(tmp_path / "a.json", table, header)
    (instance,) = json.loads((tmp_path / "a.json").read_text())["instance_info"][0]["instances"]
    assert (instance["keypoints"][0], instance["keypoint_scores"][0]) == ([None, None], 0)


def test_frames_go_on_counting_over_the_pieces_of_a_long_video(tmp_path):
    write_mmpose(tmp_path / "a.json", *seen_in([5, 1500, 2500], frames=2501))
    frames = json.loads((tmp_path / "a.json").read_text())["instance_info"]
    assert [frame["frame_id"] for frame in frames] == list(range(1, 2502))
    assert [frame["frame_id"] for frame in frames if frame["instances"]] == [6, 1501, 2501]


def test_nobody_is_frames_without_instances(tmp_path):
    write_mmpose(tmp_path / "a.json", *nobody())
    frames = json.loads((tmp_path / "a.json").read_text())["instance_info"]
    assert [frame["instances"] for frame in frames] == [[], [], []]
