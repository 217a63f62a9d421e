"""The written convention of every clinical angle: what it is, which way is positive, what it needs.

Directions are the body's own, after the ISB recommendations (Wu et al. 2002, J Biomech 35(4); Wu et al. 2005,
J Biomech 38(5)), as far as joint centres alone tell them:

- trunk axis: from the middle of the hips to the middle of the shoulders;
- body's right: from the left hip to the right one (for the shoulder: from the left shoulder to the right one), made
  square to the trunk axis;
- body's forward: square to both, to the front;
- level forward and level right: the same with the vertical in the place of the trunk axis.

Hip and shoulder are measured against the trunk axis: two hips do not show how the pelvis is tilted forward.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FrozenModel, ReadOnlyMapping

_TRUNK = ("right_hip", "left_hip", "right_shoulder", "left_shoulder")


class AngleDefinition(FrozenModel):
    """What a number means."""

    name: str
    definition: str = Field(description="between what it is measured, and where 0 is")
    positive: str = Field(description="what a positive number means")
    range_deg: tuple[float, float] = Field(
        description="lowest and highest value; where they are 360 apart, the jump from one to the other lies where "
        "the body does not go, and a course that goes there all the same is carried on beyond without a jump"
    )
    landmarks: tuple[str, ...] = Field(description="the joints it is computed from")
    plausible_deg: tuple[float, float] = Field(
        description="what bodies reach, gymnasts' included, with 10 degrees for errors (normal ranges: Norkin and "
        "White 2016, appendix B); beyond it a value is an error"
    )
    plausible_deg_per_s: float = Field(
        description="what bodies reach in sprinting, kicking and throwing; faster is an error"
    )
    unit: Literal["deg"] = "deg"


def _both_sides(
    part: str,
    definition: str,
    positive: str,
    range_deg: tuple[float, float],
    joints: str,
    plausible_deg: tuple[float, float],
    plausible_deg_per_s: float,
) -> Iterator[AngleDefinition]:
    """One definition for each side; ``joints`` are parts of the same side, ``trunk`` and ``hips`` both sides'."""
    both = {"trunk": _TRUNK, "hips": _TRUNK[:2]}
    for side in ("right", "left"):
        landmarks = [both.get(joint, (f"{side}_{joint}",)) for joint in joints.split()]
        yield AngleDefinition(
            name=f"{side}_{part}",
            definition=definition,
            positive=positive,
            range_deg=range_deg,
            landmarks=tuple(dict.fromkeys(name for names in landmarks for name in names)),
            plausible_deg=plausible_deg,
            plausible_deg_per_s=plausible_deg_per_s,
        )


def _middle(
    name: str, definition: str, positive: str, range_deg: tuple[float, float], landmarks: tuple[str, ...] = _TRUNK
) -> AngleDefinition:
    return AngleDefinition(
        name=name, definition=definition, positive=positive, range_deg=range_deg, landmarks=landmarks,
        plausible_deg=range_deg, plausible_deg_per_s=600.0,
    )  # fmt: skip


_JOINTS = (
    *_both_sides(
        "hip_flexion",
        "between the thigh, seen in the body's sagittal plane, and the trunk axis; 0 with the thigh in line with it",
        "flexion: the knee forward of the trunk axis; negative is extension",
        (-180, 180), "trunk knee", (-75, 170), 700,
    ),
    *_both_sides(
        "hip_abduction",
        "between the thigh and the body's sagittal plane; 0 with the thigh in that plane",
        "abduction: the knee away from the other leg; negative is adduction",
        (-90, 90), "trunk knee", (-60, 90), 600,
    ),
    *_both_sides(
        "knee_flexion",
        "between the thigh carried on beyond the knee and the shank; 0 with the leg straight",
        "flexion; an overstretched knee is positive as well, since joint centres do not show its hinge",
        (0, 180), "hip knee ankle", (0, 170), 1500,
    ),
    *_both_sides(
        "ankle_dorsiflexion",
        "between the line from heel to toe and the plane square to the shank; 0 with the foot at a right angle",
        "dorsiflexion: toes towards the shank; negative is plantarflexion",
        (-90, 90), "knee ankle heel toe", (-75, 60), 1200,
    ),
    *_both_sides(
        "shoulder_flexion",
        "between the upper arm, seen in the body's sagittal plane, and the trunk axis; 0 with the arm along it",
        "flexion: the elbow forward of the trunk axis; negative is extension",
        (-120, 240), "trunk elbow", (-100, 220), 2500,
    ),
    *_both_sides(
        "shoulder_elevation",
        "between the upper arm and the trunk axis, in whatever direction; 0 with the arm hanging down along it",
        "raised; 90 is square to the trunk, 180 overhead",
        (0, 180), "trunk elbow", (0, 180), 2500,
    ),
    *_both_sides(
        "elbow_flexion",
        "between the upper arm carried on beyond the elbow and the forearm; 0 with the arm straight",
        "flexion; an overstretched elbow is positive as well",
        (0, 180), "shoulder elbow wrist", (0, 165), 2700,
    ),
)  # fmt: skip

_TRUNK_AND_PELVIS = (
    _middle(
        "trunk_forward_lean",
        "between the trunk axis, seen in the vertical plane of the body's level forward, and the vertical; 0 upright",
        "leaning forward",
        (-180, 180),
    ),
    _middle(
        "trunk_lateral_lean",
        "between the trunk axis and the vertical plane of the body's level forward; 0 upright",
        "leaning to the person's right",
        (-90, 90),
    ),
    _middle(
        "trunk_inclination",
        "between the trunk axis and the vertical, in whatever direction; 0 upright",
        "leaning; 90 is lying",
        (0, 180),
    ),
    _middle(
        "trunk_rotation",
        "between the line of the shoulders and that of the hips, seen along the trunk axis; 0 with both parallel",
        "shoulders turned to the person's left",
        (-180, 180),
    ),
    _middle(
        "pelvis_obliquity",
        "between the line of the hips and the horizontal; 0 level",
        "the right hip higher",
        (-90, 90),
        _TRUNK[:2],
    ),
)

_SEGMENT = "between the {}, seen in the vertical plane of the body's level forward, and the vertical; 0 pointing down"

_SEGMENTS = (
    *_both_sides(
        "thigh_angle", _SEGMENT.format("thigh"), "the knee forward of the hip", (-180, 180), "hips knee",
        (-270, 270), 900,
    ),
    *_both_sides(
        "shank_angle", _SEGMENT.format("shank"), "the ankle forward of the knee", (-180, 180),
        "hips knee ankle", (-270, 270), 1500,
    ),
    *_both_sides(
        "foot_angle",
        "between the line from heel to toe and the horizontal; 0 with the sole level",
        "the toe higher than the heel",
        (-90, 90), "heel toe", (-90, 90), 1500,
    ),
    *_both_sides(
        "upper_arm_angle",
        _SEGMENT.format("upper arm"),
        "the elbow forward of the shoulder",
        (-120, 240), "hips shoulder elbow", (-210, 330), 2500,
    ),
    *_both_sides(
        "forearm_angle", _SEGMENT.format("forearm"), "the wrist forward of the elbow", (-90, 270),
        "hips elbow wrist", (-180, 360), 3500,
    ),
)  # fmt: skip

#: Every clinical angle by its name, in the order of tables: joints, trunk and pelvis, segments.
ANGLE_DEFINITIONS: Mapping[str, AngleDefinition] = ReadOnlyMapping(
    {definition.name: definition for definition in (*_JOINTS, *_TRUNK_AND_PELVIS, *_SEGMENTS)}
)
