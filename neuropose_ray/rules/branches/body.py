"""How a body is held at one moment, from a few joints: quick enough for every frame of every person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.rules.observation import PersonView
from neuropose_ray.schemas.skeleton import Skeleton

_TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
_LEGS = ("left_knee", "right_knee", "left_ankle", "right_ankle")


@dataclass(frozen=True, slots=True)
class BodyState:
    """How a body is held.

    Attributes:
        trunk_inclination_deg: between the trunk and the camera's vertical, 0 upright, 90 lying.
        knee_flexion_deg: mean of the sides that are known, 0 straight; NaN where neither is.
        hip_flexion_deg: between trunk and thighs, without sign, likewise.
        shank_inclination_deg: between shanks and the vertical, likewise.
        hip_height_mm: upwards along the camera's vertical, from the camera.
    """

    trunk_inclination_deg: float
    knee_flexion_deg: float
    hip_flexion_deg: float
    shank_inclination_deg: float
    hip_height_mm: float


class BodyReader:
    """Reads postures off the joints of one skeleton."""

    def __init__(self, skeleton: Skeleton) -> None:
        """Look up the joints.

        Args:
            skeleton: of the poses; without hips and shoulders nothing is known.
        """
        self._joints = {name: skeleton.index(name) for name in (*_TRUNK, *_LEGS) if skeleton.has(name)}

    def state(self, person: PersonView) -> BodyState | None:
        """How the body is held; None where hips or shoulders are not known."""
        joints: Mapping[str, NDArray[np.float64]] = {
            name: person.joints[index] for name, index in self._joints.items()
        }
        if any(name not in joints or not np.isfinite(joints[name]).all() for name in _TRUNK):
            return None
        hips = (joints["left_hip"] + joints["right_hip"]) / 2
        trunk = (joints["left_shoulder"] + joints["right_shoulder"]) / 2 - hips
        sides = [_side(joints, side, trunk) for side in ("left", "right") if f"{side}_ankle" in joints]
        knee, hip, shank = np.nanmean([*sides, _UNKNOWN], axis=0) if np.isfinite(sides).any() else _UNKNOWN
        return BodyState(_angle_deg(trunk, _UP), float(knee), float(hip), float(shank), float(-hips[1]))


_UP = np.array([0.0, -1.0, 0.0])
_UNKNOWN = np.full(3, np.nan)


def _side(joints: Mapping[str, NDArray[np.float64]], side: str, trunk: NDArray[np.float64]) -> NDArray[np.float64]:
    """Flexion of knee and hip and inclination of the shank of one leg, NaN where joints are missing."""
    hip, knee, ankle = (joints.get(f"{side}_{joint}", _UNKNOWN) for joint in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    return np.array([_angle_deg(thigh, shank), _angle_deg(thigh, -trunk), _angle_deg(shank, -_UP)])


def _angle_deg(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second)), first @ second)))
