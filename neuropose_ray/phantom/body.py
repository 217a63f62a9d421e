"""A parametric body: proportions, joint angles, and where these put every joint.

World and body axes follow the ISB recommendation (Wu and Cavanagh 1995; Wu et al. 2002): x forward, y up, z to
the person's right, right-handed, in millimetres. The floor is y = 0. With all angles 0 the person stands upright
facing x, arms hanging.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.phantom.rotations import Array, rotate, rotation_x, rotation_y, rotation_z
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

SIDES: tuple[Literal["right"], Literal["left"]] = ("right", "left")

_JOINT_NAMES = (*LANDMARKS, "nose", "right_eye", "left_eye", "right_ear", "left_ear")
_BONES = (
    ("right_hip", "left_hip"), ("right_shoulder", "left_shoulder"), ("nose", "right_eye"), ("nose", "left_eye"),
    ("right_eye", "right_ear"), ("left_eye", "left_ear"),
    *(
        (f"{side}_{start}", f"{side}_{end}")
        for side in SIDES
        for start, end in (
            ("shoulder", "hip"), ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("ankle", "toe"),
            ("heel", "toe"), ("shoulder", "elbow"), ("elbow", "wrist"),
        )
    ),
)  # fmt: skip

PHANTOM_SKELETON = Skeleton(
    name="phantom",
    joint_names=_JOINT_NAMES,
    edges=tuple((_JOINT_NAMES.index(start), _JOINT_NAMES.index(end)) for start, end in _BONES),
    landmarks={name: name for name in LANDMARKS},
)

SEGMENTS = (
    "pelvis", "thorax", "head",
    *(f"{side}_{part}" for side in SIDES for part in ("thigh", "shank", "foot", "upper_arm", "forearm")),
)  # fmt: skip

ANGLE_NAMES = (
    "pelvis_heading", "pelvis_tilt", "pelvis_list", "thorax_rotation", "head_nod",
    *(
        f"{side}_{angle}"
        for side in SIDES
        for angle in (
            "hip_flexion", "hip_abduction", "hip_rotation", "knee_flexion",
            "ankle_dorsiflexion", "ankle_inversion", "ankle_adduction",
            "shoulder_flexion", "shoulder_abduction", "shoulder_rotation", "elbow_flexion",
        )
    ),
)  # fmt: skip


class Proportions(BaseModel):
    """Stature and the lengths between joint centres as fractions of it.

    Long bones, trunk and foot: de Leva 1996, J Biomech 29(9), table 4, males, joint centre to joint centre over a
    stature of 1741 mm. Widths between the hip and between the shoulder joints: Rajagopal et al. 2016, IEEE Trans
    Biomed Eng 63(10), generic model. Ankle height: Drillis and Contini 1966, in Winter 2009, figure 4.1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stature_mm: float = Field(1741, gt=0, description="sole to vertex, standing")
    thigh: float = Field(0.2425, gt=0, description="hip to knee, 422.2 mm")
    shank: float = Field(0.2529, gt=0, description="knee to ankle, 440.3 mm")
    ankle_height: float = Field(0.039, gt=0, description="floor to ankle")
    heel_back: float = Field(0.032, gt=0, description="ankle to heel, horizontally; with toe_front a foot of 0.148")
    toe_front: float = Field(0.095, gt=0, description="ankle to the tip of the big toe's bone, horizontally")
    sole: float = Field(0.012, gt=0, description="floor to heel and toe: skin and shoe under the bone, about 20 mm")
    hip_width: float = Field(0.100, gt=0, description="between the hip joints")
    trunk: float = Field(0.2961, gt=0, description="middle of the hips to middle of the shoulders, 515.5 mm")
    shoulder_width: float = Field(0.205, gt=0, description="between the shoulder joints")
    upper_arm: float = Field(0.1618, gt=0, description="shoulder to elbow, 281.7 mm")
    forearm: float = Field(0.1545, gt=0, description="elbow to wrist, 268.9 mm")

    @property
    def hip_height(self) -> float:
        """Floor to hip joint with straight legs, a fraction of the stature."""
        return self.ankle_height + self.shank + self.thigh

    @property
    def head_and_neck(self) -> float:
        """Shoulders to vertex: what the other lengths leave of the stature."""
        return 1 - self.hip_height - self.trunk


ADULT = Proportions()
#: Legs 3 % and arms 2 % longer for the stature than the average: chosen, not measured.
TALL_ADULT = Proportions(
    stature_mm=1950, thigh=0.2500, shank=0.2605, trunk=0.2870, upper_arm=0.1650, forearm=0.1576,
)  # fmt: skip
#: About six years old: short legs and a large head for the stature, in the direction of Snyder et al. 1977,
#: UM-HSRI-77-17; the numbers are chosen, not measured.
CHILD = Proportions(
    stature_mm=1160, thigh=0.2250, shank=0.2300, trunk=0.2950, hip_width=0.105, shoulder_width=0.200,
    upper_arm=0.1580, forearm=0.1470,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Posture:
    """Pose of a body over time: the pelvis's position and the rotation of every joint.

    Attributes:
        pelvis_mm: ``(frames, 3)``, the middle of the hips, world axes.
        angles_deg: each name of :data:`ANGLE_NAMES` to ``(frames,)`` degrees. The pelvis turns by heading (about
            y, positive to the left), tilt (forward) and list (right side up), in this order; the thorax turns
            on it about the trunk's long axis. Hip and shoulder: flexion, abduction, internal rotation, in this order
            (ISB); flexion is the angle in the sagittal plane of the pelvis or thorax. Knee and elbow: 0 is straight.
            Ankle: adduction, dorsiflexion, inversion, in this order; dorsiflexion is 0 with the sole square to
            the shank.
    """

    pelvis_mm: Array
    angles_deg: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Body:
    """Joints and segments in world axes over time.

    Attributes:
        joints_mm: ``(frames, joints, 3)``, in the order of :data:`PHANTOM_SKELETON`.
        origins_mm: ``(frames, segments, 3)``, the proximal end of each of :data:`SEGMENTS`.
        rotations: ``(frames, segments, 3, 3)``, segment axes to world axes.
    """

    joints_mm: Array
    origins_mm: Array
    rotations: Array


def pelvis_rotation(angles_deg: Mapping[str, Array]) -> Array:
    """Pelvis axes to world axes, ``(frames, 3, 3)``."""
    turned = rotation_y(angles_deg["pelvis_heading"]) @ rotation_z(-angles_deg["pelvis_tilt"])
    return turned @ rotation_x(-angles_deg["pelvis_list"])


def foot_points_mm(proportions: Proportions) -> Mapping[str, Array]:
    """Heel and toe seen from the ankle, in foot axes."""
    drop = proportions.sole - proportions.ankle_height
    return {
        "heel": proportions.stature_mm * np.array([-proportions.heel_back, drop, 0]),
        "toe": proportions.stature_mm * np.array([proportions.toe_front, drop, 0]),
    }


def side_sign(side: str) -> int:
    """1 on the right, -1 on the left: the direction of the z axis."""
    return 1 if side == "right" else -1


def forward_kinematics(proportions: Proportions, posture: Posture) -> Body:
    """Joint angles to joint positions."""
    angles, stature = posture.angles_deg, proportions.stature_mm
    joints: dict[str, Array] = {}
    frames: dict[str, tuple[Array, Array]] = {}

    pelvis = pelvis_rotation(angles)
    thorax = pelvis @ rotation_y(angles["thorax_rotation"])
    shoulders = posture.pelvis_mm + rotate(pelvis, [0, proportions.trunk * stature, 0])
    frames["pelvis"], frames["thorax"] = (posture.pelvis_mm, pelvis), (shoulders, thorax)
    _add_head(proportions, shoulders, thorax, angles, joints, frames)
    for side in SIDES:
        offset = np.array([0, 0, side_sign(side) * stature / 2])
        hip = posture.pelvis_mm + rotate(pelvis, offset * proportions.hip_width)
        shoulder = shoulders + rotate(thorax, offset * proportions.shoulder_width)
        _add_leg(proportions, side, hip, pelvis, angles, joints, frames)
        _add_arm(proportions, side, shoulder, thorax, angles, joints, frames)
    return Body(
        joints_mm=np.stack([joints[name] for name in PHANTOM_SKELETON.joint_names], axis=1),
        origins_mm=np.stack([frames[name][0] for name in SEGMENTS], axis=1),
        rotations=np.stack([frames[name][1] for name in SEGMENTS], axis=1),
    )


def head_size_mm(proportions: Proportions) -> float:
    """Chin to vertex; the neck takes the rest of what lies above the shoulders."""
    return 0.76 * proportions.head_and_neck * proportions.stature_mm


def _add_head(
    proportions: Proportions, shoulders: Array, thorax: Array, angles: Mapping[str, Array],
    joints: dict[str, Array], frames: dict[str, tuple[Array, Array]],
) -> None:  # fmt: skip
    size = head_size_mm(proportions)
    neck = proportions.head_and_neck * proportions.stature_mm - size
    rotation = thorax @ rotation_z(-angles["head_nod"])
    chin_level = shoulders + rotate(thorax, [0, neck, 0])
    frames["head"] = (chin_level, rotation)
    for name, point in HEAD_POINTS.items():
        joints[name] = chin_level + rotate(rotation, size * np.array(point))


#: Face points in head axes from the chin's level on the neck's axis, as fractions of the head's height.
HEAD_POINTS: Mapping[str, tuple[float, float, float]] = {
    "nose": (0.56, 0.39, 0.0),
    "right_eye": (0.445, 0.52, 0.14),
    "left_eye": (0.445, 0.52, -0.14),
    "right_ear": (0.05, 0.45, 0.34),
    "left_ear": (0.05, 0.45, -0.34),
}


def _ball_joint(parent: Array, side: str, joint: str, angles: Mapping[str, Array]) -> Array:
    sign = side_sign(side)
    rotation = parent @ rotation_z(angles[f"{side}_{joint}_flexion"])
    rotation = rotation @ rotation_x(-sign * angles[f"{side}_{joint}_abduction"])
    return rotation @ rotation_y(sign * angles[f"{side}_{joint}_rotation"])


def _add_leg(
    proportions: Proportions, side: str, hip: Array, pelvis: Array, angles: Mapping[str, Array],
    joints: dict[str, Array], frames: dict[str, tuple[Array, Array]],
) -> None:  # fmt: skip
    stature, sign = proportions.stature_mm, side_sign(side)
    thigh = _ball_joint(pelvis, side, "hip", angles)
    knee = hip + rotate(thigh, [0, -proportions.thigh * stature, 0])
    shank = thigh @ rotation_z(-angles[f"{side}_knee_flexion"])
    ankle = knee + rotate(shank, [0, -proportions.shank * stature, 0])
    foot = shank @ rotation_y(sign * angles[f"{side}_ankle_adduction"])
    foot = foot @ rotation_z(angles[f"{side}_ankle_dorsiflexion"])
    foot = foot @ rotation_x(sign * angles[f"{side}_ankle_inversion"])
    joints |= {f"{side}_hip": hip, f"{side}_knee": knee, f"{side}_ankle": ankle}
    joints |= {f"{side}_{name}": ankle + rotate(foot, point) for name, point in foot_points_mm(proportions).items()}
    frames |= {f"{side}_thigh": (hip, thigh), f"{side}_shank": (knee, shank), f"{side}_foot": (ankle, foot)}


def _add_arm(
    proportions: Proportions, side: str, shoulder: Array, thorax: Array, angles: Mapping[str, Array],
    joints: dict[str, Array], frames: dict[str, tuple[Array, Array]],
) -> None:  # fmt: skip
    stature = proportions.stature_mm
    upper_arm = _ball_joint(thorax, side, "shoulder", angles)
    elbow = shoulder + rotate(upper_arm, [0, -proportions.upper_arm * stature, 0])
    forearm = upper_arm @ rotation_z(angles[f"{side}_elbow_flexion"])
    wrist = elbow + rotate(forearm, [0, -proportions.forearm * stature, 0])
    joints |= {f"{side}_shoulder": shoulder, f"{side}_elbow": elbow, f"{side}_wrist": wrist}
    frames |= {f"{side}_upper_arm": (shoulder, upper_arm), f"{side}_forearm": (elbow, forearm)}
