"""Repetitions and gait cycles found in a video, as NeuroPose stores them beside the predictions."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt

_Index = Annotated[StrictInt, Field(ge=0)]


class JointAxis(FrozenModel):
    """The signal is one coordinate of a joint, in millimetres; ``axis`` 0, 1, 2 is x, y, z."""

    kind: Literal["joint_axis"] = "joint_axis"
    joint: _Index
    axis: Annotated[StrictInt, Field(ge=0, le=2)]
    invert: bool = False


class JointPairDistance(FrozenModel):
    """The signal is the distance of two joints, in millimetres."""

    kind: Literal["joint_pair_distance"] = "joint_pair_distance"
    joints: tuple[_Index, _Index]

    @model_validator(mode="after")
    def _distinct(self) -> JointPairDistance:
        if self.joints[0] == self.joints[1]:
            raise ValueError(f"joints must be two distinct joints, not {self.joints[0]} twice")
        return self


class JointSpeed(FrozenModel):
    """The signal is how far a joint moves from frame to frame, in millimetres per frame."""

    kind: Literal["joint_speed"] = "joint_speed"
    joint: _Index


class JointAngle(FrozenModel):
    """The signal is the angle at the middle joint of three, in radians."""

    kind: Literal["joint_angle"] = "joint_angle"
    triplet: tuple[_Index, _Index, _Index]


Extractor = Annotated[JointAxis | JointPairDistance | JointSpeed | JointAngle, Field(discriminator="kind")]


#: The rules by which a signal is cut: NeuroPose's, the first that noise does not mislead, and the one that does not
#: take fast movement for noise either.
SegmentationMethod = Literal["valley_to_valley_v1", "prominent_valleys_v2", "prominent_valleys_v3"]
#: What is used where nobody chooses.
DEFAULT_METHOD: Final = "prominent_valleys_v3"
#: The only one that NeuroPose's files can state.
NEUROPOSE_METHOD: Final = "valley_to_valley_v1"


class SegmentationConfig(FrozenModel):
    """How the segments were found; null means that a bound was not used.

    The fields are NeuroPose's; ``track_id`` is written only where a person was chosen by track.
    """

    extractor: Extractor
    person_index: _Index = 0
    min_distance_seconds: Annotated[FiniteFloat, Field(ge=0)] | None = None
    min_prominence: FiniteFloat | None = None
    min_height: FiniteFloat | None = None
    pad_seconds: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    method: SegmentationMethod = Field(
        default=NEUROPOSE_METHOD, description="files that say nothing were written by NeuroPose's rule"
    )
    track_id: _Index | None = Field(default=None, description="the person, where chosen by track")

    @model_serializer(mode="wrap")
    def _without_absent_track(self, serialise: SerializerFunctionWrapHandler) -> dict[str, object]:
        fields: dict[str, object] = serialise(self)
        if self.track_id is None:
            fields.pop("track_id", None)
        return fields


class Segment(FrozenModel):
    """Frames ``start`` (inclusive) to ``end`` (exclusive) around ``peak``."""

    start: _Index
    end: Annotated[StrictInt, Field(gt=0)]
    peak: _Index

    @model_validator(mode="after")
    def _ordered(self) -> Segment:
        if not self.start <= self.peak < self.end:
            raise ValueError(f"start {self.start} <= peak {self.peak} < end {self.end} does not hold")
        return self


class Segmentation(FrozenModel):
    """The segments found by one configuration."""

    config: SegmentationConfig
    segments: tuple[Segment, ...] = ()
