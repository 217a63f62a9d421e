"""CVAT's XML of pictures: people as skeletons, which keep visibility as its COCO format does not, and back.

A point is ``outside`` where it is not labelled and ``occluded`` where it is hidden. The box of a person is a shape of
its own, in one group with the skeleton.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from neuropose_ray.errors import FileFormatError, InputError, first_line
from neuropose_ray.formats.datasets.reviewed import Point, ReviewedPerson, ReviewedPicture, person_of_points
from neuropose_ray.formats.keypoints import COCO_EDGES, COCO_KEYPOINTS
from neuropose_ray.schemas.archive_damage import ARCHIVE_DAMAGE
from neuropose_ray.schemas.atomic import atomic_write, atomic_write_bytes
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel

_SKELETON, _BOX = "person", "person_box"
#: The annotations in a zip of CVAT, and the bytes of them that are read at the most.
_ZIPPED, _MOST_BYTES = "annotations.xml", 512 << 20
#: Characters that no XML file may have, however they are written.
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
#: What the parser raises; the last two for encodings that it does not know.
_XML_ERRORS = (ET.ParseError, LookupError, ValueError)


def write_cvat(path: Path, frames: Iterable[FrameLabels]) -> None:
    """Write the annotations, atomically, and ``labels.json``, the labels of a task for them, beside them.

    Raises:
        InputError: XML cannot hold the name of a picture.
        OutputError: the file system refuses.
    """
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    for number, frame in enumerate(frames):
        if _NOT_IN_XML.search(frame.file_name):
            hint = "rename the picture, or take label-studio"
            raise InputError("XML cannot hold this name of a picture", where=repr(frame.file_name), hint=hint)
        size = {"width": str(frame.width), "height": str(frame.height)}
        image = ET.SubElement(root, "image", {"id": str(number), "name": frame.file_name, **size})
        for group, person in enumerate(frame.persons, 1):
            _add(image, person, str(group))
    ET.indent(root)
    with atomic_write(path) as file:
        ET.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)
    atomic_write_bytes(path.with_name("labels.json"), (json.dumps(_labels(), indent=1) + "\n").encode())


def read_cvat(path: Path) -> Iterator[ReviewedPicture]:
    """The pictures of an export in "CVAT for images 1.1", an XML file or the zip around it.

    Raises:
        FileFormatError: it is another file, damaged or too large.
    """
    try:
        root = _zipped(path) if zipfile.is_zipfile(path) else ET.parse(path).getroot()
    except (OSError, *_XML_ERRORS) as error:
        raise FileFormatError(f"cannot be read as XML: {error}", where=str(path)) from error
    if root.tag != "annotations":
        raise FileFormatError("not CVAT's annotations", where=str(path), hint='export "CVAT for images 1.1"')
    for image in root.iter("image"):
        try:
            size = (float(image.attrib["width"]), float(image.attrib["height"])) if "width" in image.attrib else None
            yield ReviewedPicture(image.attrib["name"], tuple(_persons(image)), size)
        except (KeyError, ValueError) as error:
            where = f"{path}, image {image.get('name', image.get('id'))}"
            raise FileFormatError(f"a shape is not one of CVAT ({error!r})", where=where) from error


def _zipped(path: Path) -> ET.Element:
    """The root of the annotations in a zip, which may hold the pictures too."""
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(_ZIPPED)
            if entry.file_size > _MOST_BYTES:  # of which no more is unpacked
                what = f"its {_ZIPPED} has {entry.file_size / 1e6:.0f} MB, more than {_MOST_BYTES / 1e6:.0f}"
                raise FileFormatError(what, where=str(path))
            with archive.open(entry) as file:
                return ET.parse(file).getroot()
    except KeyError as error:
        hint = 'export "CVAT for images 1.1"'
        raise FileFormatError(f"there is no {_ZIPPED} in it", where=str(path), hint=hint) from error
    except ARCHIVE_DAMAGE as error:
        raise FileFormatError(f"the archive cannot be read ({first_line(error)})", where=str(path)) from error


def _add(image: ET.Element, person: PersonLabel, group: str) -> None:
    common = {"source": "auto", "z_order": "0", "group_id": group}
    left, top, width, height = person.box
    corners = {"xtl": left, "ytl": top, "xbr": left + width, "ybr": top + height}
    edges = {name: f"{value:.4f}" for name, value in corners.items()}
    ET.SubElement(image, "box", {"label": _BOX, "occluded": "0", **edges, **common})
    skeleton = ET.SubElement(image, "skeleton", {"label": _SKELETON, **common})
    for joint, (x, y, flag) in zip(COCO_KEYPOINTS, person.keypoints, strict=True):
        state = {"outside": str(int(flag == 0)), "occluded": str(int(flag == 1))}
        ET.SubElement(skeleton, "points", {"label": joint, "points": f"{x:.4f},{y:.4f}", "source": "auto", **state})


def _persons(image: ET.Element) -> Iterator[ReviewedPerson]:
    boxes: dict[str, tuple[float, float, float, float]] = {}
    for shape in image.iter("box"):
        left, top, right, bottom = (float(shape.attrib[edge]) for edge in ("xtl", "ytl", "xbr", "ybr"))
        group = shape.get("group_id") or ""
        # Reviewers may put several people into one group: the skeleton of it belongs to the first box.
        name = group if group not in ("", *boxes) else f"free {len(boxes)}"
        boxes[name] = left, top, right - left, bottom - top
    for skeleton in image.iter("skeleton"):
        points = dict(_points(skeleton))
        box = boxes.pop(skeleton.get("group_id") or "", None)
        if box is not None:
            yield ReviewedPerson(box, points)
        elif points:
            yield person_of_points(points)
    for box in boxes.values():
        yield ReviewedPerson(box, {})


def _points(skeleton: ET.Element) -> Iterator[tuple[str, Point]]:
    for point in skeleton.iter("points"):
        joint = point.attrib["label"]
        if joint not in COCO_KEYPOINTS:
            raise ValueError(f"unknown keypoint {joint!r}")
        if point.get("outside") != "1":
            x, y = map(float, point.attrib["points"].split(","))
            yield joint, (x, y, 1 if point.get("occluded") == "1" else 2)


def _labels() -> list[dict[str, object]]:
    """The raw labels of a task: a skeleton, drawn as somebody who faces the camera, and a box."""
    at = {joint: _DRAWN[joint] for joint in COCO_KEYPOINTS}
    lines = [
        f'<line x1="{at[a][0]}" y1="{at[a][1]}" x2="{at[b][0]}" y2="{at[b][1]}" data-type="edge" '
        f'data-node-from="{COCO_KEYPOINTS.index(a) + 1}" data-node-to="{COCO_KEYPOINTS.index(b) + 1}"></line>'
        for a, b in ((COCO_KEYPOINTS[first - 1], COCO_KEYPOINTS[second - 1]) for first, second in COCO_EDGES)
    ]
    nodes = [
        f'<circle r="1" cx="{x}" cy="{y}" data-type="element node" data-element-id="{number}" '
        f'data-node-id="{number}" data-label-name="{joint}"></circle>'
        for number, (joint, (x, y)) in enumerate(at.items(), 1)
    ]
    sublabels = [{"name": joint, "type": "points", "attributes": []} for joint in COCO_KEYPOINTS]
    drawing = "".join([*lines, *nodes])
    skeleton: dict[str, object] = {"name": _SKELETON, "type": "skeleton", "attributes": [], "sublabels": sublabels}
    return [skeleton | {"svg": drawing}, {"name": _BOX, "type": "rectangle", "attributes": []}]


#: Percent of the drawing's side; the person's left is on the right.
_DRAWN = {
    "nose": (50, 12), "left_eye": (53, 9), "right_eye": (47, 9), "left_ear": (57, 10), "right_ear": (43, 10),
    "left_shoulder": (62, 25), "right_shoulder": (38, 25), "left_elbow": (68, 40), "right_elbow": (32, 40),
    "left_wrist": (71, 54), "right_wrist": (29, 54), "left_hip": (57, 53), "right_hip": (43, 53),
    "left_knee": (58, 72), "right_knee": (42, 72), "left_ankle": (59, 91), "right_ankle": (41, 91),
}  # fmt: skip
