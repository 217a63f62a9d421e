"""Flexion of the joints, and how far two curves of an angle agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import Motion, clinical_angles
from neuropose_ray.evaluate.joints import LIMB_JOINTS
from neuropose_ray.evaluate.results import AngleAgreement
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

Angles = NDArray[np.float64]

#: The clinical angles that need the body's joints alone, neither the vertical nor a camera: they are the same in any
#: right-handed axes, and so in a laboratory's.
FLEXIONS = tuple(
    f"{side}_{angle}"
    for side in ("right", "left")
    for angle in ("knee_flexion", "hip_flexion", "elbow_flexion", "ankle_dorsiflexion")
)
_LIMBS = Skeleton(name="limbs", joint_names=LIMB_JOINTS)
_LANDMARKS = Skeleton(name="landmarks", joint_names=LANDMARKS)
#: Half the width, in standard deviations, of the interval that holds 95 % of normally distributed differences.
_LIMITS_SD = 1.96


def flexions_deg(landmarks: NDArray[np.float64]) -> Mapping[str, Angles]:
    """The angles of :data:`FLEXIONS`, each ``(frames,)`` in degrees.

    :data:`neuropose_ray.analysis.angles.definitions.ANGLE_DEFINITIONS` has the convention of each.

    Args:
        landmarks: ``(frames, 16, 3)``, the joints of ``LANDMARKS``, or the first twelve of them, which give no
            ankles. An angle is NaN where one of its joints is.
    """
    frames, joints = landmarks.shape[:2]
    motion = Motion(
        name="reference",
        skeleton=_LIMBS if joints == len(_LIMBS) else _LANDMARKS,
        timestamps_s=np.arange(frames, dtype=np.float64),
        positions=landmarks,
        joint_scores=np.full((frames, joints), np.nan),
    )
    table = clinical_angles(motion)
    return {name: table.angle(name) for name in FLEXIONS if name in table.names}


def knee_flexion_deg(landmarks: NDArray[np.float64], side: str) -> Angles:
    """``(frames,)`` angle between thigh and shank, 0 for a straight leg; NaN where a joint is."""
    return flexions_deg(landmarks)[f"{side}_knee_flexion"]


def agreement(estimate: Angles, truth: Angles, frames_with_reference: int) -> AngleAgreement:
    """Compare two curves of an angle, ``(frames,)`` in degrees; frames with a NaN in either do not count.

    Bias and limits: Bland and Altman, "Statistical methods for assessing agreement between two methods of clinical
    measurement", Lancet 327, 1986: mean difference, and 1.96 standard deviations of the differences around it. The
    frames of one clip are no independent measurements: the limits tell the spread within the clip, not over people.
    """
    both = np.isfinite(estimate) & np.isfinite(truth)
    apart = (estimate - truth)[both]
    count = len(apart)
    bias = apart.mean() if count else np.nan
    spread = _LIMITS_SD * apart.std(ddof=1) if count > 1 else np.nan
    return AngleAgreement(
        frames=count,
        coverage=count / frames_with_reference if frames_with_reference else 0.0,
        mae_deg=float(np.abs(apart).mean()) if count else np.nan,
        rmse_deg=float(np.sqrt((apart**2).mean())) if count else np.nan,
        correlation=_correlation(estimate[both], truth[both]),
        bias_deg=float(bias),
        lower_limit_deg=float(bias - spread),
        upper_limit_deg=float(bias + spread),
    )


def _correlation(first: Angles, second: Angles) -> float:
    """Pearson's r; NaN where a curve is flat or has fewer than two frames."""
    if len(first) < 2 or not np.ptp(first) or not np.ptp(second):
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
