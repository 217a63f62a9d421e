"""Signals of a movement: one number per frame out of joints ``(frames, joints, 3)`` in mm."""

from __future__ import annotations

import operator
from typing import Literal, SupportsIndex, get_args

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import SignalError, UnknownJointError
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.segmentation import Extractor, JointAngle, JointAxis, JointPairDistance, JointSpeed
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43

#: NeuroPose's joints, those of berkeley_mhad_43 in their order, and their places.
JOINT_NAMES = BERKELEY_MHAD_43.joint_names
JOINT_INDEX = ReadOnlyMapping({name: index for index, name in enumerate(JOINT_NAMES)})

AxisLetter = Literal["x", "y", "z"]
AXIS_LETTERS: tuple[AxisLetter, ...] = get_args(AxisLetter)

#: A joint by its place in the skeleton or by name.
Joint = SupportsIndex | str


def joint_index(name: str, skeleton: Skeleton = BERKELEY_MHAD_43) -> int:
    """The place of a joint in a skeleton.

    Args:
        name: the joint's own name, a landmark's ("right_heel"), or NeuroPose's name of a joint that stands for a
            landmark ("rhee"), so that one name serves every skeleton.
        skeleton: NeuroPose's unless told otherwise.

    Raises:
        UnknownJointError: (a KeyError) the skeleton has no such joint; the message lists those it has.
    """
    landmarks = {joint: landmark for landmark, joint in BERKELEY_MHAD_43.landmarks.items()}
    for candidate in (name, landmarks.get(name)):
        if candidate is not None and skeleton.has(candidate):
            return skeleton.index(candidate)
    known = ", ".join(dict.fromkeys((*skeleton.joint_names, *skeleton.landmarks)))
    raise UnknownJointError(f"unknown joint name {name!r}; {skeleton.name} has {known}")


def joint_axis(
    joint: Joint, axis: SupportsIndex | AxisLetter, *, invert: bool = False, skeleton: Skeleton = BERKELEY_MHAD_43
) -> JointAxis:
    """One coordinate of a joint, mm.

    Args:
        joint: its place in the skeleton or its name.
        axis: 0, 1, 2 or "x" (right), "y" (down), "z" (away from the camera).
        invert: change the sign, where the event of interest is a minimum.
        skeleton: in which names are looked up.

    Raises:
        UnknownJointError: (a KeyError) an unknown name.
        ValueError: a negative place, or another axis.
    """
    return JointAxis(joint=_place(joint, skeleton), axis=axis_index(axis), invert=invert)


def joint_pair_distance(j1: Joint, j2: Joint, *, skeleton: Skeleton = BERKELEY_MHAD_43) -> JointPairDistance:
    """The distance of two joints, mm.

    Raises:
        UnknownJointError: (a KeyError) an unknown name.
        ValueError: a negative place, or the same joint twice.
    """
    return JointPairDistance(joints=(_place(j1, skeleton), _place(j2, skeleton)))


def joint_speed(joint: Joint, *, skeleton: Skeleton = BERKELEY_MHAD_43) -> JointSpeed:
    """How far a joint moves from frame to frame, mm per frame.

    Raises:
        UnknownJointError: (a KeyError) an unknown name.
        ValueError: a negative place.
    """
    return JointSpeed(joint=_place(joint, skeleton))


def joint_angle(a: Joint, b: Joint, c: Joint, *, skeleton: Skeleton = BERKELEY_MHAD_43) -> JointAngle:
    """The angle at ``b`` between the directions to ``a`` and to ``c``, rad in 0..pi.

    Raises:
        UnknownJointError: (a KeyError) an unknown name.
        ValueError: a negative place.
    """
    return JointAngle(triplet=(_place(a, skeleton), _place(b, skeleton), _place(c, skeleton)))


def axis_index(axis: SupportsIndex | str) -> int:
    """0, 1, 2 of an axis given as a number or as "x", "y", "z".

    Raises:
        SignalError: (a ValueError) anything else.
    """
    if isinstance(axis, str):
        if axis not in AXIS_LETTERS:
            raise SignalError(f"axis must be one of {', '.join(AXIS_LETTERS)}, not {axis!r}")
        return AXIS_LETTERS.index(axis)
    return operator.index(axis)


def extract_signal(sequence: NDArray[np.floating], spec: Extractor) -> NDArray[np.float64]:
    """``(frames,)`` numbers out of ``(frames, joints, 3)`` in mm.

    Units are the extractor's: mm, mm per frame (its first value is 0), or rad. NaN where a joint that is needed is
    NaN (for the speed: in the frame or in the one before), and where a limb of an angle has no length.

    Raises:
        SignalError: (a ValueError) the shape is another, a joint is outside it, or a speed is asked of one frame.
        TypeError: the extractor is none.
    """
    joints: NDArray[np.float64] = np.asarray(sequence, np.float64)
    if joints.ndim != 3 or joints.shape[2] != 3:
        raise SignalError(f"the sequence has shape {joints.shape}", hint="(frames, joints, 3) is needed")
    match spec:
        case JointAxis():
            signal = _joint(joints, spec.joint)[:, spec.axis]
            return -signal if spec.invert else signal.copy()
        case JointPairDistance():
            first, second = (_joint(joints, joint) for joint in spec.joints)
            return np.asarray(np.linalg.norm(first - second, axis=-1))
        case JointSpeed():
            if len(joints) < 2:
                raise SignalError(f"a speed needs at least two frames, not {len(joints)}")
            steps = np.linalg.norm(np.diff(_joint(joints, spec.joint), axis=0), axis=-1)
            return np.concatenate([[0.0], steps])
        case JointAngle():
            return angle_between(*(_joint(joints, joint) for joint in spec.triplet))
        case _:
            raise TypeError(f"an extractor is needed, not {type(spec).__name__}")


def angle_between(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(frames,)`` rad in 0..pi: the angle at ``b``, each ``(frames, 3)``; NaN where it is not defined."""
    first, second = a - b, c - b
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    cosine = np.full(len(b), np.nan)
    np.divide(np.einsum("fk,fk->f", first, second), lengths, out=cosine, where=lengths > 0)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))


def _place(joint: Joint, skeleton: Skeleton) -> int:
    return joint_index(joint, skeleton) if isinstance(joint, str) else operator.index(joint)


def _joint(sequence: NDArray[np.float64], joint: int) -> NDArray[np.float64]:
    if not 0 <= joint < sequence.shape[1]:
        raise SignalError(f"joint {joint} is out of range", hint=f"there are {sequence.shape[1]} joints, from 0")
    return sequence[:, joint]
