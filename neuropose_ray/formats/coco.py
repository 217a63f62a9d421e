"""COCO's annotation file for keypoints, with 17 points or with COCO-WholeBody's feet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.formats.keypoints import (
    COCO_EDGES,
    COCO_KEYPOINTS,
    WHOLEBODY_FEET,
    positions_of_keypoints,
    require_keypoints,
    scores_of_keypoints,
)
from neuropose_ray.formats.records import flat_triples, write_lists
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import PoseTable

PERSON_CATEGORY = 1

_BLOCK_FRAMES = 1024
#: COCO's flag of a keypoint that is given and in sight; 0 is one that is not given.
_VISIBLE = 2
_FACE_POINTS, _HAND_POINTS = 68, 21


def write_coco(path: Path, table: PoseTable, header: PredictionsHeader, *, feet: bool = False) -> None:
    """Write images, annotations and the category person, atomically.

    An image for every frame, its id the frame's index, and its time as ``timestamp_s``. ``file_name`` is the
    picture's own in a folder of pictures, else ``VIDEO/frame_000000.png`` as one would name extracted frames.

    An annotation for every person in it: ``keypoints`` x, y in px and 2 (0, 0, 0 for a missing one),
    ``num_keypoints``, ``bbox``, ``area`` of the box, ``score`` of the person, and beyond the standard
    ``keypoint_scores`` and ``track_id``, null where not known. A person without a box has the one around the
    keypoints. A video that shows nobody has no annotations.

    Args:
        path: the file.
        table: the poses; pixels of the upright frame.
        header: their description.
        feet: add COCO-WholeBody's fields. Toe and heel become big toe and heel; small toes, the 68 points of the
            face and the 21 of each hand are not known from body joints: all 0, and ``face_valid``,
            ``lefthand_valid`` and ``righthand_valid`` are false.

    Raises:
        InputError: the skeleton has none of the keypoints, or with ``feet`` none of the feet's.
        OutputError: the file system refuses.
    """
    require_keypoints(header.skeleton, COCO_KEYPOINTS, "COCO")
    if feet:
        require_keypoints(header.skeleton, WHOLEBODY_FEET, "COCO-WholeBody's feet")
    head = {
        "info": {"description": header.metadata.filename or "", "version": "1.0"},
        "licenses": [],
        "categories": [
            {
                "id": PERSON_CATEGORY,
                "name": "person",
                "supercategory": "person",
                "keypoints": COCO_KEYPOINTS,
                "skeleton": COCO_EDGES,
            }
        ],
    }
    lists = {"images": _images(table, header), "annotations": _annotations(table, header, feet=feet)}
    with atomic_write(path) as file:
        write_lists(file, head, lists)


def _images(table: PoseTable, header: PredictionsHeader) -> Iterator[dict[str, Any]]:
    metadata = header.metadata
    folder = Path(metadata.filename).stem if metadata.filename else "video"
    names: Sequence[str] = metadata.image_names
    if len(names) != table.frame_count:
        names = [f"{folder}/{frame_name(index)}.png" for index in range(table.frame_count)]
    for index, time_s in enumerate(table.timestamps_s.tolist()):
        yield {
            "id": index,
            "width": metadata.width,
            "height": metadata.height,
            "file_name": names[index],
            "timestamp_s": time_s,
        }


def _annotations(table: PoseTable, header: PredictionsHeader, *, feet: bool) -> Iterator[dict[str, Any]]:
    skeleton, number = header.skeleton, 0
    for first, block in frame_blocks(table, _BLOCK_FRAMES):
        poses = block.poses
        body = positions_of_keypoints(skeleton, poses.poses2d, COCO_KEYPOINTS)
        triples, known = _given(body)
        scores = np.round(scores_of_keypoints(skeleton, poses.joint_scores, COCO_KEYPOINTS), 4).tolist()
        boxes = np.round(_boxes(poses.boxes[:, :4].astype(np.float64), body), 3)
        persons = np.round(poses.boxes[:, 4].astype(np.float64), 4).tolist()
        foot = _given(positions_of_keypoints(skeleton, poses.poses2d, WHOLEBODY_FEET)) if feet else None
        for row in range(len(poses)):
            number += 1
            yield {
                "id": number,
                "image_id": first + int(poses.frame[row]),
                "category_id": PERSON_CATEGORY,
                "iscrowd": 0,
                "keypoints": triples[row],
                "num_keypoints": known[row],
                "keypoint_scores": scores[row],
                "bbox": boxes[row].tolist(),
                "area": round(float(boxes[row, 2] * boxes[row, 3]), 3),
                "score": persons[row],
                "track_id": None if block.track_ids is None else int(block.track_ids[row]),
            } | ({} if foot is None else _beyond_body(foot[0][row], foot[1][row]))


def _given(places: NDArray[np.float64]) -> tuple[list[list[Any]], list[int]]:
    """x, y and flag of each keypoint, and how many of them are given."""
    triples = flat_triples(places, np.full(places.shape[:2], float(_VISIBLE)))
    return triples, np.isfinite(places).all(-1).sum(-1).tolist()


def _beyond_body(foot_keypoints: list[Any], foot_count: int) -> dict[str, Any]:
    """COCO-WholeBody's fields besides those of the body."""
    return {
        "foot_kpts": foot_keypoints,
        "foot_valid": foot_count > 0,
        "face_kpts": [0.0] * 3 * _FACE_POINTS,
        "face_valid": False,
        "face_box": [0.0] * 4,
        **{f"{side}hand_kpts": [0.0] * 3 * _HAND_POINTS for side in ("left", "right")},
        **{f"{side}hand_valid": False for side in ("left", "right")},
        **{f"{side}hand_box": [0.0] * 4 for side in ("left", "right")},
    }


def _boxes(boxes: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Left, top, width, height ``(persons, 4)``; 0 where neither a box nor a keypoint is known."""
    known = np.isfinite(places).all(-1, keepdims=True)
    low = np.where(known, places, np.inf).min(1, initial=np.inf)
    high = np.where(known, places, -np.inf).max(1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        around = np.concatenate([low, high - low], -1)
    filled = np.where(np.isfinite(boxes).all(-1, keepdims=True), boxes, around)
    return np.where(np.isfinite(filled), filled, 0.0)
