import json

import numpy as np
import pytest
from formats.people import nobody, seen_in, squatting

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.formats.keypoints import BODY_25, positions_of_keypoints
from neuropose_ray.formats.openpose import BODY_25_SKELETON, read_openpose, write_openpose
from neuropose_ray.phantom.body import PHANTOM_SKELETON

KEYPOINTS = tuple(BODY_25.values())


def test_what_is_written_is_read_to_the_third_decimal(tmp_path):
    table, header = squatting(frames=4, missing=[2], persons=2)
    table.poses.poses2d[0, PHANTOM_SKELETON.index("left_knee")] = np.nan
    write_openpose(tmp_path / "out", table, header)
    read = read_openpose(tmp_path / "out", fps=30)
    np.testing.assert_allclose(read.timestamps_s, table.timestamps_s)
    np.testing.assert_array_equal(read.poses.frame, table.poses.frame)
    np.testing.assert_array_equal(read.track_ids, table.track_ids)
    for name in ("poses2d", "poses3d"):
        expected = positions_of_keypoints(PHANTOM_SKELETON, getattr(table.poses, name), KEYPOINTS)
        np.testing.assert_allclose(getattr(read.poses, name), expected, atol=1e-3, err_msg=name)
    known = np.isfinite(read.poses.joint_scores)
    assert (~known).sum() == len(table.poses) * 2
    np.testing.assert_allclose(read.poses.boxes[1, :2], np.nanmin(read.poses.poses2d[1], 0))


def test_a_file_is_laid_out_as_openposes(tmp_path):
    table, header = squatting(frames=2)
    write_openpose(tmp_path / "out", table, header)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "squat_000000000000_keypoints.json", "squat_000000000001_keypoints.json",
    ]  # fmt: skip
    document = json.loads((tmp_path / "out" / "squat_000000000001_keypoints.json").read_text())
    (person,) = document["people"]
    assert (document["version"], person["person_id"], person["hand_left_keypoints_2d"]) == (1.3, [0], [])
    flat, space = np.reshape(person["pose_keypoints_2d"], (25, 3)), np.reshape(person["pose_keypoints_3d"], (25, 4))
    shoulders = [PHANTOM_SKELETON.index(f"{side}_shoulder") for side in ("left", "right")]
    np.testing.assert_allclose(flat[1, :2], table.poses.poses2d[1, shoulders].mean(0), atol=1e-3)
    np.testing.assert_allclose(space[14, :3], table.poses.poses3d[1, PHANTOM_SKELETON.index("left_ankle")], atol=1e-3)
    np.testing.assert_array_equal(flat[20], 0)


def test_an_unknown_score_is_1_so_that_the_point_counts(tmp_path):
    table, header = squatting(frames=1)
    table.poses.joint_scores[:] = np.nan
    write_openpose(tmp_path / "out", table, header)
    scores = read_openpose(tmp_path / "out", fps=30).poses.joint_scores
    assert set(scores[np.isfinite(scores)]) == {1}


def test_fitted_poses_are_taken_where_there_are_any(tmp_path):
    table, header = squatting(frames=1)
    table = table.with_fitted(table.poses.poses3d + 5)
    write_openpose(tmp_path / "out", table, header)
    nose = read_openpose(tmp_path / "out", fps=30).poses.poses3d[0, 0]
    np.testing.assert_allclose(nose, table.poses.poses3d[0, PHANTOM_SKELETON.index("nose")] + 5, atol=1e-3)


def test_frames_go_on_counting_over_the_pieces_of_a_long_video(tmp_path):
    write_openpose(tmp_path / "out", *seen_in([5, 1500], frames=1501))
    read = read_openpose(tmp_path / "out", fps=30)
    assert (read.frame_count, read.poses.frame.tolist()) == (1501, [5, 1500])


def test_nobody_is_files_without_people(tmp_path):
    write_openpose(tmp_path / "out", *nobody())
    assert {file.read_text() for file in (tmp_path / "out").iterdir()} == {'{"version":1.3,"people":[]}'}
    read = read_openpose(tmp_path / "out", fps=30)
    assert (read.frame_count, len(read.poses), read.track_ids) == (3, 0, None)


def test_files_of_openpose_without_3d_ids_and_some_frames(tmp_path):
    person = {"person_id": [-1], "pose_keypoints_2d": [10.0, 20.0, 0.5] + [0.0] * 72, "pose_keypoints_3d": []}
    for frame in (7, 9):
        (tmp_path / f"v_{frame:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": [person]}))
    read = read_openpose(tmp_path, fps=10)
    np.testing.assert_allclose(read.timestamps_s, [0, 0.1, 0.2])
    np.testing.assert_array_equal(read.poses.frame, [0, 2])
    np.testing.assert_array_equal(read.poses.poses2d[0, 0], [10, 20])
    assert np.isnan(read.poses.poses2d[:, 1:]).all()
    assert np.isnan(read.poses.poses3d).all()
    assert read.track_ids is None


PERSON = {"person_id": [-1], "pose_keypoints_2d": [1.0] * 75, "pose_keypoints_3d": []}
BAD = [
    {"person_id": [10**20]}, {"person_id": ["x"]}, {"person_id": {"0": 1}}, {"pose_keypoints_2d": ["x"] * 75},
    {"pose_keypoints_2d": [[1]] * 75}, {"pose_keypoints_3d": 5},
]  # fmt: skip


OTHER = [
    "[" * 100_000, "{", "{}", '{"people": [{"pose_keypoints_2d": [1, 2, 3]}]}', '{"people": [1]}',
    *(json.dumps({"people": [PERSON | bad]}) for bad in BAD),
]  # fmt: skip


@pytest.mark.parametrize("text", OTHER, ids=range(len(OTHER)))
def test_other_files_are_one_line(tmp_path, text):
    (tmp_path / "v_0_keypoints.json").write_text(text)
    with pytest.raises(FileFormatError, match="not OpenPose's keypoints"):
        read_openpose(tmp_path, fps=30)


def test_an_empty_folder_is_one_line(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"no \*_keypoints.json"):
        read_openpose(tmp_path, fps=30)


def test_the_skeletons_landmarks_are_the_joints_of_the_same_name():
    landmarks = BODY_25_SKELETON.landmarks
    assert (landmarks["left_toe"], landmarks["right_knee"], len(landmarks)) == ("LBigToe", "RKnee", 16)
