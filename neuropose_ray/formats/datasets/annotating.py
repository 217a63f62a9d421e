"""What detectors and segmenters add to labels: boxes of people whom the pose model missed, and masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.labels import KEYPOINTS, FrameLabels, PersonLabel

#: Boxes that overlap more are those of the same person: the usual value of a match.
_SAME_PERSON = 0.5
_NO_KEYPOINTS = ((0.0, 0.0, 0),) * KEYPOINTS


def with_detections(
    labels: FrameLabels, boxes: NDArray[np.floating], scores: NDArray[np.floating], min_score: float
) -> FrameLabels:
    """The labels with the people whom a detector found besides, who have a box and no keypoints.

    Args:
        labels: of one frame.
        boxes: ``(people, 4)`` left, top, width, height in pixels of it.
        scores: ``(people,)`` in 0..1.
        min_score: detections below it are left out.
    """
    known = np.array([person.box for person in labels.persons], np.float64).reshape(-1, 4)
    added = []
    for box, score in zip(np.asarray(boxes, np.float64), np.asarray(scores, np.float64).tolist(), strict=True):
        if score >= min_score and not (_overlaps(box, known) > _SAME_PERSON).any():
            left, top, width, height = np.round(box, 4).tolist()
            added.append(PersonLabel(box=(left, top, width, height), keypoints=_NO_KEYPOINTS, score=round(score, 4)))
    return labels.model_copy(update={"persons": (*labels.persons, *added)})


def with_masks(labels: FrameLabels, masks: NDArray[np.bool_]) -> FrameLabels:
    """The labels with the pixels of each person.

    Args:
        labels: of one frame.
        masks: ``(people, height, width)`` in the order of its people; an empty mask is none.
    """
    persons = [
        person.model_copy(update={"mask": run_lengths(mask) if mask.any() else None})
        for person, mask in zip(labels.persons, masks, strict=True)
    ]
    return labels.model_copy(update={"persons": tuple(persons)})


def run_lengths(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """COCO's run lengths of ``(height, width)``: down the columns, the first of pixels outside, which may be 0."""
    pixels = mask.ravel(order="F")
    edges = np.flatnonzero(np.diff(pixels)) + 1
    lengths: list[int] = np.diff([0, *edges.tolist(), len(pixels)]).tolist()
    return (0, *lengths) if len(pixels) and pixels[0] else tuple(lengths)


def mask_of(lengths: Sequence[int], height: int, width: int) -> NDArray[np.bool_]:
    """The mask ``(height, width)`` of run lengths."""
    inside = np.arange(len(lengths)) % 2 == 1
    return np.repeat(inside, lengths).reshape((height, width), order="F")


def _overlaps(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union with each of the others."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    union = box[2:].prod() + boxes[:, 2:].prod(1) - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))
