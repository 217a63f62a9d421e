"""How far predictions are from a truth: the field's error measures, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import Skeleton

#: The joints that scores are taken over: the twelve of the limbs, as in 3DPW's protocol.
LIMB_JOINTS = tuple(
    f"{side}_{part}" for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist") for side in ("right", "left")
)
_HIPS = slice(0, 2)


@dataclass(frozen=True, slots=True)
class PoseScores:
    """Errors over the frames in which the person was found.

    Attributes:
        coverage: share of the truth's frames in which the person was found.
        mpjpe_mm: mean per joint position error, mid-hips laid on each other.
        pa_mpjpe_mm: the same after the best rotation, translation and scale of each frame.
        knee_mae_deg: mean absolute error of the knee's flexion, both sides.
    """

    coverage: float
    mpjpe_mm: float
    pa_mpjpe_mm: float
    knee_mae_deg: float


def limb_joints(poses3d: NDArray[np.floating], skeleton: Skeleton) -> NDArray[np.float64]:
    """``(frames, 12, 3)``, the joints of :data:`LIMB_JOINTS` out of ``(frames, joints, 3)``.

    Raises:
        KeyError: the skeleton lacks one of them.
    """
    return np.asarray(poses3d, np.float64)[:, [skeleton.index(name) for name in LIMB_JOINTS]]


def score(estimate: NDArray[np.float64], truth: NDArray[np.float64]) -> PoseScores:
    """Compare limb joints ``(frames, 12, 3)`` in millimetres; frames with a NaN in the estimate were not found."""
    found = np.isfinite(estimate).all((1, 2))
    if not found.any():
        return PoseScores(0.0, np.nan, np.nan, np.nan)
    estimate, truth = estimate[found], truth[found]
    knees = [np.abs(knee_flexion_deg(estimate, side) - knee_flexion_deg(truth, side)) for side in ("right", "left")]
    return PoseScores(
        coverage=float(found.mean()),
        mpjpe_mm=float(_distances(_rooted(estimate), _rooted(truth)).mean()),
        pa_mpjpe_mm=float(_distances(procrustes(estimate, truth), truth).mean()),
        knee_mae_deg=float(np.mean(knees)),
    )


def procrustes(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` moved onto ``target``, frame by frame, by the best rotation, translation and scale.

    Never mirrored. Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE TPAMI 13(4), 1991. Both are ``(frames, joints, 3)``.
    """
    source_mean, target_mean = source.mean(1, keepdims=True), target.mean(1, keepdims=True)
    moved, fixed = source - source_mean, target - target_mean
    left, values, right = np.linalg.svd(np.swapaxes(moved, 1, 2) @ fixed)
    handed = np.ones_like(values)
    handed[:, 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    scale = (values * handed).sum(-1) / np.maximum((moved**2).sum((1, 2)), 1e-12)
    rotation = left @ (handed[..., None] * right)
    return np.asarray(scale[:, None, None] * moved @ rotation + target_mean)


def knee_flexion_deg(limbs: NDArray[np.float64], side: str) -> NDArray[np.float64]:
    """``(frames,)`` angle between thigh and shank, 0 for a straight leg."""
    hip, knee, ankle = (limbs[:, LIMB_JOINTS.index(f"{side}_{part}")] for part in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    cosine = (thigh * shank).sum(-1) / (np.linalg.norm(thigh, axis=-1) * np.linalg.norm(shank, axis=-1))
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def sequence(
    poses3d: NDArray[np.floating], frame: NDArray[np.int64], frames: int, rows: Sequence[bool] | NDArray[np.bool_]
) -> NDArray[np.float64]:
    """One person's ``(frames, joints, 3)`` out of a table's rows, NaN where the person was not found."""
    whole = np.full((frames, *poses3d.shape[1:]), np.nan)
    whole[frame[rows]] = poses3d[rows]
    return whole


def _rooted(limbs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(limbs - limbs[:, _HIPS].mean(1, keepdims=True))


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(one - other, axis=-1))
