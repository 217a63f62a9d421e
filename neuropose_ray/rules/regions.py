"""Parts of a picture, by a person's joints: the head, the hands, the whole body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.rules.observation import PersonView
from neuropose_ray.schemas.actions import Region, RegionPart
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.skeleton import Skeleton

Box = NDArray[np.float64]
#: Parts of names of joints that belong to a head, in any skeleton.
_HEAD_WORDS: Final = ("nose", "eye", "ear", "head", "mouth")
_SIDES: Final = ("left", "right")
#: The joints of each part, and by which share of the person's height it reaches beyond them: a hand beyond the wrist.
_PARTS: Mapping[RegionPart, tuple[tuple[str, ...], float]] = ReadOnlyMapping(
    {
        "head": ((), 0.06),
        "trunk": (tuple(f"{side}_{joint}" for side in _SIDES for joint in ("shoulder", "hip")), 0.03),
        "hands": (tuple(f"{side}_wrist" for side in _SIDES), 0.06),
        "feet": (tuple(f"{side}_{joint}" for side in _SIDES for joint in ("ankle", "heel", "toe")), 0.03),
    }
)


def crop(image: Frame, person: PersonView | None, region: Region, skeleton: Skeleton) -> Frame | None:
    """A part of the picture.

    Args:
        image: ``(height, width, 3)``.
        person: whose part; None: the frame alone can be had.
        region: which part, and how much around it.
        skeleton: of the person's joints.

    Returns:
        A copy; None where the part is not seen.
    """
    if region.part == "frame":
        return image.copy()
    box = None if person is None else _box_of(region.part, person, skeleton)
    if box is None or not np.isfinite(box).all():
        return None
    left, top, right, bottom = box
    margin = region.margin * np.array([right - left, bottom - top])
    height, width = image.shape[:2]
    low = np.floor(np.clip(box[:2] - margin, 0, (width, height))).astype(int)
    high = np.ceil(np.clip(box[2:] + margin, 0, (width, height))).astype(int)
    if (high - low).min() < 1:
        return None
    return image[low[1] : high[1], low[0] : high[0]].copy()


def _box_of(part: RegionPart, person: PersonView, skeleton: Skeleton) -> Box | None:
    if part == "person":
        left, top, width, height = person.box
        return np.array([left, top, left + width, top + height])
    names, share = _PARTS[part]
    if part == "head":
        names = tuple(name for name in skeleton.joint_names if any(word in name.lower() for word in _HEAD_WORDS))
    return _around(person, [skeleton.index(name) for name in names if skeleton.has(name)], share)


def _around(person: PersonView, joints: list[int], share: float) -> Box | None:
    """Left, top, right, bottom about joints, and a share of the person's height beyond them."""
    points = person.pixels[joints]
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        return None
    beyond = share * max(person.box[3], 1.0)
    return np.concatenate([points.min(0) - beyond, points.max(0) + beyond])
