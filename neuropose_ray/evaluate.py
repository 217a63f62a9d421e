"""How far predictions are from a truth: the field's error measures, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        coverage: share of the frames with a truth in which the person was found.
        mpjpe_mm: mean per joint position error, mid-hips laid on each other, and the truth's axes turned onto the
            estimate's by one rotation for the whole sequence: mocap knows nothing of the camera's axes.
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
    """Compare limb joints ``(frames, 12, 3)`` in millimetres.

    Frames with a NaN in the truth do not count; those with a NaN in the estimate alone were not found.
    """
    known = np.isfinite(truth).all((1, 2))
    found = known & np.isfinite(estimate).all((1, 2))
    if not found.any():
        return PoseScores(0.0, np.nan, np.nan, np.nan)
    coverage = found.sum() / known.sum()
    estimate, truth = estimate[found], truth[found]
    knees = [np.abs(knee_flexion_deg(estimate, side) - knee_flexion_deg(truth, side)) for side in ("right", "left")]
    here, there = _rooted(estimate), _rooted(truth)
    turned = here @ _rotation(here.reshape(-1, 3), there.reshape(-1, 3))
    return PoseScores(
        coverage=float(coverage),
        mpjpe_mm=float(_distances(turned, there).mean()),
        pa_mpjpe_mm=float(_distances(procrustes(estimate, truth), truth).mean()),
        knee_mae_deg=float(np.mean(knees)),
    )


def best_lag_s(
    times_s: NDArray[np.float64],
    limbs: NDArray[np.float64],
    truth_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> float:
    """The shift of a video's clock against the truth's, within 60 ms, that gives the smallest PA-MPJPE.

    Cameras and mocap systems are rarely started by one signal; 20 to 40 ms between them are usual.
    """
    lags = np.arange(-6, 7) / 100
    errors = [score(limbs[::3], truth_at(times_s[::3] + lag)).pa_mpjpe_mm for lag in lags]
    return float(lags[np.nanargmin(errors)]) if np.isfinite(errors).any() else 0.0


def procrustes(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``source`` moved onto ``target``, frame by frame, by the best rotation, translation and scale.

    Never mirrored. Umeyama, "Least-squares estimation of transformation parameters between two point patterns",
    IEEE TPAMI 13(4), 1991. Both are ``(frames, joints, 3)``.
    """
    source_mean, target_mean = source.mean(1, keepdims=True), target.mean(1, keepdims=True)
    moved, fixed = source - source_mean, target - target_mean
    turned = moved @ _rotation(moved, fixed)
    scale = (turned * fixed).sum((1, 2)) / np.maximum((moved**2).sum((1, 2)), 1e-12)
    return np.asarray(scale[:, None, None] * turned + target_mean)


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


def _rotation(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(..., 3, 3)``: the proper rotation that best turns points ``(..., n, 3)`` as row vectors onto others.

    Kabsch, Acta Crystallographica A32, 1976.
    """
    left, values, right = np.linalg.svd(np.swapaxes(source, -2, -1) @ target)
    handed = np.ones_like(values)
    handed[..., 2] = np.sign(np.linalg.det(left) * np.linalg.det(right))
    return np.asarray(left @ (handed[..., None] * right))


def _rooted(limbs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(limbs - limbs[:, _HIPS].mean(1, keepdims=True))


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(one - other, axis=-1))
