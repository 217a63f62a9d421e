"""A hierarchy of bones of constant length, turned so that its joints point as measured ones do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint of the hierarchy.

    Attributes:
        name: of the joint.
        parent: the name of its parent, which stands before it; None for the root.
        point: the measured point that it stands on.
        direction: unit vector from its parent in the rest pose, or 0 where it stands on the parent.
        across: a pair of points that its own x axis runs along, from the first to the second; None for a joint that
            is turned by the shortest way, so that its child's direction is met.
    """

    name: str
    parent: str | None
    point: str
    direction: tuple[int, int, int]
    across: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PosedHierarchy:
    """Joints, their constant offsets, and how each is turned in every frame.

    Attributes:
        joints: parents first.
        offsets: ``(joints, 3)`` mm from the parent in the rest pose; 0 for the root.
        root: ``(frames, 3)`` mm, where the root is.
        rotations: ``(frames, joints, 3, 3)``, axes of the joint to axes of its parent.
    """

    joints: tuple[Joint, ...]
    offsets: Array
    root: Array
    rotations: Array

    def parent_index(self, index: int) -> int:
        """Where the parent of a joint stands among the joints; -1 for the root."""
        names = [joint.name for joint in self.joints]
        parent = self.joints[index].parent
        return -1 if parent is None else names.index(parent)

    def positions(self) -> Array:
        """Forward kinematics: where the joints are, ``(frames, joints, 3)`` mm."""
        places = np.empty((*self.rotations.shape[:2], 3))
        world = np.empty_like(self.rotations)
        for index in range(len(self.joints)):
            parent = self.parent_index(index)
            if parent < 0:
                places[:, index], world[:, index] = self.root, self.rotations[:, index]
                continue
            places[:, index] = places[:, parent] + world[:, parent] @ self.offsets[index]
            world[:, index] = world[:, parent] @ self.rotations[:, index]
        return places


def pose_hierarchy(joints: Sequence[Joint], points: Mapping[str, Array]) -> PosedHierarchy:
    """Turn a hierarchy frame by frame as the points lie.

    The offsets are the median distances of the points over the frames. A joint with ``across`` has its x axis along
    that pair and its y axis as near to up along the trunk (from "mid_hip" to "mid_shoulder") as that leaves. Every
    other joint with a child turns from its rest direction to the measured one by the shortest way, which adds no
    twist about the bone. So the direction of every bone is met exactly, and every position where the lengths of
    the bones do not change.

    Args:
        joints: parents first; the first is the root.
        points: names to ``(frames, 3)`` mm without NaN.
    """
    names = [joint.name for joint in joints]
    frames = len(points[joints[0].point])
    offsets, world = np.zeros((len(joints), 3)), np.tile(np.eye(3), (frames, len(joints), 1, 1))
    for index, joint in enumerate(joints[1:], 1):
        reach = points[joint.point] - points[joints[names.index(joint.parent or "")].point]
        offsets[index] = np.array(joint.direction) * np.median(np.linalg.norm(reach, axis=-1))
    local = world.copy()
    trunk = points["mid_shoulder"] - points["mid_hip"]
    for index, joint in enumerate(joints):
        parent = np.eye(3) if joint.parent is None else world[:, names.index(joint.parent)]
        child = next(
            (
                joint_below
                for joint_below in joints
                if joint_below.parent == joint.name and any(joint_below.direction)
            ),
            None,
        )
        if joint.across is not None:
            start, end = joint.across
            world[:, index] = _axes(points[end] - points[start], trunk)
        elif child is not None:
            reach = (parent.swapaxes(-1, -2) @ (points[child.point] - points[joint.point])[..., None])[..., 0]
            world[:, index] = parent @ shortest_turn(np.array(child.direction, np.float64), reach)
        else:
            world[:, index] = parent
        local[:, index] = parent.swapaxes(-1, -2) @ world[:, index]
    return PosedHierarchy(tuple(joints), offsets, points[joints[0].point], local)


def shortest_turn(start: Array, directions: Array) -> Array:
    """The smallest rotations that bring one direction to others (Rodrigues's formula).

    Args:
        start: ``(3,)`` unit vector.
        directions: ``(frames, 3)`` of any length; one of length 0 counts as ``start``.

    Returns:
        ``(frames, 3, 3)``.
    """
    units = _units(directions, start)
    cosine: Array = units @ start
    # Opposite directions have no shortest way: half a turn about any axis across the first.
    across = np.cross(start, np.eye(3)[np.abs(start).argmin()])
    across /= np.linalg.norm(across)
    half_turn = 2 * np.outer(across, across) - np.eye(3)
    opposite = cosine < -1 + 1e-9
    x, y, z = np.cross(start, units).T
    zero = np.zeros_like(x)
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(-1, 3, 3)
    turns = np.eye(3) + skew + skew @ skew / np.where(opposite, 1.0, 1 + cosine)[:, None, None]
    return np.where(opposite[:, None, None], half_turn, turns)


def zxy_degrees(rotations: Array) -> Array:
    """Angles z, x, y in degrees with R = Rz(z) Rx(x) Ry(y), ``(..., 3)``; x is in -90 to 90.

    Where x is 90 or -90 degrees, z and y turn about the same axis, and y is 0.
    """
    level = np.hypot(rotations[..., 0, 1], rotations[..., 1, 1])
    locked = level < 1e-9
    z = np.where(
        locked,
        np.arctan2(rotations[..., 1, 0], rotations[..., 0, 0]),
        np.arctan2(-rotations[..., 0, 1], rotations[..., 1, 1]),
    )
    x = np.arctan2(rotations[..., 2, 1], level)
    y = np.where(locked, 0.0, np.arctan2(-rotations[..., 2, 0], rotations[..., 2, 2]))
    degrees: Array = np.degrees(np.stack([z, x, y], -1))
    return degrees


def _axes(x: Array, up: Array) -> Array:
    """Right-handed axes as columns ``(frames, 3, 3)``: the first along ``x``, the second towards ``up``."""
    first = _units(x, np.array([1.0, 0, 0]))
    third = np.cross(first, up)
    flat = np.linalg.norm(third, axis=-1) < 1e-9
    # A trunk along the hips leaves the turn about them open.
    spare = np.cross(first, np.eye(3)[np.abs(first).argmin(-1)])
    third = _units(np.where(flat[:, None], spare, third), np.array([0, 0, 1.0]))
    return np.stack([first, np.cross(third, first), third], -1)


def _units(vectors: Array, instead: Array) -> Array:
    """Vectors of length 1; ``instead`` for one of length 0."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    units: Array = np.where(lengths < 1e-9, instead, vectors / np.where(lengths < 1e-9, 1.0, lengths))
    return units
