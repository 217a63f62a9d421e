"""The keypoint lists of COCO, COCO-WholeBody and OpenPose, and where a skeleton has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.skeleton import Skeleton

#: COCO's 17 keypoints in their order (cocodataset.org, keypoints of the category person).
COCO_KEYPOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
    "right_ankle",
)  # fmt: skip

#: COCO's lines between them, counted from 1 as its files do.
COCO_EDGES = (
    (16, 14), (14, 12), (17, 15), (15, 13), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9), (8, 10), (9, 11),
    (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
)  # fmt: skip

#: COCO-WholeBody's six points of the feet in their order.
WHOLEBODY_FEET = ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel")

#: OpenPose's BODY_25 in its order: its own name of each keypoint, and the one used here.
BODY_25: Mapping[str, str] = MappingProxyType(
    {
        "Nose": "nose", "Neck": "neck", "RShoulder": "right_shoulder", "RElbow": "right_elbow",
        "RWrist": "right_wrist", "LShoulder": "left_shoulder", "LElbow": "left_elbow", "LWrist": "left_wrist",
        "MidHip": "mid_hip", "RHip": "right_hip", "RKnee": "right_knee", "RAnkle": "right_ankle", "LHip": "left_hip",
        "LKnee": "left_knee", "LAnkle": "left_ankle", "REye": "right_eye", "LEye": "left_eye", "REar": "right_ear",
        "LEar": "left_ear", "LBigToe": "left_big_toe", "LSmallToe": "left_small_toe", "LHeel": "left_heel",
        "RBigToe": "right_big_toe", "RSmallToe": "right_small_toe", "RHeel": "right_heel",
    }
)  # fmt: skip

#: Joint names that some skeletons have for a point, after its own name; the toe of a landmark is the big one.
_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "left_eye": ("leye",), "right_eye": ("reye",), "left_ear": ("lear",), "right_ear": ("rear",),
        "left_big_toe": ("left_toe",), "right_big_toe": ("right_toe",),
    }
)  # fmt: skip

#: Keypoints that are the middle of two others; a joint of the skeleton that happens to have the name is not used,
#: so that they mean the same for every skeleton.
_MIDDLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"neck": ("right_shoulder", "left_shoulder"), "mid_hip": ("right_hip", "left_hip")}
)


def joint_of(skeleton: Skeleton, keypoint: str) -> int | None:
    """The index of the joint that is a keypoint, None where the skeleton has none."""
    names = (keypoint, *_ALIASES.get(keypoint, ()))
    return next((skeleton.index(name) for name in names if skeleton.has(name)), None)


def require_keypoints(skeleton: Skeleton, keypoints: Sequence[str], what: str) -> None:
    """Refuse a skeleton that has not one of the keypoints.

    Raises:
        InputError: so it is; the message says ``what`` asked for them.
    """
    if all(joint_of(skeleton, keypoint) is None for keypoint in keypoints):
        raise InputError(
            f"the skeleton {skeleton.name} has none of the joints of {what}",
            hint="the csv and npz formats take any joints",
        )


def positions_of_keypoints(
    skeleton: Skeleton, positions: NDArray[np.floating], keypoints: Sequence[str]
) -> NDArray[np.float64]:
    """Positions in the order of a keypoint list.

    Args:
        skeleton: the joints of ``positions``.
        positions: ``(persons, joints, axes)``, NaN where missing.
        keypoints: names of this module; "neck" and "mid_hip" are the middles of shoulders and hips.

    Returns:
        ``(persons, keypoints, axes)``, NaN for what is missing or not in the skeleton.
    """
    keypoint_positions = np.full((len(positions), len(keypoints), positions.shape[2]), np.nan)
    for column, keypoint in enumerate(keypoints):
        joints = _joints(skeleton, keypoint)
        if joints:
            keypoint_positions[:, column] = positions[:, joints].astype(np.float64).mean(1)
    return keypoint_positions


def scores_of_keypoints(
    skeleton: Skeleton, scores: NDArray[np.floating], keypoints: Sequence[str]
) -> NDArray[np.float64]:
    """Scores in the order of a keypoint list; a middle has the lower one of its two joints.

    Args:
        skeleton: the joints of ``scores``.
        scores: ``(persons, joints)`` in 0 to 1, NaN where not known.
        keypoints: see :func:`positions_of_keypoints`.

    Returns:
        ``(persons, keypoints)``, NaN where not known or not in the skeleton.
    """
    keypoint_scores = np.full((len(scores), len(keypoints)), np.nan)
    for column, keypoint in enumerate(keypoints):
        joints = _joints(skeleton, keypoint)
        if joints:
            keypoint_scores[:, column] = scores[:, joints].min(1)
    return keypoint_scores


def _joints(skeleton: Skeleton, keypoint: str) -> list[int]:
    """The joints whose mean is the keypoint, none where one is not in the skeleton."""
    joints = [joint_of(skeleton, part) for part in _MIDDLES.get(keypoint, (keypoint,))]
    return [] if None in joints else [joint for joint in joints if joint is not None]
