"""What a user may set of the mechanics of the body."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel

#: Whose mean body masses are distributed as.
MassDistribution = Literal["female", "male", "mean"]
#: Standard gravity, m/s2.
GRAVITY = 9.80665


class BodySettings(FrozenModel):
    """How the body's centre of mass and its energies are found."""

    masses: MassDistribution = Field(
        default="mean",
        description="segment masses and centres of young women, of young men, or halfway between (de Leva 1996)",
    )
    up: tuple[FiniteFloat, FiniteFloat, FiniteFloat] = Field(
        default=(0.0, -1.0, 0.0),
        description="roughly away from the floor, in the axes of the positions: of a camera that is held level; what "
        "the camera is pitched by is then read from the path of the feet",
    )
    floor_window_s: Annotated[FiniteFloat, Field(gt=0)] = Field(
        default=2.0, description="the lowest place of the feet in so long a time is the floor"
    )
    min_lift: Annotated[FiniteFloat, Field(gt=0)] = Field(
        default=0.04,
        description="feet that are higher than so many leg lengths over the floor do not touch it: 3 cm, since "
        "landmarks of the toes rise by 2 cm when a heel does, and the low-pass makes flights longer",
    )
    running_speed_m_per_s: Annotated[FiniteFloat, Field(gt=0)] = Field(
        default=2.0,
        description="faster than this a single flight from one foot to the other is running: where people change "
        "from walking to running by themselves (Hreljac 1993); slower, two flights in a row are",
    )
    min_fall: Annotated[FiniteFloat, Field(gt=0, le=1)] = Field(
        default=0.55,
        description="of gravity: slower falls of the centre of mass are no flight; walking reaches 0.5 and running 1",
    )
