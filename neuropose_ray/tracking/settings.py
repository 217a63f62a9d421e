"""Settings of tracking."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class TrackingSettings(BaseModel):
    """Settings of giving people their ids over time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_gap_s: float = Field(
        default=1.0,
        gt=0,
        description="up to so long a person is expected where the movement led; a second bridges an occlusion",
    )
    max_return_s: float = Field(
        default=30.0,
        ge=0,
        description="a person who comes back within this time keeps the id where place, size, proportions and "
        "colours agree; 0: nobody does",
    )
    min_certainty: float = Field(
        default=0.5, ge=0, le=1, description="how likely it must be that two stretches show one person to give one id"
    )
    doubted_score: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="people with lower scores are believed only between stretches of the same person with higher "
        "ones",
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
    flicker_s: float = Field(
        default=0.2,
        ge=0,
        description="who is seen for less in the whole video is nobody, a flicker of the pose model, where other "
        "people are seen for longer in most of the frames",
    )
    settled_s: float = Field(
        default=0.3, ge=0, description="tracks shorter than this are numbered last: a flicker moves nobody's id"
    )
