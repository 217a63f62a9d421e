"""All measures of one person's poses at once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.evaluate import measures
from neuropose_ray.evaluate.angles import agreement, flexions_deg
from neuropose_ray.evaluate.joints import LIMB_JOINTS
from neuropose_ray.evaluate.results import AngleAgreement, PoseMeasures, PoseScores


def score(
    estimate: NDArray[np.float64],
    truth: NDArray[np.float64],
    times_s: NDArray[np.float64] | None = None,
    *,
    same_axes: bool = False,
) -> PoseScores:
    """Compare a person's joints with the truth.

    Frames with a NaN among the truth's twelve joints of the limbs do not count; those with a NaN in the estimate
    alone were not found: they lower the coverage and enter no error. Without a single frame every error is NaN.

    Args:
        estimate: ``(frames, 16, 3)`` mm, the joints of ``LANDMARKS``, or ``(frames, 12, 3)``, those of
            ``LIMB_JOINTS``; any right-handed axes.
        truth: the same at the same times.
        times_s: ``(frames,)`` ascending; without them there is no acceleration error.
        same_axes: both are in the same axes; else one rotation for the whole sequence turns them onto each other,
            and there is no abs-MPJPE.
    """
    limbs, true_limbs = estimate[:, : len(LIMB_JOINTS)], truth[:, : len(LIMB_JOINTS)]
    known = np.isfinite(true_limbs).all((1, 2))
    compared = known & np.isfinite(limbs).all((1, 2))
    accelerations = np.zeros((0, len(LIMB_JOINTS)))
    if times_s is not None:
        accelerations = measures.acceleration_errors(limbs, true_limbs, times_s, same_axes=same_axes)
    columns = _by_joint(limbs[compared], true_limbs[compared], accelerations, same_axes=same_axes)
    angles = _angles(estimate[compared], truth[compared], int(known.sum()))
    knees = [angles[f"{side}_knee_flexion"].mae_deg for side in ("right", "left")]
    return PoseScores(
        **{name: float(values.mean()) for name, values in columns.items()},
        reference_frames=int(known.sum()),
        found_frames=int(compared.sum()),
        acceleration_frames=len(accelerations),
        coverage=float(compared.sum() / known.sum()) if known.any() else 0.0,
        knee_mae_deg=float(np.mean(knees)),
        joints={
            joint: PoseMeasures(**{name: float(values[index]) for name, values in columns.items()})
            for index, joint in enumerate(LIMB_JOINTS)
        },
        angles=angles,
    )


def _by_joint(
    estimate: NDArray[np.float64], truth: NDArray[np.float64], accelerations: NDArray[np.float64], *, same_axes: bool
) -> Mapping[str, NDArray[np.float64]]:
    """The fields of ``PoseMeasures``, each ``(12,)``; joints have the same frames, so their mean is that of all."""
    if not len(estimate):
        return {name: np.full(len(LIMB_JOINTS), np.nan) for name in PoseMeasures.model_fields}
    root_relative = measures.root_relative_errors(estimate, truth, same_axes=same_axes)
    absolute = measures.absolute_errors(estimate, truth) if same_axes else np.full_like(root_relative, np.nan)
    near, far = measures.PCK_THRESHOLDS_MM
    return {
        "mpjpe_mm": root_relative.mean(0),
        "n_mpjpe_mm": measures.scale_free_errors(estimate, truth, same_axes=same_axes).mean(0),
        "pa_mpjpe_mm": measures.procrustes_errors(estimate, truth).mean(0),
        "abs_mpjpe_mm": absolute.mean(0),
        "pck_50mm": measures.pck(root_relative, near),
        "pck_150mm": measures.pck(root_relative, far),
        "auc_200mm": measures.auc(root_relative),
        "acceleration_error_m_s2": accelerations.mean(0) if len(accelerations) else np.full(len(LIMB_JOINTS), np.nan),
    }


def _angles(
    estimate: NDArray[np.float64], truth: NDArray[np.float64], reference_frames: int
) -> Mapping[str, AngleAgreement]:
    """Every angle that both can have; ankles only where heels and toes are given."""
    here, there = flexions_deg(estimate), flexions_deg(truth)
    compared = {name: agreement(here[name], there[name], reference_frames) for name in here if name in there}
    feet = [name for name, angle in compared.items() if "ankle" in name and not angle.frames]
    return {name: angle for name, angle in compared.items() if name not in feet}
