"""What a user may set of the clinical angles."""

from __future__ import annotations

import math

from pydantic import Field, field_validator

from neuropose_ray.schemas.immutable import FrozenModel


class AngleSettings(FrozenModel):
    """Where up is, and when an angle is not defined."""

    up: tuple[float, float, float] = Field(
        default=(0.0, -1.0, 0.0),
        description="the vertical in the axes of the positions, of any length; a level camera sees up as -y",
    )
    min_off_axis_deg: float = Field(
        default=10.0,
        gt=0,
        lt=90,
        description="an angle about an axis is not defined for a segment that lies along it, such as the flexion of "
        "an arm held out sideways; closer to the axis than this it is NaN: 10 mm of error in a 300 mm upper arm "
        "are 11 degrees there",
    )

    @field_validator("up")
    @classmethod
    def _has_a_direction(cls, up: tuple[float, float, float]) -> tuple[float, float, float]:
        if not 0 < math.hypot(*up) < math.inf:
            raise ValueError("up must be a direction, not (0, 0, 0)")
        return up
