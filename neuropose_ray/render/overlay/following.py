"""A viewer who walks along with a person: where the person is, stands, and is turned to, in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.float64]

# Standard deviations of the Gaussians that smooth place and direction: a step or a squat must not rock the view.
_PLACE_S, _TURN_S = 0.5, 1.0
# The floor is at the height of the lower feet of this share of a stretch of that length: jumps leave it behind.
_ON_FLOOR_PERCENT, _FLOOR_STRETCH_S = 70, 2.0


@dataclass(frozen=True, slots=True)
class Followed:
    """Where a person is, smoothed; before, between and after the frames that show the person too.

    Attributes:
        centre: ``(frames, 3)`` mm, camera axes: the middle of the joints, at the height of the floor.
        across: ``(frames, 2)`` unit vectors of x and z, level, from the right to the left of the person.
    """

    centre: Floats
    across: Floats


def follow(poses_mm: Floats, skeleton: Skeleton, times_s: Floats) -> Followed:
    """Follow one person.

    Args:
        poses_mm: ``(frames, joints, 3)``, camera axes, NaN where missing.
        skeleton: without hips and shoulders the person counts as facing the camera.
        times_s: ``(frames,)``, ascending.
    """
    from scipy.ndimage import gaussian_filter1d, percentile_filter

    rate = 1 / float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0
    middle, lowest = _middle(poses_mm), _lowest(poses_mm)
    stretch = max(1, round(_FLOOR_STRETCH_S * rate))
    floor = percentile_filter(_filled(lowest, times_s, 0.0), _ON_FLOOR_PERCENT, size=stretch, mode="nearest")
    centre = np.stack([_filled(middle[:, 0], times_s, 0.0), floor, _filled(middle[:, 2], times_s, 0.0)], axis=1)
    x, z = _across(poses_mm, skeleton).T
    across = np.stack([_filled(x, times_s, 1.0), _filled(z, times_s, 0.0)], axis=1)
    across = gaussian_filter1d(across, _TURN_S * rate, axis=0, mode="nearest")
    return Followed(
        centre=gaussian_filter1d(centre, _PLACE_S * rate, axis=0, mode="nearest"),
        across=across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9),
    )


def _middle(poses_mm: Floats) -> Floats:
    """``(frames, 3)`` the mean of the known joints, NaN where none is."""
    known = np.isfinite(poses_mm)
    with np.errstate(invalid="ignore"):
        middle: Floats = np.where(known, poses_mm, 0).sum(axis=1) / known.sum(axis=1)
    return middle


def _lowest(poses_mm: Floats) -> Floats:
    """``(frames,)`` height of the lowest known joint, NaN where none is."""
    down = np.where(np.isfinite(poses_mm[..., 1]), poses_mm[..., 1], -np.inf).max(axis=1)
    return np.where(np.isfinite(down), down, np.nan)


def _across(poses_mm: Floats, skeleton: Skeleton) -> Floats:
    """``(frames, 2)`` of unit vectors, from the right to the left of hips and shoulders together."""
    parts = [part for part in ("hip", "shoulder") if skeleton.has(f"left_{part}", f"right_{part}")]
    if not parts:
        return np.tile([1.0, 0.0], (len(poses_mm), 1))
    left, right = (poses_mm[:, [skeleton.index(f"{side}_{part}") for part in parts]] for side in ("left", "right"))
    across = (left - right)[..., [0, 2]].sum(axis=1)
    with np.errstate(invalid="ignore"):
        unit: Floats = across / np.linalg.norm(across, axis=1, keepdims=True)
    return unit


def _filled(values: Floats, times_s: Floats, otherwise: float) -> Floats:
    """Interpolated over what is missing, and held beyond the ends."""
    known = np.isfinite(values)
    if not known.any():
        return np.full_like(values, otherwise)
    filled: Floats = np.interp(times_s, times_s[known], values[known])
    return filled
