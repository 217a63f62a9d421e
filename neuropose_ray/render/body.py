"""A body as it is drawn in space: a ball on a neck for its head, and nothing that does not hang together with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.sides import Side, joint_sides
from neuropose_ray.schemas.skeleton import Skeleton

# Joints on the head, in the names of all skeletons, apart from the side.
_HEAD_NAMES = re.compile(r"(fore|front|back)?head.*|htop|nose|ear|(eye|mou|face|chin|jaw).*")
_SIDE_WORDS = re.compile(r"^(left|right)_?|_(left|right|l|r)$")
_TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
# Half the height of a head for the distance from the middle of the shoulders to its own (Drillis and Contini 1966:
# the head is 0.13 of the stature high, and its middle 0.117 above the shoulders); a child's is little larger.
_RADIUS_PER_NECK = 0.5
# Where that distance is not known, and the widest range that it may tell, mm.
_USUAL_RADIUS_MM, _SMALLEST_RADIUS_MM, _LARGEST_RADIUS_MM = 105.0, 60.0, 140.0


@dataclass(frozen=True, slots=True)
class Head:
    """The joints of a head.

    Attributes:
        joints: all that are on the head.
        middle: those whose mean is the middle of it.
        nose: the joint in front, None where the skeleton has none.
        shoulders: between which the neck begins, none where the skeleton lacks one of them.
    """

    joints: tuple[int, ...]
    middle: tuple[int, ...]
    nose: int | None
    shoulders: tuple[int, ...]


def head_joints(skeleton: Skeleton) -> tuple[int, ...]:
    """The joints on the head, told by their names."""
    sides = joint_sides(skeleton)
    names = [_SIDE_WORDS.sub("", name.lower()) for name in skeleton.joint_names]
    return tuple(
        joint
        for joint, (name, side) in enumerate(zip(names, sides, strict=True))
        if _HEAD_NAMES.fullmatch(name) or (side is not Side.MIDDLE and _HEAD_NAMES.fullmatch(name[1:]))  # "lear"
    )


def head_of(skeleton: Skeleton) -> Head | None:
    """The head of a skeleton; None where it has no joint on the head."""
    joints = head_joints(skeleton)
    if not joints:
        return None
    names = skeleton.joint_names
    # The ears are beside the middle of the head; eyes, mouth and nose are before it.
    ears = tuple(joint for joint in joints if "ear" in names[joint].lower())
    pair = ("left_shoulder", "right_shoulder")
    return Head(
        joints=joints,
        middle=ears if len(ears) == 2 else joints,
        nose=next((joint for joint in joints if names[joint].lower() == "nose"), None),
        shoulders=tuple(skeleton.index(name) for name in pair) if skeleton.has(*pair) else (),
    )


def head_radius_mm(positions: NDArray[np.floating], skeleton: Skeleton) -> float:
    """Half the height of a person's head, the same in all frames.

    Args:
        positions: ``(frames, joints, 3)`` mm, NaN where missing.
        skeleton: the positions'.
    """
    head = head_of(skeleton)
    if head is None or not head.shoulders:
        return _USUAL_RADIUS_MM
    middle, neck = (positions[:, list(joints)].mean(axis=1) for joints in (head.middle, head.shoulders))
    lengths = np.linalg.norm(middle - neck, axis=-1)
    known = lengths[np.isfinite(lengths)]
    if not len(known):
        return _USUAL_RADIUS_MM
    return float(np.clip(_RADIUS_PER_NECK * np.median(known), _SMALLEST_RADIUS_MM, _LARGEST_RADIUS_MM))


def trunk_joints(skeleton: Skeleton) -> tuple[int, ...]:
    """Hips and shoulders, on which all other parts of a body hang; none where the skeleton has none of them."""
    return tuple(skeleton.index(name) for name in _TRUNK if skeleton.has(name))


def body_edges(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """The edges of a skeleton but for those on its head, and to it."""
    on_head = set(head_joints(skeleton))
    return tuple(edge for edge in skeleton.edges if not on_head & set(edge))


def attached(known: NDArray[np.bool_], edges: Sequence[tuple[int, int]], trunk: Sequence[int]) -> NDArray[np.bool_]:
    """Which joints are known and reach the trunk over known joints: a hand without its elbow would float.

    Args:
        known: ``(joints,)``.
        edges: of the body.
        trunk: joints; where none of them is known, all known joints count as attached.

    Returns:
        ``(joints,)``.
    """
    reached = np.zeros_like(known)
    reached[list(trunk)] = known[list(trunk)]
    if not reached.any() or not edges:
        return known
    starts, ends = np.array(edges).T
    for _ in range(len(known)):
        before = reached.copy()
        np.logical_or.at(reached, ends, before[starts] & known[ends])
        np.logical_or.at(reached, starts, before[ends] & known[starts])
        if (reached == before).all():
            break
    return reached
