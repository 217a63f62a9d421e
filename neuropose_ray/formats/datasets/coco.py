"""COCO's annotation files of a data set, one for each side of the split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from neuropose_ray.formats.keypoints import COCO_EDGES, COCO_KEYPOINTS
from neuropose_ray.formats.records import write_lists
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel

_PERSON = 1


def write_coco_dataset(path: Path, frames: Iterable[FrameLabels], description: str) -> None:
    """Write images, annotations and the category person, atomically, for tools as pycocotools.

    ``file_name`` is the video's name and the picture's own. Keypoints have COCO's flag 0, 1 or 2. Beyond the standard
    an image has ``video``, ``frame_idx`` and ``timestamp_s``, an annotation ``score``, ``keypoint_scores`` and
    ``track_id``.

    Args:
        path: the file.
        frames: the labels; they are held in memory, since the format has all images before all annotations.
        description: of the data set.

    Raises:
        OutputError: the file system refuses.
    """
    held = list(frames)
    head = {
        "info": {"description": description, "version": "1.0"},
        "licenses": [],
        "categories": [
            {
                "id": _PERSON, "name": "person", "supercategory": "person", "keypoints": COCO_KEYPOINTS,
                "skeleton": COCO_EDGES,
            }
        ],
    }  # fmt: skip
    with atomic_write(path) as file:
        write_lists(file, head, {"images": _images(held), "annotations": _annotations(held)})


def _images(frames: Iterable[FrameLabels]) -> Iterator[dict[str, Any]]:
    for number, frame in enumerate(frames, 1):
        yield {
            "id": number, "width": frame.width, "height": frame.height, "file_name": frame.file_name,
            "video": frame.video, "frame_idx": frame.frame_idx, "timestamp_s": frame.timestamp_s,
        }  # fmt: skip


def _annotations(frames: Iterable[FrameLabels]) -> Iterator[dict[str, Any]]:
    number = 0
    for image, frame in enumerate(frames, 1):
        for person in frame.persons:
            number += 1
            yield {
                "id": number,
                "image_id": image,
                "category_id": _PERSON,
                "iscrowd": 0,
                "bbox": person.box,
                **_area_and_mask(person, frame),
                "keypoints": [value for keypoint in person.keypoints for value in keypoint],
                "num_keypoints": person.labelled_keypoints,
                "score": person.score,
                "keypoint_scores": person.keypoint_scores,
                "track_id": person.track_id,
            }


def _area_and_mask(person: PersonLabel, frame: FrameLabels) -> dict[str, Any]:
    """The area of the mask where there is one, else that of the box."""
    if person.mask is None:
        return {"area": round(person.box[2] * person.box[3], 4)}
    mask = {"size": [frame.height, frame.width], "counts": person.mask}
    return {"area": sum(person.mask[1::2]), "segmentation": mask}
