"""What the service answers to pictures: the people in each of them, and how long each took."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.predictions import JointScores, Measured, Pose2d, Pose3d
from neuropose_ray.schemas.skeleton import Skeleton

# Far below what any pose model knows: a tenth of a pixel and of a millimetre, a thousandth of a score.
_PIXEL_DECIMALS, _MILLIMETRE_DECIMALS, _SCORE_DECIMALS = 1, 1, 3


class PersonPose(FrozenModel):
    """One person in one picture. A number that the pose model does not give is null."""

    box: tuple[Measured, Measured, Measured, Measured] = Field(
        description="left, top, width, height in pixels of the upright picture"
    )
    score: Measured = Field(description="how sure it is that this is a person, 0 to 1")
    poses2d: Pose2d = Field(description="for each joint x and y in pixels of the upright picture")
    poses3d_mm: Pose3d = Field(
        description="for each joint x (right), y (down) and z (forward) in millimetres from the camera"
    )
    joint_scores: JointScores = Field(description="for each joint how sure its place is, 0 to 1")


class FrameError(FrozenModel):
    """Why a picture has no result."""

    code: str = Field(description="stable, for programs: video_unreadable, too_large, model, ...")
    message: str


class FrameTiming(FrozenModel):
    """Milliseconds that a picture took; queue, decode and infer add up to total."""

    queue: FiniteFloat = Field(
        description="waiting: for a decoder, for its turn at the model, for pictures before it"
    )
    decode: FiniteFloat = Field(description="from the bytes of its file to pixels")
    infer: FiniteFloat = Field(description="the pose model's call that it was in")
    total: FiniteFloat = Field(description="since the request reached the pose model's process")
    call_frames: int = Field(description="pictures that shared the model's call, also of other requests")


class FramePoses(FrozenModel):
    """The people in one picture, or why it has no result."""

    index: int = Field(description="its place in the request, from 0")
    timestamp_s: FiniteFloat | None = Field(default=None, description="as given in the request")
    width: int | None = Field(default=None, description="pixels, upright; null for a picture that cannot be read")
    height: int | None = None
    persons: tuple[PersonPose, ...] = ()
    error: FrameError | None = None
    timing_ms: FrameTiming


class SkeletonDescription(FrozenModel):
    """What the joints are."""

    name: str
    joint_names: tuple[str, ...] = Field(description="in the order of every list of joints")
    edges: tuple[tuple[int, int], ...] = Field(description="pairs of joints that a bone connects")

    @classmethod
    def of(cls, skeleton: Skeleton) -> SkeletonDescription:
        """What clients need of a skeleton."""
        return cls(name=skeleton.name, joint_names=skeleton.joint_names, edges=skeleton.edges)


class Units(FrozenModel):
    """What the numbers are in."""

    poses2d: Literal["px"] = "px"
    poses3d_mm: Literal["mm"] = "mm"
    axes: str = Field(default="camera: x right, y down, z forward", description="of poses3d_mm")


class RequestTiming(FrozenModel):
    """Milliseconds that a request took in the service, after its last byte had come."""

    queue: FiniteFloat = Field(description="waiting for a replica of the pose model, and the way there and back")
    total: FiniteFloat


class PoseReply(FrozenModel):
    """One result for each picture, in the order of the request."""

    model: str
    sha256: str = Field(description="of the model's weights")
    skeleton: SkeletonDescription
    units: Units = Units()
    frames: tuple[FramePoses, ...]
    timing_ms: RequestTiming | None = Field(default=None, description="of the whole request")


class ModelDescription(FrozenModel):
    """The pose model that a replica of the service has in memory."""

    model: str
    sha256: str = Field(description="of the weights")
    filename: str = Field(description="what the digest is of")
    runtime: str
    device: str
    skeleton: SkeletonDescription
    units: Units = Units()
    field_of_view_degrees: float = Field(description="over the longer side of a picture, where the request has none")
    load_s: float = Field(description="seconds until the model was loaded and warm")
    peak_rss_mb: float = Field(description="most memory that the replica has had, MiB")


def persons_of(poses: Poses) -> tuple[PersonPose, ...]:
    """The people of one picture, rounded, missing numbers null."""
    boxes = _rounded(poses.boxes[:, :4], _PIXEL_DECIMALS)
    scores = _rounded(poses.boxes[:, 4], _SCORE_DECIMALS)
    poses2d = _rounded(poses.poses2d, _PIXEL_DECIMALS)
    poses3d = _rounded(poses.poses3d, _MILLIMETRE_DECIMALS)
    joint_scores = _rounded(poses.joint_scores, _SCORE_DECIMALS)
    return tuple(
        PersonPose(box=box, score=score, poses2d=pixels, poses3d_mm=millimetres, joint_scores=joints)
        for box, score, pixels, millimetres, joints in zip(boxes, scores, poses2d, poses3d, joint_scores, strict=True)
    )


def _rounded(numbers: NDArray[np.float32], decimals: int) -> Any:
    """Nested lists of floats; None where a number is missing."""
    exact = np.round(numbers.astype(np.float64), decimals)
    missing = ~np.isfinite(exact)
    if not missing.any():
        return exact.tolist()
    mixed = exact.astype(object)
    mixed[missing] = None
    return mixed.tolist()
