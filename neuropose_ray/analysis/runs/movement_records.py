"""What the kind ``movement`` finds, as frozen records for JSON and for tables; what is not known is null."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neuropose_ray.analysis.body.records import BodyRecord
from neuropose_ray.analysis.gait.records import GaitEvent, GaitParameter, GaitSymmetry
from neuropose_ray.analysis.uncertainty.records import ErrorBand, Remark
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, OptionalFloat, StrictInt

#: The numbers of an :class:`AngleSummary`, in the order of tables.
ANGLE_STATISTICS = ("mean", "std", "min", "max", "range", "peak_velocity", "peak_acceleration", "coverage")


class AngleSummary(FrozenModel):
    """One clinical angle over all frames in which it is known; degrees and degrees per second (squared)."""

    name: str
    mean: OptionalFloat
    std: OptionalFloat = Field(description="of the population")
    min: OptionalFloat
    max: OptionalFloat
    range: OptionalFloat
    peak_velocity: OptionalFloat = Field(description="greatest speed, either way")
    peak_acceleration: OptionalFloat = Field(default=None, description="greatest, either way, deg/s2")
    coverage: OptionalFloat = Field(description="share of the frames in which it is known")
    reliable: bool = Field(default=True, description="whether the angle can be used; else show it greyed out")
    reason: str = Field(default="", description="why not, in one sentence; empty where it can be used")
    bands: FrozenMapping[str, ErrorBand] = Field(
        default={}, validate_default=True, description="of mean, min, max, range, and both peaks, by these names"
    )


class RepetitionRecord(FrozenModel):
    """One repetition and its measures.

    ``start`` to ``end`` (exclusive) are frames of the cleaned motion, which are the video's unless the times were
    resampled. The measures are those of :class:`~neuropose_ray.analysis.measures.repetition.RepetitionMeasures`.
    """

    number: StrictInt
    start: StrictInt
    peak: StrictInt
    end: StrictInt
    start_s: float
    peak_s: float
    end_s: float
    side: Literal["both", "right", "left", "none"]
    height: OptionalFloat
    complete: bool
    coverage: OptionalFloat
    confidence: OptionalFloat
    warnings: tuple[str, ...]
    duration_s: OptionalFloat
    out_s: OptionalFloat
    hold_s: OptionalFloat
    back_s: OptionalFloat
    range_of_motion: OptionalFloat
    peak_velocity_out: OptionalFloat
    peak_velocity_back: OptionalFloat
    sparc_out: OptionalFloat
    sparc_back: OptionalFloat
    ldlj_out: OptionalFloat
    ldlj_back: OptionalFloat
    symmetry_percent: OptionalFloat
    bands: FrozenMapping[str, ErrorBand] = Field(
        default={}, validate_default=True, description="of the measures whose error is known, by their names"
    )


class MeasureSummary(FrozenModel):
    """A measure over the repetitions in which it is known; ``sd`` is the sample's, null for fewer than two."""

    mean: OptionalFloat
    sd: OptionalFloat
    n: StrictInt
    band: ErrorBand | None = Field(default=None, description="of the mean; null where its error is not known")


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
    """Angles, repetitions, gait and the whole body of one person.

    Null is what was not asked for, gait also where nobody walks, and the body where the skeleton lacks joints for it.
    """

    kind: Literal["movement"] = "movement"
    angles: tuple[AngleSummary, ...] | None = None
    repetitions: RepetitionsRecord | None = None
    gait: GaitRecord | None = None
    body: BodyRecord | None = None
    remarks: tuple[Remark, ...] = Field(
        default=(), description="why something was not found, cannot be relied on, or is not to be believed"
    )
