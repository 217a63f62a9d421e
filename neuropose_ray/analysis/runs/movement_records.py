"""What the kind ``movement`` finds, as frozen records for JSON and for tables; what is not known is null."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from neuropose_ray.analysis.gait.records import GaitEvent, GaitParameter, GaitSymmetry
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, Whole


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


#: A number, None where it cannot be told: JSON has no NaN.
Figure = Annotated[float | None, BeforeValidator(_finite)]


class AngleSummary(FrozenModel):
    """One clinical angle over all frames in which it is known; degrees and degrees per second."""

    name: str
    mean: Figure
    std: Figure = Field(description="of the population")
    min: Figure
    max: Figure
    range: Figure
    peak_velocity: Figure = Field(description="greatest speed, either way")
    coverage: Figure = Field(description="share of the frames in which it is known")


class RepetitionRecord(FrozenModel):
    """One repetition and its measures.

    ``start`` to ``end`` (exclusive) are frames of the cleaned motion, which are the video's unless the times were
    resampled. The measures are those of :class:`~neuropose_ray.analysis.measures.repetition.RepetitionMeasures`.
    """

    number: Whole
    start: Whole
    peak: Whole
    end: Whole
    start_s: float
    peak_s: float
    end_s: float
    side: Literal["both", "right", "left", "none"]
    height: Figure
    complete: bool
    coverage: Figure
    confidence: Figure
    warnings: tuple[str, ...]
    duration_s: Figure
    out_s: Figure
    hold_s: Figure
    back_s: Figure
    range_of_motion: Figure
    peak_velocity_out: Figure
    peak_velocity_back: Figure
    sparc_out: Figure
    sparc_back: Figure
    ldlj_out: Figure
    ldlj_back: Figure
    symmetry_percent: Figure


class MeasureSummary(FrozenModel):
    """A measure over the repetitions in which it is known; ``sd`` is the sample's, null for fewer than two."""

    mean: Figure
    sd: Figure
    n: Whole


class RepetitionsRecord(FrozenModel):
    """All repetitions of the movement that was found or asked for."""

    movement: str = Field(description='what was followed, as "knee_flexion"; empty where nothing repeats')
    unit: str = Field(description="of heights and ranges; velocities are in it per second")
    records: tuple[RepetitionRecord, ...]
    summary: FrozenMapping[str, MeasureSummary]


class GaitRecord(FrozenModel):
    """Steps and the gait table, where somebody walks."""

    events: tuple[GaitEvent, ...]
    parameters: tuple[GaitParameter, ...]
    symmetry: tuple[GaitSymmetry, ...]


class MovementResults(FrozenModel):
    """Angles, repetitions and gait of one person; null where not asked for, gait also where nobody walks."""

    kind: Literal["movement"] = "movement"
    angles: tuple[AngleSummary, ...] | None = None
    repetitions: RepetitionsRecord | None = None
    gait: GaitRecord | None = None
