"""Data sets out of a run: whole or not at all, and equal to the predictions within a hundredth of a pixel."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest
import yaml
from formats.datasets.runs import add_video
from pyarrow import parquet as pq
from pycocotools.coco import COCO

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.formats.datasets.annotating import with_masks
from neuropose_ray.formats.datasets.kinds import DatasetKind, DatasetSettings
from neuropose_ray.formats.datasets.reviewed import ReviewedPerson, ReviewedPicture, import_review
from neuropose_ray.formats.datasets.writing import export_dataset
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.phantom.body import PHANTOM_SKELETON

JOINTS = [PHANTOM_SKELETON.index(name) for name in COCO_KEYPOINTS]
ALL_TRAIN = DatasetSettings(fractions=(1.0, 0.0, 0.0))
THREE_SIDES = DatasetSettings(fractions=(0.6, 0.2, 0.2))


def expected(table):
    """Positions, flags and boxes of every person, as the predictions have them."""
    points, scores = table.poses.poses2d[:, JOINTS].astype(float), table.poses.joint_scores[:, JOINTS]
    inside = ((points >= 0) & (points < (640, 480))).all(-1)
    flags = np.where(inside & (scores >= 0.25), np.where(scores >= 0.5, 2, 1), 0)
    return np.where(flags[..., None] > 0, points, 0), flags, table.poses.boxes[:, :4].astype(float)


def read_coco(path):
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def coco_people(folder):
    coco = read_coco(folder / "annotations" / "person_keypoints_train.json")
    annotations = coco.loadAnns(coco.getAnnIds())
    keypoints = np.array([one["keypoints"] for one in annotations]).reshape(-1, 17, 3)
    return keypoints[..., :2], keypoints[..., 2], np.array([one["bbox"] for one in annotations])


def yolo_people(folder):
    lines = [
        line.split() for path in sorted(folder.glob("labels/train/*/*.txt")) for line in path.read_text().splitlines()
    ]
    numbers = np.array(lines, float)
    assert (numbers[:, 0] == 0).all()
    centre, size = numbers[:, 1:3] * (640, 480), numbers[:, 3:5] * (640, 480)
    keypoints = numbers[:, 5:].reshape(-1, 17, 3)
    return keypoints[..., :2] * (640, 480), keypoints[..., 2], np.concatenate([centre - size / 2, size], 1)


def jsonl_people(folder):
    frames = [json.loads(line) for line in (folder / "dataset.jsonl").read_text().splitlines()]
    people = [person for frame in frames for person in frame["persons"]]
    keypoints = np.array([person["keypoints"] for person in people])
    return keypoints[..., :2], keypoints[..., 2], np.array([person["box"] for person in people])


def parquet_people(folder):
    rows = [row for row in pq.read_table(folder / "dataset.parquet").to_pylist() if row["person"] is not None]
    keypoints = np.array([[row["keypoints_x"], row["keypoints_y"]] for row in rows]).transpose(0, 2, 1)
    return keypoints, np.array([row["visibility"] for row in rows]), np.array([row["box"] for row in rows])


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        (DatasetKind.COCO, coco_people),
        (DatasetKind.YOLO_POSE, yolo_people),
        (DatasetKind.JSONL, jsonl_people),
        (DatasetKind.PARQUET, parquet_people),
    ],
)
@pytest.mark.parametrize("shift", [0.0, 0.12345])
def test_people_come_back_within_a_hundredth_of_a_pixel(tmp_path, kind, read, shift):
    table, _ = add_video(tmp_path / "run", "a", frames=12, persons=2, missing=[3], shift=shift)
    summary = export_dataset(tmp_path / "run", tmp_path / "set", kind, ALL_TRAIN)
    assert (summary.frames, summary.persons) == ({"train": 12}, 22)
    points, flags, boxes = read(tmp_path / "set")
    true_points, true_flags, true_boxes = expected(table)
    np.testing.assert_array_equal(flags, true_flags)
    np.testing.assert_allclose(points, true_points, atol=0.01)
    np.testing.assert_allclose(boxes, true_boxes, atol=0.01)


def three_subjects(run):
    add_video(run, "a", frames=30, flags={3: ["blurred"], 4: ["duplicate", "dark"]})
    add_video(run, "b", frames=10, pictures=True)
    add_video(run, "c", frames=10)


def test_coco_has_a_file_for_each_side_and_names_pictures_truly(tmp_path):
    three_subjects(tmp_path / "run")
    summary = export_dataset(
        tmp_path / "run", tmp_path / "set", DatasetKind.COCO, DatasetSettings(fractions=(0.6, 0.2, 0.2))
    )
    sides = {
        path.stem.removeprefix("person_keypoints_"): read_coco(path)
        for path in (tmp_path / "set").glob("annotations/*")
    }
    videos = {side: {image["video"] for image in coco.dataset["images"]} for side, coco in sides.items()}
    assert videos == {"train": {"a"}, "val": {"b"}, "test": {"c"}}
    assert (
        {side: len(coco.getImgIds()) for side, coco in sides.items()}
        == summary.frames
        == {"train": 28, "val": 10, "test": 10}
    )
    assert sides["val"].dataset["images"][1]["file_name"] == "b/image_2.png"
    assert (tmp_path / "set" / "dataset.json").is_file()


def test_excluded_frames_are_listed_with_their_reasons(tmp_path):
    three_subjects(tmp_path / "run")
    summary = export_dataset(tmp_path / "run", tmp_path / "set", DatasetKind.JSONL)
    with (tmp_path / "set" / "excluded.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"video": "a", "frame_idx": "3", "file_name": "a/frame_000003.png", "reasons": "blurred"},
        {"video": "a", "frame_idx": "4", "file_name": "a/frame_000004.png", "reasons": "duplicate dark"},
    ]
    assert summary.excluded == {"blurred": 1, "duplicate": 1, "dark": 1}


def test_yolo_describes_its_keypoints_and_their_mirror(tmp_path):
    three_subjects(tmp_path / "run")
    pictures = []
    export_dataset(
        tmp_path / "run", tmp_path / "set", DatasetKind.YOLO_POSE, THREE_SIDES,
        write_picture=lambda frame, path: (pictures.append(frame.file_name), path.write_bytes(b"picture")),
    )  # fmt: skip
    data = yaml.safe_load((tmp_path / "set" / "data.yaml").read_text())
    assert data["kpt_shape"] == [17, 3]
    mirrored = [COCO_KEYPOINTS[index] for index in data["flip_idx"]]
    assert mirrored[:3] == ["nose", "right_eye", "left_eye"]
    assert [COCO_KEYPOINTS[data["flip_idx"][index]] for index in data["flip_idx"]] == list(COCO_KEYPOINTS)
    assert (data["train"], data["val"], data["test"]) == ("images/train", "images/val", "images/test")
    for picture in (tmp_path / "set" / "images").rglob("*.png"):
        below = picture.relative_to(tmp_path / "set" / "images")
        assert (tmp_path / "set" / "labels" / below).with_suffix(".txt").is_file()
    assert len(pictures) == 48


def test_a_frame_of_nobody_is_a_picture_without_labels(tmp_path):
    add_video(tmp_path / "run", "a", frames=3, missing=[1])
    export_dataset(tmp_path / "run", tmp_path / "set", DatasetKind.YOLO_POSE)
    sizes = [path.stat().st_size > 0 for path in sorted((tmp_path / "set").rglob("*.txt"))]
    assert sizes == [True, False, True]
    export_dataset(tmp_path / "run", tmp_path / "table", DatasetKind.PARQUET)
    assert pq.read_table(tmp_path / "table" / "dataset.parquet").column("person").to_pylist() == [0, None, 0]


def test_chosen_frames_alone(tmp_path):
    three_subjects(tmp_path / "run")
    summary = export_dataset(tmp_path / "run", tmp_path / "set", DatasetKind.JSONL, only={"a": [0, 7], "c": {2}})
    assert sum(summary.frames.values()) == 3


def test_what_a_segmenter_adds_is_in_the_data_set_but_not_in_reviewed_frames(tmp_path):
    add_video(tmp_path / "run", "a", frames=3)
    corrected = ReviewedPicture("a/frame_000001.png", (ReviewedPerson((1.0, 1.0, 9.0, 9.0), {}),))
    import_review([corrected], tmp_path / "run")
    masks = np.ones((1, 480, 640), bool)
    export_dataset(
        tmp_path / "run", tmp_path / "set", DatasetKind.COCO, ALL_TRAIN,
        annotate=lambda labels: with_masks(labels, masks),
    )  # fmt: skip
    coco = read_coco(tmp_path / "set" / "annotations" / "person_keypoints_train.json")
    assert [one["area"] for one in coco.loadAnns(coco.getAnnIds())] == [640 * 480, 81, 640 * 480]


def test_nothing_is_replaced_that_is_no_data_set(tmp_path):
    add_video(tmp_path / "run", "a", frames=2)
    out = tmp_path / "set"
    export_dataset(tmp_path / "run", out, DatasetKind.JSONL)
    with pytest.raises(OutputError, match="--overwrite"):
        export_dataset(tmp_path / "run", out, DatasetKind.COCO)
    export_dataset(tmp_path / "run", out, DatasetKind.COCO, overwrite=True)
    assert not (out / "dataset.jsonl").exists()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "draft.txt").write_text("years of work")
    with pytest.raises(OutputError, match="something else than a data set"):
        export_dataset(tmp_path / "run", tmp_path / "thesis", DatasetKind.COCO, overwrite=True)


def test_a_failure_leaves_nothing_behind(tmp_path):
    add_video(tmp_path / "run", "a", frames=2)

    def fails(frame, path):
        raise OutputError("cannot be written", where=str(path))

    with pytest.raises(OutputError, match=f"{tmp_path}/set/images"):
        export_dataset(tmp_path / "run", tmp_path / "set", DatasetKind.COCO, write_picture=fails)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_no_frame_left_is_an_error(tmp_path):
    add_video(tmp_path / "run", "a", frames=1, flags={0: ["dark"]})
    with pytest.raises(InputError, match="no frame is left"):
        export_dataset(tmp_path / "run", tmp_path / "set", DatasetKind.COCO)
