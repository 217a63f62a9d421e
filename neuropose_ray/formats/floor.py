"""Where the floor lies under somebody whom one camera sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import Skeleton

#: Joints on the sole; ankles where a skeleton has none of them.
_SOLE = ("right_heel", "left_heel", "right_toe", "left_toe")
_ANKLES = ("right_ankle", "left_ankle")


def floor_height_mm(skeleton: Skeleton, positions: NDArray[np.float64]) -> float | None:
    """The height of the floor: the median over the frames of the lowest point of the feet.

    In standing, walking, squatting and sitting one foot or the other is on the floor nearly all of the time, and the
    median is not moved by short jumps or by single frames that are off. A camera that looks down leaves the floor
    sloping, and this is its height where the person mostly is.

    Args:
        skeleton: the names of the joints.
        positions: ``(frames, joints, 3)`` in mm, y up, NaN where missing.

    Returns:
        In mm; None where no foot is ever known.
    """
    for names in (_SOLE, _ANKLES):
        joints = [skeleton.index(name) for name in names if skeleton.has(name)]
        heights = positions[:, joints, 1]
        known = np.isfinite(heights).any(1)
        if known.any():
            return float(np.median(np.nanmin(heights[known], axis=1)))
    return None
