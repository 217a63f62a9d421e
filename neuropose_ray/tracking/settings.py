"""Settings of tracking."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrackingSettings(BaseModel):
    """Settings of giving people their ids over time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_gap_s: float = Field(
        default=1.0, gt=0, description="a person unseen for longer gets a new id; a second bridges an occlusion"
    )
    max_distance_mm: float = Field(
        default=600.0,
        gt=0,
        description="mean joint distance up to which a pose can continue a track; widened with time unseen",
    )
    max_shift: float = Field(
        default=0.5,
        ge=0,
        description="share of the box's diagonal by which its middle may be off from where it was expected: such a "
        "pose continues a track at any depth, which jumps where boxes do not",
    )
    settled_s: float = Field(
        default=0.3, ge=0, description="tracks shorter than this are numbered last: a flicker moves nobody's id"
    )
