"""YOLO's files of labels; their numbers are tested on whole data sets."""

import yaml
from formats.datasets.labelled import frame, person

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.formats.datasets.yolo_pose import image_path, label_path, write_data_yaml, write_frame


def test_labels_lie_where_the_pictures_do(tmp_path):
    labels = frame(3, [person(1), person(2)])
    write_frame(tmp_path, Split.VAL, labels)
    text = (tmp_path / label_path(Split.VAL, labels)).read_text()
    assert [len(line.split()) for line in text.splitlines()] == [5 + 17 * 3] * 2
    assert str(image_path(Split.VAL, labels)) == "images/val/a/frame_000003.png"
    assert str(label_path(Split.VAL, labels)) == "labels/val/a/frame_000003.txt"


def test_training_pictures_stand_for_missing_ones_of_validation(tmp_path):
    write_data_yaml(tmp_path, [Split.TRAIN])
    data = yaml.safe_load((tmp_path / "data.yaml").read_text())
    assert (data["train"], data["val"], "test" in data) == ("images/train", "images/train", False)
