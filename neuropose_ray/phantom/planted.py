"""Leg angles for feet that stand where they should: the inverse of the leg's forward kinematics."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuropose_ray.errors import SettingsError
from neuropose_ray.phantom.body import (
    ANGLE_NAMES,
    SIDES,
    Posture,
    Proportions,
    foot_points_mm,
    pelvis_rotation,
    side_sign,
)
from neuropose_ray.phantom.rotations import Array, angles_yzx, angles_zxy, rotate, rotation_y, rotation_z, transpose


def standing_ankle_mm(proportions: Proportions, side: str, stance_width_mm: float) -> Array:
    """The ankle ``(3,)`` of a foot flat on the floor, below the pelvis."""
    height = proportions.ankle_height * proportions.stature_mm
    return np.array([0.0, height, side_sign(side) * stance_width_mm / 2])


def flat_foot(side: str, toe_out_deg: float) -> Array:
    """Foot axes ``(3, 3)`` of a foot flat on the floor, turned outwards."""
    return rotation_y(-side_sign(side) * toe_out_deg)


def ankle_over_pivot_mm(proportions: Proportions, pivot: str, pivot_mm: Array, foot: Array) -> Array:
    """The ankle ``(..., 3)`` of a foot with axes ``(..., 3, 3)`` whose heel or toe is at ``(..., 3)``."""
    return pivot_mm - rotate(foot, foot_points_mm(proportions)[pivot])


def hip_over_ankle_mm(proportions: Proportions, knee_flexion_deg: Array) -> Array:
    """Distance ``(frames,)`` between hip and ankle for a knee flexion (law of cosines)."""
    thigh, shank = proportions.thigh * proportions.stature_mm, proportions.shank * proportions.stature_mm
    return np.asarray(np.sqrt(thigh**2 + shank**2 + 2 * thigh * shank * np.cos(np.radians(knee_flexion_deg))))


def planted_posture(
    proportions: Proportions,
    pelvis_mm: Array,
    angles_deg: Mapping[str, Array],
    ankles_mm: Mapping[str, Array],
    feet: Mapping[str, Array],
) -> Posture:
    """The posture whose pelvis, upper body and feet are given; the legs' angles follow.

    Args:
        proportions: the person's.
        pelvis_mm: ``(frames, 3)``.
        angles_deg: the angles of pelvis, thorax, head and arms that are not 0, each ``(frames,)``.
        ankles_mm: ``(frames, 3)`` for each side.
        feet: foot axes to world axes, ``(frames, 3, 3)`` for each side.

    Raises:
        SettingsError: a foot is out of the leg's reach.
    """
    frames = len(pelvis_mm)
    angles = {name: np.zeros(frames) for name in ANGLE_NAMES}
    angles |= {name: np.broadcast_to(values, (frames,)).astype(np.float64) for name, values in angles_deg.items()}
    for side in SIDES:
        angles |= _leg_angles(proportions, side, pelvis_mm, pelvis_rotation(angles), ankles_mm[side], feet[side])
    return Posture(pelvis_mm, angles)


def _leg_angles(
    proportions: Proportions, side: str, pelvis_mm: Array, pelvis: Array, ankle_mm: Array, foot: Array
) -> dict[str, Array]:
    """Two-bone inverse kinematics; the knee bends in the vertical plane of the foot."""
    sign, stature = side_sign(side), proportions.stature_mm
    upper, lower = proportions.thigh * stature, proportions.shank * stature
    leg = ankle_mm - pelvis_mm - rotate(pelvis, [0, 0, sign * proportions.hip_width * stature / 2])
    length = np.linalg.norm(leg, axis=-1)
    if (length > upper + lower).any() or (length < abs(upper - lower)).any():
        raise SettingsError(
            f"the {side} leg of {upper + lower:.0f} mm cannot reach a foot {length.max():.0f} mm away",
            where="phantom motion", hint="take shorter steps or a narrower stance",
        )  # fmt: skip
    knee = 180 - np.degrees(np.arccos((upper**2 + lower**2 - length**2) / (2 * upper * lower)))
    hip_angle = np.arccos((upper**2 + length**2 - lower**2) / (2 * upper * length))[..., None]

    down = leg / length[..., None]
    hinge = np.cross(_level_forward(foot), -down)
    hinge /= np.linalg.norm(hinge, axis=-1, keepdims=True)
    thigh_up = -(np.cos(hip_angle) * down + np.sin(hip_angle) * np.cross(hinge, down))
    thigh = np.stack([np.cross(thigh_up, hinge), thigh_up, hinge], axis=-1)
    flexion, abduction, rotation = angles_zxy(transpose(pelvis) @ thigh)
    adduction, dorsiflexion, inversion = angles_yzx(transpose(thigh @ rotation_z(-knee)) @ foot)
    return {
        f"{side}_hip_flexion": flexion,
        f"{side}_hip_abduction": -sign * abduction,
        f"{side}_hip_rotation": sign * rotation,
        f"{side}_knee_flexion": knee,
        f"{side}_ankle_adduction": sign * adduction,
        f"{side}_ankle_dorsiflexion": dorsiflexion,
        f"{side}_ankle_inversion": sign * inversion,
    }


def _level_forward(foot: Array) -> Array:
    """Where the foot points, seen from above, whatever its pitch."""
    lateral = foot[..., 2]
    return np.cross(np.array([0.0, 1.0, 0.0]), lateral)
