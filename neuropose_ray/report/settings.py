"""Every default of what a report gathers, once."""

from __future__ import annotations

from pydantic import Field

from neuropose_ray.analysis.angles.settings import AngleSettings
from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.schemas.immutable import FrozenModel


class ReportSettings(FrozenModel):
    """How the numbers of a report are made, and what is warned of."""

    cleaning: CleaningSettings = CleaningSettings()
    angles: AngleSettings = AngleSettings()
    cycle_points: int = Field(default=101, ge=2, description="of every time-normalised curve: whole per cents")
    max_people: int = Field(
        default=4, ge=1, description="who are seen longest; every person adds a skeleton's size to the page"
    )
    poor_score: float = Field(
        default=0.5, ge=0, le=1, description="below it the pose model holds it for likelier that a joint is hidden"
    )
    doubtful_share: float = Field(
        default=0.2, ge=0, le=1, description="of the frames with a doubtful fit, from which the reader is warned"
    )
    limb_change: float = Field(
        default=0.25,
        gt=0,
        description="mean change of the limbs' lengths, as a share, that fills its strip: bones do not change, and a "
        "quarter is another person or another limb",
    )
    frontal_deg: float = Field(
        default=25.0,
        ge=0,
        le=90,
        description="nearer than this to a view from the front or the back, a knee or hip bends along the line of "
        "sight: cos 25 is 0.9, so that a tenth more or less depth decides",
    )
    lateral_deg: float = Field(
        default=65.0, ge=0, le=90, description="beyond it, seen from the side, one leg and arm hide the others"
    )
