"""The layout of YOLO's pose models: a text file of labels for every picture, and data.yaml.

Below each side's ``images`` and ``labels`` lie folders of the videos; a label file has the name of its picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import yaml

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel

#: Digits of a share of the picture: a thousandth of a pixel in the largest videos.
_DECIMALS = 8


def image_path(side: Split, frame: FrameLabels) -> PurePosixPath:
    """Where the picture of a frame belongs in the data set."""
    return PurePosixPath("images", side.value, frame.file_name)


def label_path(side: Split, frame: FrameLabels) -> PurePosixPath:
    """Where the labels of a frame lie in the data set."""
    return PurePosixPath("labels", side.value, frame.file_name).with_suffix(".txt")


def write_frame(folder: Path, side: Split, frame: FrameLabels) -> None:
    """Write the labels of one frame; a picture that shows nobody has an empty file."""
    path = folder / label_path(side, frame)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(_line(person, frame) + "\n" for person in frame.persons), "utf-8")


def write_data_yaml(folder: Path, sides: Sequence[Split]) -> None:
    """Write data.yaml: where the pictures lie, and what the keypoints are.

    Training needs pictures for validation, so that without any those of training stand for them.
    """
    present = {side.value: f"images/{side.value}" for side in Split if side in sides}
    content: Mapping[str, object] = {
        "path": ".",
        "train": present.get("train", f"images/{sides[0].value}" if sides else "images/train"),
        "val": present.get("val") or present.get("train", "images/val"),
        **({"test": present["test"]} if "test" in present else {}),
        "kpt_shape": [len(COCO_KEYPOINTS), 3],
        "flip_idx": flip_indices(),
        "names": {0: "person"},
        "kpt_names": {0: list(COCO_KEYPOINTS)},
    }
    (folder / "data.yaml").write_text(yaml.safe_dump(content, sort_keys=False, default_flow_style=None), "utf-8")


def flip_indices() -> list[int]:
    """For every keypoint the one that it becomes in a mirrored picture."""
    sides = {"left_": "right_", "right_": "left_"}
    mirrored = [
        next((mate + name.removeprefix(side) for side, mate in sides.items() if name.startswith(side)), name)
        for name in COCO_KEYPOINTS
    ]
    return [COCO_KEYPOINTS.index(name) for name in mirrored]


def _line(person: PersonLabel, frame: FrameLabels) -> str:
    left, top, width, height = person.box
    numbers = [
        (left + width / 2) / frame.width, (top + height / 2) / frame.height, width / frame.width,
        height / frame.height,
    ]  # fmt: skip
    texts = ["0", *(_share(number) for number in numbers)]
    for x, y, flag in person.keypoints:
        texts += [_share(x / frame.width), _share(y / frame.height), str(flag)]
    return " ".join(texts)


def _share(number: float) -> str:
    return f"{number:.{_DECIMALS}f}".rstrip("0").rstrip(".") or "0"
