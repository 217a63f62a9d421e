"""The way of labels to reviewers and back into a data set."""

import json

import pytest
from formats.datasets.runs import add_video

from neuropose_ray.formats.datasets.cvat import read_cvat
from neuropose_ray.formats.datasets.kinds import DatasetKind, DatasetSettings
from neuropose_ray.formats.datasets.label_studio import read_label_studio
from neuropose_ray.formats.datasets.reviewed import ReviewedPerson, ReviewedPicture, import_review
from neuropose_ray.formats.datasets.writing import export_dataset
from neuropose_ray.schemas.labels import LABELS_FILE, read_labels
from neuropose_ray.schemas.parquet_files import read_predictions

ALL = DatasetSettings(excluded=frozenset())


@pytest.fixture
def run(tmp_path):
    add_video(tmp_path / "run", "a", frames=6, pictures=True)
    add_video(tmp_path / "run", "b", frames=4, persons=2)
    return tmp_path / "run"


def accepted(folder):
    tasks = json.loads((folder / "tasks.json").read_text())
    for task in tasks:
        task["annotations"] = [task["predictions"][0]]
    (folder / "export.json").write_text(json.dumps(tasks))
    return read_label_studio(folder / "export.json")


@pytest.mark.parametrize("kind", [DatasetKind.LABEL_STUDIO, DatasetKind.CVAT])
def test_what_a_reviewer_accepts_is_in_the_next_data_set(tmp_path, run, kind):
    export_dataset(run, tmp_path / "queue", kind, ALL, only={"a": {1, 4}, "b": {0}})
    cvat = kind is DatasetKind.CVAT
    summary = import_review(
        read_cvat(tmp_path / "queue" / "annotations.xml") if cvat else accepted(tmp_path / "queue"), run
    )
    assert (summary.pictures, summary.unknown) == ({"a": 2, "b": 1}, ())
    export_dataset(run, tmp_path / "set", DatasetKind.JSONL)
    frames = [json.loads(line) for line in (tmp_path / "set" / "dataset.jsonl").read_text().splitlines()]
    assert [(f["video"], f["frame_idx"]) for f in frames if f["reviewed"]] == [("a", 1), ("a", 4), ("b", 0)]
    assert [f["file_name"] for f in frames if f["video"] == "a"] == [f"a/image_{2 * n}.png" for n in range(6)]
    assert all(len(f["persons"]) == (1 if f["video"] == "a" else 2) for f in frames)


def test_a_second_review_keeps_what_the_first_one_did(run):
    import_review([ReviewedPicture("a/image_2.png", ()), ReviewedPicture("a/image_0.png", ())], run)
    import_review([ReviewedPicture("a/image_8.png", ())], run)
    assert [frame.frame_idx for frame in read_labels(run / "a" / LABELS_FILE)] == [0, 1, 4]


def test_pictures_of_another_run_are_named_and_change_nothing(run):
    summary = import_review([ReviewedPicture("../../etc/passwd", ()), ReviewedPicture("c/image_0.png", ())], run)
    assert summary.unknown == ("../../etc/passwd", "c/image_0.png")
    assert not list(run.glob(f"*/{LABELS_FILE}"))


def test_labels_are_in_the_videos_pixels_and_within_its_picture(run):
    info = read_predictions(run / "a" / "predictions.parquet")[1].metadata
    half = (info.width / 2, info.height / 2)
    points = {"nose": (10.0, 20.0, 2), "left_eye": (-5.0, 20.0, 1)}
    inside = ReviewedPerson((-10.0, 5.0, 40.0, info.height), points)
    beyond = ReviewedPerson((info.width, 5.0, 40.0, 10.0), {})
    import_review([ReviewedPicture("a/image_0.png", (inside, beyond), half)], run)
    (frame,) = read_labels(run / "a" / LABELS_FILE)
    (person,) = frame.persons
    assert person.box == (0.0, 10.0, 60.0, info.height - 10.0)
    assert person.keypoints[:2] == ((20.0, 40.0, 2), (0.0, 0.0, 0))


def test_the_folder_of_one_video_is_enough(run):
    import_review([ReviewedPicture("a/image_2.png", ())], run / "a")
    assert (run / "a" / LABELS_FILE).is_file()
