"""The joint angles of the people in one frame."""

from __future__ import annotations

import numpy as np

from neuropose_ray.analysis import Motion, clinical_angles
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.service.live.view import Viewed


def angles_of(viewed: Viewed, skeleton: Skeleton) -> dict[int, dict[str, float | None]]:
    """The clinical angles of everybody who is seen, in degrees, None where one is not defined.

    They follow single frames as they are, with the noise of the pose model.

    Args:
        viewed: the people.
        skeleton: of the poses.

    Returns:
        Angles by name, by track.
    """
    angles = {}
    for track in viewed.tracks:
        if track.row is None:
            continue
        poses, rows = viewed.poses, slice(track.row, track.row + 1)
        scores = poses.joint_scores[rows].astype(np.float64)
        motion = Motion("live", skeleton, np.array([viewed.at]), poses.poses3d[rows].astype(np.float64), scores)
        table = clinical_angles(motion)
        angles[track.track_id] = {
            name: round(float(value), 1) if np.isfinite(value) else None
            for name, value in zip(table.names, table.values_deg[0], strict=True)
        }
    return angles
