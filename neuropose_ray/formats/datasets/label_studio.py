"""Tasks for Label Studio with the labels as predictions to start from, and the corrected labels on their way back.

Label Studio states coordinates in percent of the picture and knows neither skeletons nor visibility: a keypoint
points to its person's rectangle, and one that is hidden has a label of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import quoteattr

from neuropose_ray.errors import FileFormatError
from neuropose_ray.formats.datasets.reviewed import ReviewedPerson, ReviewedPicture, person_of_points
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.formats.records import write_list
from neuropose_ray.schemas.atomic import atomic_write, atomic_write_bytes
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel

#: Where Label Studio serves the files of a local folder from; the picture's path below the folder follows.
LOCAL_FILES = "/data/local-files/?d="
_HIDDEN = " (hidden)"
#: The kinds of regions that are labels of people.
_KINDS = frozenset({"rectanglelabels", "keypointlabels"})
_LABELS = [name + suffix for name in COCO_KEYPOINTS for suffix in ("", _HIDDEN)]


def write_label_studio(
    path: Path, frames: Iterable[FrameLabels], model: str, images: str = f"{LOCAL_FILES}images/"
) -> None:
    """Write the tasks, atomically, and ``config.xml``, the labelling interface, beside them.

    Args:
        path: the file.
        frames: the labels; a task's score is that of its least certain person.
        model: what made them.
        images: what comes before each picture's name in its address, in which the name is quoted.

    Raises:
        OutputError: the file system refuses.
    """
    with atomic_write(path) as file:
        write_list(file, (_task(frame, model, images) for frame in frames))
    atomic_write_bytes(path.with_name("config.xml"), _config().encode())


def read_label_studio(path: Path) -> Iterator[ReviewedPicture]:
    """The pictures of an export in Label Studio's JSON that somebody has annotated, by their latest annotation.

    Raises:
        FileFormatError: it is another file.
    """
    try:
        tasks = parsed_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise FileFormatError(f"cannot be read as JSON: {error}", where=str(path)) from error
    if not isinstance(tasks, list):
        raise FileFormatError("not an export of Label Studio: no list of tasks", where=str(path), hint="export JSON")
    for number, task in enumerate(tasks, 1):
        try:
            done = [entry for entry in task.get("annotations", []) if not entry.get("was_cancelled")]
            if done:
                latest = max(done, key=lambda entry: str(entry.get("updated_at", "")))
                persons = tuple(_persons(latest["result"]))
                yield ReviewedPicture(str(task["data"]["file_name"]), persons, _size(latest["result"]))
        except (AttributeError, LookupError, TypeError, ValueError, OverflowError) as error:
            what = f"task {number} is not one of Label Studio with the data of its export ({error!r})"
            raise FileFormatError(what, where=str(path)) from error


def _task(frame: FrameLabels, model: str, images: str) -> Mapping[str, Any]:
    scores = [person.score for person in frame.persons if person.score is not None]
    result = [item for number, person in enumerate(frame.persons) for item in _regions(f"p{number}", person, frame)]
    return {
        "data": {
            "image": images + quote(frame.file_name), "file_name": frame.file_name, "video": frame.video,
            "frame_idx": frame.frame_idx, "timestamp_s": frame.timestamp_s,
        },
        "predictions": [{"model_version": model, "score": min(scores, default=0.0), "result": result}],
    }  # fmt: skip


def _regions(name: str, person: PersonLabel, frame: FrameLabels) -> Iterator[Mapping[str, Any]]:
    common = {"to_name": "image", "original_width": frame.width, "original_height": frame.height, "image_rotation": 0}
    across, down = 100 / frame.width, 100 / frame.height
    left, top, width, height = person.box
    yield common | {
        "id": name, "type": "rectanglelabels", "from_name": "person",
        "value": {
            "x": left * across, "y": top * down, "width": width * across, "height": height * down, "rotation": 0,
            "rectanglelabels": ["person"],
        },
    }  # fmt: skip
    for joint, (x, y, flag) in zip(COCO_KEYPOINTS, person.keypoints, strict=True):
        if flag:
            label = joint if flag == 2 else joint + _HIDDEN
            yield common | {
                "id": f"{name}_{joint}", "type": "keypointlabels", "from_name": "keypoints", "parentID": name,
                "value": {"x": x * across, "y": y * down, "width": 0.4, "keypointlabels": [label]},
            }  # fmt: skip


def _persons(result: Sequence[Mapping[str, Any]]) -> Iterator[ReviewedPerson]:
    """The rectangles with their keypoints; a keypoint without a rectangle belongs to the smallest around it."""
    boxes = {item["id"]: _rectangle(item) for item in result if item["type"] == "rectanglelabels"}
    points: dict[str, dict[str, tuple[float, float, int]]] = {name: {} for name in boxes}
    free: dict[str, tuple[float, float, int]] = {}
    for item in result:
        if item["type"] == "keypointlabels":
            joint, point = _point(item)
            owner = item.get("parentID")
            if owner not in boxes:
                owner = _around(point, boxes)
            (free if owner is None else points[owner])[joint] = point
    for name, box in boxes.items():
        yield ReviewedPerson(box, points[name])
    if free:
        yield person_of_points(free)


def _size(result: Sequence[Mapping[str, Any]]) -> tuple[float, float] | None:
    """Width and height of the picture that the reviewer saw."""
    sizes = ((item["original_width"], item["original_height"]) for item in result if item["type"] in _KINDS)
    return next(((float(width), float(height)) for width, height in sizes), None)


def _around(point: tuple[float, float, int], boxes: Mapping[str, tuple[float, float, float, float]]) -> str | None:
    around = [
        name
        for name, (left, top, width, height) in boxes.items()
        if left <= point[0] <= left + width and top <= point[1] <= top + height
    ]
    return min(around, key=lambda name: boxes[name][2] * boxes[name][3], default=None)


def _rectangle(item: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Left, top, width and height of what a rectangle covers, which Label Studio may have turned about its corner."""
    value, across, down = item["value"], item["original_width"] / 100, item["original_height"] / 100
    width, height = value["width"] * across, value["height"] * down
    angle = math.radians(value.get("rotation") or 0)
    cosine, sine = round(math.cos(angle), 12), round(math.sin(angle), 12)
    xs = (0.0, width * cosine, -height * sine, width * cosine - height * sine)
    ys = (0.0, width * sine, height * cosine, width * sine + height * cosine)
    left, top = value["x"] * across + min(xs), value["y"] * down + min(ys)
    return left, top, max(xs) - min(xs), max(ys) - min(ys)


def _point(item: Mapping[str, Any]) -> tuple[str, tuple[float, float, int]]:
    value, label = item["value"], item["value"]["keypointlabels"][0]
    joint = label.removesuffix(_HIDDEN)
    if joint not in COCO_KEYPOINTS:
        raise ValueError(f"unknown keypoint {label!r}")
    x, y = value["x"] * item["original_width"] / 100, value["y"] * item["original_height"] / 100
    return joint, (x, y, 1 if label.endswith(_HIDDEN) else 2)


def _config() -> str:
    labels = "\n".join(f"    <Label value={quoteattr(label)}/>" for label in _LABELS)
    return f"""<View>
  <Image name="image" value="$image" zoom="true"/>
  <RectangleLabels name="person" toName="image">
    <Label value="person"/>
  </RectangleLabels>
  <KeyPointLabels name="keypoints" toName="image" opacity="0.9">
{labels}
  </KeyPointLabels>
</View>
"""
