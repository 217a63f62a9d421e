"""BVH, the motion file of animation programs: a hierarchy with constant offsets, and rotations for every frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.formats.bvh_pose import Joint, PosedHierarchy, pose_hierarchy, zxy_degrees
from neuropose_ray.formats.keypoints import joint_of
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.skeleton import Skeleton

#: BVH names no unit; centimetres are what animation programs commonly take.
_CENTIMETRES = 0.1

_UP, _DOWN, _LEFT, _RIGHT, _FORWARD, _HERE = (
    (0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0), (0, 0, 1), (0, 0, 0),
)  # fmt: skip

_LIMBS = tuple(
    f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
)

#: Points that are the middle of two joints.
_MIDDLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mid_hip": ("right_hip", "left_hip"),
        "mid_shoulder": ("right_shoulder", "left_shoulder"),
        "mid_ear": ("right_ear", "left_ear"),
    }
)


@dataclass(frozen=True, slots=True)
class BvhSummary:
    """What the hierarchy could not take over from the poses.

    Attributes:
        held_frames: frames in which a joint was missing, and which repeat the last whole one before them (the first
            after them at the beginning).
        median_error_mm, largest_error_mm: distance of the hierarchy's joints from the measured ones, over joints
            and frames that were not held; 0 where bones keep their lengths.
    """

    held_frames: int
    median_error_mm: float
    largest_error_mm: float


def write_bvh(path: Path, skeleton: Skeleton, rate_hz: float, positions: NDArray[np.float64]) -> BvhSummary:
    """Write one person's motion, atomically.

    In the rest pose the person stands in a T looking along z, left is x, up is y; lengths are the medians over the
    frames, in cm, with 5 decimals. The root is the middle of the hips; its place is where it was, in the axes of
    ``positions``. Each joint turns by z, x, y in this order, in degrees with 6 decimals, without jumps by 360
    degrees. Hips, spine, chest, arms, legs; feet where the skeleton has toes, a head where it has ears.

    Args:
        path: the file.
        skeleton: the joints of ``positions``; hips, knees, ankles, shoulders, elbows and wrists are needed.
        rate_hz: frames per second.
        positions: ``(frames, joints, 3)`` mm, y up; NaN where missing.

    Raises:
        InputError: the skeleton lacks a limb joint, or there is no frame in which all joints are known.
        OutputError: the file system refuses.
    """
    missing = [name for name in _LIMBS if not skeleton.has(name)]
    if missing:
        raise InputError(
            f"the skeleton {skeleton.name} has no {', '.join(missing)}", where=str(path), hint="BVH needs all limbs"
        )
    joints = _hierarchy(skeleton)
    points = {joint.point: _point(skeleton, positions, joint.point) for joint in joints}
    is_complete = np.all([np.isfinite(values).all(-1) for values in points.values()], axis=0)
    if not is_complete.any():
        raise InputError("there is no frame in which all joints are known", where=str(path))
    complete_points = {name: values[is_complete] for name, values in points.items()}
    posed = pose_hierarchy(joints, complete_points)
    measured = np.stack([complete_points[joint.point] for joint in joints], 1)
    errors = np.linalg.norm(posed.positions() - measured, axis=-1)
    held = np.maximum(np.cumsum(is_complete) - 1, 0)
    lines = ["HIERARCHY", *_joint_lines(posed, 0, 0), "MOTION", f"Frames: {len(is_complete)}"]
    lines += [f"Frame Time: {1 / rate_hz:.10f}", *_motion_lines(posed, held)]
    with atomic_write(path) as file:
        file.write(("\n".join(lines) + "\n").encode())
    return BvhSummary(int((~is_complete).sum()), float(np.median(errors)), float(errors.max()))


def _hierarchy(skeleton: Skeleton) -> tuple[Joint, ...]:
    joints = [
        Joint("hips", None, "mid_hip", _HERE, across=("right_hip", "left_hip")),
        Joint("spine", "hips", "mid_hip", _HERE),
        Joint("chest", "spine", "mid_shoulder", _UP, across=("right_shoulder", "left_shoulder")),
    ]
    if joint_of(skeleton, "left_ear") is not None and joint_of(skeleton, "right_ear") is not None:
        joints += [Joint("neck", "chest", "mid_shoulder", _HERE), Joint("head", "neck", "mid_ear", _UP)]
    for side, outwards in (("left", _LEFT), ("right", _RIGHT)):
        chain = [("shoulder", "chest", outwards), ("elbow", "shoulder", outwards), ("wrist", "elbow", outwards)]
        chain += [("hip", "hips", outwards), ("knee", "hip", _DOWN), ("ankle", "knee", _DOWN)]
        if skeleton.has(f"{side}_toe"):
            chain.append(("toe", "ankle", _FORWARD))
        for part, parent, direction in chain:
            above = parent if parent in ("chest", "hips") else f"{side}_{parent}"
            joints.append(Joint(f"{side}_{part}", above, f"{side}_{part}", direction))
    return tuple(joints)


def _point(skeleton: Skeleton, positions: NDArray[np.float64], point: str) -> NDArray[np.float64]:
    joints = [joint_of(skeleton, name) for name in _MIDDLES.get(point, (point,))]
    middle: NDArray[np.float64] = positions[:, [joint for joint in joints if joint is not None]].mean(1)
    return middle


def _children(posed: PosedHierarchy, index: int) -> list[int]:
    return [candidate for candidate in range(len(posed.joints)) if posed.parent_index(candidate) == index]


def _joint_lines(posed: PosedHierarchy, index: int, depth: int) -> list[str]:
    """The joint and all below it; the last joint of a limb is the end site of the one before."""
    indent, children = "  " * depth, _children(posed, index)
    offset = " ".join(f"{value:.5f}" for value in posed.offsets[index] * _CENTIMETRES)
    if not children:
        return [f"{indent}End Site", f"{indent}{{", f"{indent}  OFFSET {offset}", f"{indent}}}"]
    kind = "JOINT" if depth else "ROOT"
    places = "" if depth else "Xposition Yposition Zposition "
    lines = [
        f"{indent}{kind} {posed.joints[index].name}",
        f"{indent}{{",
        f"{indent}  OFFSET {offset}",
        f"{indent}  CHANNELS {3 if depth else 6} {places}Zrotation Xrotation Yrotation",
    ]
    for child in children:
        lines += _joint_lines(posed, child, depth + 1)
    return [*lines, f"{indent}}}"]


def _depth_first(posed: PosedHierarchy, index: int) -> list[int]:
    """Joints with channels in the order in which the hierarchy names them."""
    children = _children(posed, index)
    return (
        []
        if not children
        else [index, *(descendant for child in children for descendant in _depth_first(posed, child))]
    )


def _motion_lines(posed: PosedHierarchy, held: NDArray[np.int64]) -> list[str]:
    angles = zxy_degrees(posed.rotations[:, _depth_first(posed, 0)])
    # Interpolating programs would spin from 179 to -179 degrees the long way round.
    unwrapped = np.unwrap(angles, period=360, axis=0).reshape(len(angles), -1)
    rows = np.concatenate([posed.root * _CENTIMETRES, unwrapped], 1)
    texts = [" ".join([*(f"{v:.5f}" for v in row[:3]), *(f"{v:.6f}" for v in row[3:])]) for row in rows.tolist()]
    return [texts[frame] for frame in held.tolist()]
