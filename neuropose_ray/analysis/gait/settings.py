"""What a user may set of gait analysis."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel

_Positive = Annotated[FiniteFloat, Field(gt=0)]


class GaitSettings(FrozenModel):
    """How walking is read from positions."""

    up: tuple[FiniteFloat, FiniteFloat, FiniteFloat] = Field(
        default=(0.0, -1.0, 0.0),
        description="roughly away from the floor, in the axes of the positions: of a camera that is held level; what "
        "the camera is pitched by is then read from the path of the feet",
    )
    heading_window_s: _Positive = Field(
        default=1.0, description="about one stride, over which the sway and the turning of the pelvis cancel"
    )
    travel_speed_m_per_s: _Positive = Field(
        default=0.25,
        description="below this the body's own forward direction is the heading: the pelvis of somebody standing or "
        "on a treadmill drifts by up to 0.2 m/s, slow patients walk at 0.3 m/s",
    )
    cutoff_hz: _Positive = Field(
        default=8.0,
        description="low-pass of the feet's paths; the 6 Hz that are usual for gait (Winter 2009) round off the "
        "corner at which a toe leaves the floor",
    )
    max_gap_s: _Positive = Field(
        default=0.15, description="longer gaps are never bridged: a foot turns round within 0.2 s"
    )
    min_turn: _Positive = Field(
        default=0.12,
        description="least distance by which a foot comes back after an event, in leg lengths: 100 mm of an adult, "
        "little enough for events close to the start and the end of a clip",
    )
    min_swing: _Positive = Field(
        default=0.35,
        description="least distance that a foot gains on the other one in a swing, in leg lengths: 300 mm of an "
        "adult, the stride of a shuffling patient; in ordinary walking it is 1.3 to 1.9",
    )
    min_stride_s: _Positive = Field(
        default=0.5,
        description="heel strikes of one foot are not closer: 240 steps a minute, more than toddlers take",
    )
    max_pause_s: _Positive = Field(
        default=1.5, description="a longer time between two events ends a walk: slow patients stand for 1 s on a leg"
    )
    contact_speed: Annotated[FiniteFloat, Field(gt=0, le=1)] = Field(
        default=0.35,
        description="of joints measured in space: a heel has touched down when its speed over the floor has fallen "
        "to this share of the walking speed; 1 gives the moments of Zeni et al. 2008, which are 10 to 60 ms early",
    )
    landing_share: Annotated[FiniteFloat, Field(gt=0, lt=1)] = Field(
        default=0.5,
        description="of joints seen in pictures: a heel lands soon after its speed across the line of sight has "
        "fallen to this share of the swing's greatest; blur leaves the middle of an edge where it is",
    )
    landing_delay: Annotated[FiniteFloat, Field(gt=0, lt=0.2)] = Field(
        default=0.037,
        description="strides from there to the contact: 29, 42 and 43 ms on force plates at 1.14 s a stride",
    )
    leaving_share: Annotated[FiniteFloat, Field(gt=0, lt=1)] = Field(
        default=0.3,
        description="of joints seen in pictures: a toe has left the floor when its speed across the line of sight "
        "has risen to this share of the swing's greatest; within 5 ms on force plates",
    )
    min_cycles: Annotated[int, Field(ge=1)] = Field(
        default=3, description="of each side; with fewer the means are warned about: one odd step moves them"
    )

    @field_validator("up")
    @classmethod
    def _a_direction(cls, up: tuple[float, float, float]) -> tuple[float, float, float]:
        if not any(up):
            raise ValueError("up must not be zero: give a direction, (0, -1, 0) for a level camera")
        return up
