import contextlib
import io
import json

import numpy as np
import pytest
from formats.people import nobody, seen_in, squatting
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from schemas.pose_tables import ARM, header_of, table_of

from neuropose_ray.errors import InputError
from neuropose_ray.formats.coco import write_coco
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.skeleton import Skeleton


def read(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def test_pycocotools_reads_images_keypoints_and_category(tmp_path):
    table, header = squatting(frames=4, missing=[2], persons=2)
    write_coco(tmp_path / "a.json", table, header)
    coco = read(tmp_path / "a.json")
    assert [image["file_name"] for image in coco.loadImgs(coco.getImgIds())] == [
        f"squat/frame_{frame:06d}.png" for frame in range(4)
    ]
    assert [len(coco.getAnnIds(imgIds=image)) for image in range(4)] == [2, 2, 0, 2]
    category = coco.loadCats(coco.getCatIds(catNms=["person"]))[0]
    assert category["keypoints"] == list(COCO_KEYPOINTS)
    assert category["skeleton"][0] == [16, 14]
    annotation = coco.loadAnns(coco.getAnnIds(imgIds=3))[1]
    keypoints = np.array(annotation["keypoints"]).reshape(17, 3)
    joints = [PHANTOM_SKELETON.index(name) for name in COCO_KEYPOINTS]
    np.testing.assert_allclose(keypoints[:, :2], table.poses.poses2d[-1, joints], atol=5.1e-4)
    assert (keypoints[:, 2] == 2).all()
    np.testing.assert_allclose(annotation["bbox"], table.poses.boxes[-1, :4], atol=5.1e-4)
    assert annotation["area"] == pytest.approx(annotation["bbox"][2] * annotation["bbox"][3], rel=1e-3)
    assert (annotation["num_keypoints"], annotation["track_id"], annotation["score"]) == (17, 1, 0.9)
    np.testing.assert_allclose(annotation["keypoint_scores"], table.poses.joint_scores[-1, joints], atol=1e-4)


def test_pictures_of_a_folder_have_their_own_names(tmp_path):
    table, header = squatting(frames=3)
    names = ("IMG_0007.JPG", "IMG_0008.JPG", "IMG_0011.JPG")
    header = header.model_copy(update={"metadata": header.metadata.model_copy(update={"image_names": names})})
    write_coco(tmp_path / "a.json", table, header)
    coco = read(tmp_path / "a.json")
    assert tuple(image["file_name"] for image in coco.loadImgs(coco.getImgIds())) == names


def test_the_annotations_scored_as_results_against_themselves_are_perfect(tmp_path):
    table, header = squatting(frames=3, persons=2)
    table.poses.poses2d[table.track_ids == 1] += 200
    write_coco(tmp_path / "a.json", table, header)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(str(tmp_path / "a.json"))
        results = truth.loadRes(json.loads((tmp_path / "a.json").read_text())["annotations"])
        scoring = COCOeval(truth, results, "keypoints")
        scoring.evaluate()
        scoring.accumulate()
        scoring.summarize()
    assert scoring.stats[0] == pytest.approx(1)


def test_missing_points_are_zero_and_not_counted_and_a_missing_box_is_made_around_the_rest(tmp_path):
    table, header = squatting(frames=1)
    table.poses.poses2d[0, PHANTOM_SKELETON.index("nose")] = np.nan
    table.poses.boxes[0] = np.nan
    write_coco(tmp_path / "a.json", table, header)
    (annotation,) = read(tmp_path / "a.json").dataset["annotations"]
    assert (annotation["keypoints"][:3], annotation["num_keypoints"], annotation["score"]) == ([0, 0, 0], 16, None)
    joints = [PHANTOM_SKELETON.index(name) for name in COCO_KEYPOINTS[1:]]
    low, high = table.poses.poses2d[0, joints].min(0), table.poses.poses2d[0, joints].max(0)
    np.testing.assert_allclose(annotation["bbox"], [*low, *(high - low)], atol=2e-3)


def test_whole_body_has_the_feet_and_says_that_face_and_hands_are_not_there(tmp_path):
    table, header = squatting(frames=1)
    write_coco(tmp_path / "a.json", table, header, feet=True)
    (annotation,) = read(tmp_path / "a.json").dataset["annotations"]
    feet = np.array(annotation["foot_kpts"]).reshape(6, 3)
    joints = [PHANTOM_SKELETON.index(name) for name in ("left_toe", "left_heel", "right_toe", "right_heel")]
    np.testing.assert_allclose(feet[[0, 2, 3, 5], :2], table.poses.poses2d[0, joints], atol=5.1e-4)
    np.testing.assert_array_equal(feet[[1, 4]], 0)
    assert [len(annotation[name]) // 3 for name in ("face_kpts", "lefthand_kpts", "righthand_kpts")] == [68, 21, 21]
    valid = [annotation[f"{part}_valid"] for part in ("foot", "face", "lefthand", "righthand")]
    assert valid == [True, False, False, False]


def test_frames_go_on_counting_over_the_pieces_of_a_long_video(tmp_path):
    write_coco(tmp_path / "a.json", *seen_in([5, 1500, 2500], frames=2501))
    annotations = read(tmp_path / "a.json").dataset["annotations"]
    assert [(each["id"], each["image_id"]) for each in annotations] == [(1, 5), (2, 1500), (3, 2500)]


def test_nobody_is_a_valid_file_without_annotations(tmp_path):
    write_coco(tmp_path / "a.json", *nobody())
    assert len(read(tmp_path / "a.json").getImgIds()) == 3
    assert read(tmp_path / "a.json").getAnnIds() == []


def test_a_skeleton_that_has_not_the_points_is_one_line(tmp_path):
    table = table_of(frames=1)
    with pytest.raises(InputError, match="arm has none of the joints of COCO-WholeBody's feet"):
        write_coco(tmp_path / "a.json", table, header_of(table, ARM), feet=True)
    other = Skeleton(name="other", joint_names=("a", "b", "c"))
    with pytest.raises(InputError, match="other has none of the joints of COCO;"):
        write_coco(tmp_path / "a.json", table, header_of(table, other))
