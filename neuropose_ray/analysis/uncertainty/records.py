"""The error band of a measure and remarks about results, as frozen records for JSON and for tables."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, OptionalFloat

#: Share of the true values that lie inside of the bands, on recordings whose truth is known.
BAND_COVERAGE = 0.9


class ErrorBand(FrozenModel):
    """The interval in which the true value of a measure lies, and whether the measure can be relied on.

    A band is about the error of measuring, not about how a person varies from one repetition to the next.
    """

    low: OptionalFloat = Field(description="null where it is not known how far off the measure is")
    high: OptionalFloat = Field(description="null where it is not known how far off the measure is")
    unit: str = Field(description='of both, as "deg", "deg/s", "s", "m", "%"; empty where it has none')
    coverage: Annotated[FiniteFloat, Field(gt=0, lt=1)] = Field(
        default=BAND_COVERAGE, description="share of true values inside, at least, on recordings with a truth"
    )
    reliable: bool = Field(default=True, description="whether the number can be used; else show it greyed out")
    reason: str = Field(default="", description="why it cannot be relied on, in one sentence; empty where it can")

    def holds(self, value: float) -> bool:
        """Whether a value lies inside; no value does where the band is not known."""
        return self.low is not None and self.high is not None and self.low <= value <= self.high

    @property
    def is_finding(self) -> bool:
        """Whether a difference or an asymmetry, whose band this is, can be told from none: 0 lies outside."""
        return self.reliable and self.low is not None and self.high is not None and not self.holds(0.0)


class Remark(FrozenModel):
    """One plain sentence about a result.

    ``steps_refused`` and ``nothing_found`` tell why there is no gait table and no repetition, ``not_reliable`` why a
    measure should be shown greyed out, ``implausible`` which value no body reaches, ``not_measured`` why something is
    left out whose joints the skeleton lacks, or hardly any frame shows.
    """

    kind: Literal["steps_refused", "nothing_found", "not_reliable", "implausible", "not_measured"]
    concerns: str = Field(
        description='"gait", "repetitions", "body", or the name of a clinical angle ("left_ankle_dorsiflexion")'
    )
    sentence: str
