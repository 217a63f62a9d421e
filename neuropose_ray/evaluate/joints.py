"""The joints that a comparison is over, by name, out of any skeleton."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

#: The joints that scores are taken over: the twelve of the limbs, as in 3DPW's protocol (von Marcard et al. 2018).
#: They are the first of LANDMARKS; the four after them, heels and toes, only serve the ankles' angles.
LIMB_JOINTS = LANDMARKS[:12]


def landmark_joints(
    poses3d: NDArray[np.floating], skeleton: Skeleton, *, where: str | None = None
) -> NDArray[np.float64]:
    """``(frames, 16, 3)``, the joints of ``LANDMARKS`` out of ``(frames, joints, 3)`` in any unit.

    NaN stays NaN; a heel or toe that the skeleton has not is NaN in all frames.

    Args:
        poses3d: the poses.
        skeleton: of the poses.
        where: what an error names.

    Raises:
        InputError: the skeleton lacks a joint of the limbs.
    """
    missing = [name for name in LIMB_JOINTS if not skeleton.has(name)]
    if missing:
        raise InputError(
            f"the skeleton {skeleton.name!r} has no {', '.join(missing)}",
            where=where,
            hint="a comparison needs hips, knees, ankles, shoulders, elbows and wrists",
        )
    joints = np.full((len(poses3d), len(LANDMARKS), 3), np.nan)
    for column, name in enumerate(LANDMARKS):
        if skeleton.has(name):
            joints[:, column] = poses3d[:, skeleton.index(name)]
    return joints


def limb_joints(poses3d: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.float64]:
    """``(frames, 12, 3)``, the joints of :data:`LIMB_JOINTS` out of ``(frames, joints, 3)``; NaN stays NaN.

    Raises:
        InputError: the skeleton lacks one of them.
    """
    return landmark_joints(poses3d, skeleton)[:, : len(LIMB_JOINTS)]


def sequence(
    poses3d: NDArray[np.floating], frame: NDArray[np.int64], frames: int, rows: Sequence[bool] | NDArray[np.bool_]
) -> NDArray[np.float64]:
    """One person's ``(frames, joints, 3)`` out of a table's rows, NaN in frames without the person."""
    whole = np.full((frames, *poses3d.shape[1:]), np.nan)
    whole[frame[rows]] = poses3d[rows]
    return whole
