"""The signals of a segmentation as a user writes them: joints by name or by number, axes by letter or by number."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from neuropose_ray.analysis.segmentation.extractors import axis_index, joint_index
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.immutable import FrozenModel, StrictInt
from neuropose_ray.schemas.segmentation import Extractor, JointAngle, JointAxis, JointPairDistance, JointSpeed
from neuropose_ray.schemas.skeleton import Skeleton


def _named_or_counted(joint: int | str) -> int | str:
    if joint == "" or (isinstance(joint, int) and joint < 0):
        raise ValueError("a joint has a name, or a place from 0")
    return joint


#: A joint by its place, or by any name that ``joint_index`` of the extractors knows.
Joint = Annotated[StrictInt | str, AfterValidator(_named_or_counted)]


def _axis_place(value: object) -> object:
    return axis_index(value) if isinstance(value, str) else value


class AxisSignal(FrozenModel):
    """One coordinate of a joint, mm."""

    kind: Literal["joint_axis"]
    joint: Joint
    axis: Annotated[StrictInt, BeforeValidator(_axis_place), Field(ge=0, le=2, description="x, y, z, or 0, 1, 2")]
    invert: bool = Field(default=False, description="turn the signal over, where the event is a minimum")


class DistanceSignal(FrozenModel):
    """The distance of two joints, mm."""

    kind: Literal["joint_pair_distance"]
    joints: tuple[Joint, Joint]


class SpeedSignal(FrozenModel):
    """How far a joint moves from frame to frame, mm per frame."""

    kind: Literal["joint_speed"]
    joint: Joint


class AngleSignal(FrozenModel):
    """The angle at the middle joint of three, rad."""

    kind: Literal["joint_angle"]
    triplet: tuple[Joint, Joint, Joint]


Signal = Annotated[AxisSignal | DistanceSignal | SpeedSignal | AngleSignal, Field(discriminator="kind")]


def resolve_signal(signal: Signal, skeleton: Skeleton) -> Extractor:
    """The signal with the joints' places.

    Raises:
        InputError: the skeleton has no such joint, or a distance is asked for between a joint and itself.
    """
    match signal:
        case AxisSignal():
            (joint,) = resolve_joints([signal.joint], skeleton)
            return JointAxis(joint=joint, axis=signal.axis, invert=signal.invert)
        case DistanceSignal():
            first, second = resolve_joints(signal.joints, skeleton)
            if first == second:
                raise InputError(f"the distance of joint {signal.joints[0]!r} to itself is asked for")
            return JointPairDistance(joints=(first, second))
        case SpeedSignal():
            (joint,) = resolve_joints([signal.joint], skeleton)
            return JointSpeed(joint=joint)
        case AngleSignal():
            first, middle, last = resolve_joints(signal.triplet, skeleton)
            return JointAngle(triplet=(first, middle, last))


def resolve_joints(joints: Iterable[Joint], skeleton: Skeleton) -> tuple[int, ...]:
    """The joints' places in the skeleton.

    Raises:
        UnknownJointError: the skeleton has no joint of that name; the message lists those it has.
        InputError: the skeleton has fewer joints.
    """
    places = []
    for joint in joints:
        index = joint_index(joint, skeleton) if isinstance(joint, str) else joint
        if index >= len(skeleton):
            raise InputError(f"there is no joint {joint}; {skeleton.name} has {len(skeleton)} joints, from 0")
        places.append(index)
    return tuple(places)
