"""What a user may set of tracking."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrackingSettings(BaseModel):
    """How people keep their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_gap_s: float = Field(
        default=1.0, gt=0, description="a person unseen for longer gets a new id; a second bridges an occlusion"
    )
    max_distance_mm: float = Field(
        default=600.0,
        gt=0,
        description="mean joint distance up to which a pose can continue a track; widened with time unseen",
    )
    min_overlap: float = Field(
        default=0.15, ge=0, le=1, description="box overlap from which a pose can continue a track at any distance: "
        "depth from one camera jumps, boxes do not",
    )  # fmt: skip
    settled_s: float = Field(
        default=0.3, ge=0, description="tracks shorter than this are numbered last: a flicker moves nobody's id"
    )
