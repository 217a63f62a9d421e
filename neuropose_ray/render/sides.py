"""The side of the body that a joint or a bone belongs to, told by the joints' names alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from neuropose_ray.schemas.skeleton import Skeleton


class Side(IntEnum):
    """A side of the person, not of the picture."""

    LEFT = -1
    MIDDLE = 0
    RIGHT = 1


def joint_sides(skeleton: Skeleton) -> tuple[Side, ...]:
    """The side of every joint.

    A joint is on the left if its name, mirrored, is the name of another joint: ``left_knee`` and ``right_knee``,
    ``lkne`` and ``rkne``, ``knee_l`` and ``knee_r``. So neither a table for each skeleton is needed, nor does a
    name that merely starts with an l deceive.
    """
    names = [name.lower() for name in skeleton.joint_names]
    sides = dict.fromkeys(names, Side.MIDDLE)
    for name in names:
        for mirrored in _mirrored(name):
            if mirrored != name and mirrored in sides:
                sides[name], sides[mirrored] = Side.LEFT, Side.RIGHT
    return tuple(sides[name] for name in names)


def edge_sides(skeleton: Skeleton) -> tuple[Side, ...]:
    """The side of every edge: that of its ends, middle where they are on two sides."""
    sides = joint_sides(skeleton)
    return tuple(Side(max(-1, min(1, sides[start] + sides[end]))) for start, end in skeleton.edges)


def _mirrored(left_name: str) -> Iterator[str]:
    yield left_name.replace("left", "right")
    yield re.sub(r"^l", "r", left_name)
    yield re.sub(r"(?<=[_.])l$", "r", left_name)
