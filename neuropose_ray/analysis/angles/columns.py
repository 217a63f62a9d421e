"""Clinical angles as named columns, for files that hold nothing else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import Skeleton


def angle_columns(
    name: str,
    skeleton: Skeleton,
    timestamps_s: NDArray[np.float64],
    positions: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> dict[str, NDArray[np.float64]]:
    """The angles of one person, uncleaned.

    Args:
        name: of the trial, for messages.
        skeleton: names of the joints.
        timestamps_s: ``(frames,)``.
        positions: ``(frames, joints, 3)`` mm in camera axes (x right, y down, z forward), NaN where missing.
        scores: ``(frames, joints)`` in 0 to 1.

    Returns:
        ``(frames,)`` degrees by the angle's name, NaN where a joint of it is missing; angles of landmarks that the
        skeleton lacks are left out.
    """
    from neuropose_ray.analysis.angles.clinical import clinical_angles
    from neuropose_ray.analysis.motion import Motion

    angles = clinical_angles(Motion(name, skeleton, timestamps_s, positions, scores))
    return dict(zip(angles.names, angles.values_deg.T, strict=True))
