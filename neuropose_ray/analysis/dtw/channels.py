"""What of a trial is compared with other trials: angles, or joints around the hips, as one vector a frame."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.analysis.dtw.distance import Representation
from neuropose_ray.analysis.dtw.missing import NanPolicy, without_missing
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.immutable import FrozenModel

_SIDES = ("right", "left")


class ChannelSettings(FrozenModel):
    """Numbers of a trial that do not depend on where in the room, how large or how tall somebody is."""

    representation: Representation = Field(
        default="angles",
        description="angles depend neither on the body's size nor on the camera's side; coords are mm from the "
        "middle of the hips, in the camera's axes",
    )
    angle_triplets: Annotated[tuple[tuple[str, str, str], ...], Field(min_length=1)] = Field(
        default=tuple(
            (f"{side}_{first}", f"{side}_{middle}", f"{side}_{last}")
            for first, middle, last in (
                ("shoulder", "hip", "knee"), ("hip", "knee", "ankle"),
                ("hip", "shoulder", "elbow"), ("shoulder", "elbow", "wrist"),
            )
            for side in _SIDES
        ),
        description="for angles: joints or landmarks, the angle is at the middle one; hips, knees, shoulders, elbows",
    )  # fmt: skip
    joints: Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        default=tuple(
            f"{side}_{part}" for part in ("knee", "ankle", "shoulder", "elbow", "wrist") for side in _SIDES
        ),
        description="for coords: joints or landmarks; those that every skeleton has",
    )
    nan_policy: NanPolicy = Field(
        default="interpolate", description="single missing frames are usual and no reason to give up a trial"
    )
    min_coverage: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of frames that must be complete: beyond half the comparison would be of lines drawn over "
        "gaps",
    )


def trial_channels(motion: Motion, settings: ChannelSettings = ChannelSettings()) -> NDArray[np.float64]:
    """``(frames, channels)``, finite: angles in rad, or coordinates in mm from the middle of the hips.

    Missing numbers (NaN) are treated as ``nan_policy`` says once enough frames are complete.

    Raises:
        InputError: the skeleton lacks a joint, too few frames are complete, or the policy cannot help.
    """
    if settings.representation == "angles":
        from neuropose_ray.analysis.angles.triplets import extract_joint_angles

        names = [name for triplet in settings.angle_triplets for name in triplet]
        points = np.stack([motion.joint(name) for name in names], axis=1)
        first_joints = range(0, len(names), 3)
        values = extract_joint_angles(points, [(first, first + 1, first + 2) for first in first_joints])
    else:
        middle = (motion.joint("right_hip") + motion.joint("left_hip")) / 2
        values = np.concatenate([motion.joint(name) - middle for name in settings.joints], axis=1)
    coverage = np.isfinite(values).all(1).mean() if len(values) else 0.0
    if coverage < settings.min_coverage or not len(values):
        raise InputError(
            f"{coverage:.0%} of its {len(values)} frames are complete, {settings.min_coverage:.0%} are needed",
            where=motion.name,
        )
    try:
        return without_missing(values, settings.nan_policy)
    except InputError as error:
        raise InputError(error.what, where=motion.name, hint=error.hint) from error
