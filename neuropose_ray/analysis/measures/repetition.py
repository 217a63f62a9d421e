"""What is measured of every repetition, and the table of all of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.analysis.measures.smoothness import SparcSettings, log_dimensionless_jerk, sparc
from neuropose_ray.analysis.measures.summary import Summary, summarise, symmetry_index
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.movements import MovementSignal, movement_signals
from neuropose_ray.analysis.segmentation.repetition_records import Repetition, Repetitions

Array = NDArray[np.float64]


class MeasureSettings(BaseModel):
    """How repetitions are measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hold_share: float = Field(
        0.05, gt=0, lt=0.5, description="of a repetition's range: frames this near to its peak are the hold"
    )
    moving_share: float = Field(
        0.05, gt=0, lt=1, description="of the peak speed, the usual bound of a movement: what is slower at either "
        "end of a way does not count for its smoothness"
    )  # fmt: skip
    sparc: SparcSettings = Field(default_factory=SparcSettings)


@dataclass(frozen=True, slots=True)
class RepetitionMeasures:
    """Numbers of one repetition; NaN where it is not known well enough.

    "Out" leads from rest to the peak and "back" to rest: down and up in a squat, up and down from a seat.
    Where a repetition is cut off, only its range of motion and peak velocities are told, of what is seen; a phase in
    which a frame is missing has no smoothness.

    Attributes:
        duration_s: from its first frame to its last.
        out_s: from the first frame to the hold.
        hold_s: at the peak.
        back_s: from the hold to the last frame.
        range_of_motion: greatest minus smallest value of the signal, in its unit.
        peak_velocity_out, peak_velocity_back: greatest speed of the signal on either way, its unit per second.
        sparc_out, sparc_back: spectral arc length of the speed on either way, see :func:`.smoothness.sparc`.
        ldlj_out, ldlj_back: log dimensionless jerk, see :func:`.smoothness.log_dimensionless_jerk`; between the usual
            bounds of 5 per cent of the peak speed a minimum-jerk movement has -4.3.
        symmetry_percent: symmetry index of the range of motion, right against left, where both sides move together;
            see :func:`.symmetry.symmetry_index`.
    """

    duration_s: float
    out_s: float
    hold_s: float
    back_s: float
    range_of_motion: float
    peak_velocity_out: float
    peak_velocity_back: float
    sparc_out: float
    sparc_back: float
    ldlj_out: float
    ldlj_back: float
    symmetry_percent: float


#: The measures of a repetition, in the order of tables.
MEASURES = tuple(field.name for field in fields(RepetitionMeasures))


@dataclass(frozen=True, slots=True)
class RepetitionTable:
    """All repetitions of a movement with their measures.

    Attributes:
        movement: the name of the signal.
        unit: the signal's; velocities are in it per second.
        repetitions: ascending in time.
        measures: one for each.
    """

    movement: str
    unit: str
    repetitions: tuple[Repetition, ...]
    measures: tuple[RepetitionMeasures, ...]

    @property
    def summary(self) -> Mapping[str, Summary]:
        """Mean, SD and n of every measure of :data:`MEASURES`; what is NaN does not count."""
        return {name: summarise(getattr(measures, name) for measures in self.measures) for name in MEASURES}

    def rows(self) -> list[dict[str, object]]:
        """One mapping for each repetition: number (from 1), frames, times, side, quality, measures."""
        return [
            {"number": number, **asdict(repetition), **asdict(measures)}
            for number, (repetition, measures) in enumerate(
                zip(self.repetitions, self.measures, strict=True), start=1
            )
        ]


def measure_repetitions(
    motion: Motion, repetitions: Repetitions, settings: MeasureSettings | None = None
) -> RepetitionTable:
    """Measure what :func:`~neuropose_ray.analysis.segmentation.repetitions.repetitions` found.

    Velocities and smoothness are those of the signal as it is, at its true times: clean the motion first, and state
    the filter beside the numbers. For smoothness the signal is read at even times.

    Args:
        motion: the one in which they were found.
        repetitions: of it.
        settings: None for the defaults.
    """
    settings = settings or MeasureSettings()
    sides = movement_signals(motion).get(repetitions.movement, ())
    measured = [
        _measure(motion.timestamps_s, repetitions, repetition, sides, settings) for repetition in repetitions.records
    ]
    unit = repetitions.signals[0].unit if repetitions.signals else ""
    return RepetitionTable(repetitions.movement, unit, repetitions.records, tuple(measured))


def _measure(
    timestamps_s: Array,
    repetitions: Repetitions,
    repetition: Repetition,
    sides: Sequence[MovementSignal],
    settings: MeasureSettings,
) -> RepetitionMeasures:
    part = slice(repetition.start, repetition.end)
    signal = repetitions.signal(repetition.side).values
    times, values, velocity = timestamps_s[part], signal[part], np.gradient(signal, timestamps_s, edge_order=2)[part]
    peak = repetition.peak - repetition.start
    first, last = _hold(values, peak, settings.hold_share)
    is_complete = repetition.complete
    ways = [_way(times[way], velocity[way], settings) for way in (slice(0, peak + 1), slice(peak, None))]
    (speed_out, sparc_out, ldlj_out), (speed_back, sparc_back, ldlj_back) = ways
    ranges = {signal.side: _range(signal.values[part]) for signal in sides}
    both = repetition.side == "both" and len(ranges) == 2
    return RepetitionMeasures(
        duration_s=_if(is_complete, times[-1] - times[0]),
        out_s=_if(is_complete, times[first] - times[0]),
        hold_s=_if(is_complete, times[last] - times[first]),
        back_s=_if(is_complete, times[-1] - times[last]),
        range_of_motion=_range(values),
        peak_velocity_out=speed_out,
        peak_velocity_back=speed_back,
        sparc_out=_if(is_complete, sparc_out),
        sparc_back=_if(is_complete, sparc_back),
        ldlj_out=_if(is_complete, ldlj_out),
        ldlj_back=_if(is_complete, ldlj_back),
        symmetry_percent=symmetry_index(ranges["right"], ranges["left"]) if both else math.nan,
    )


def _hold(values: Array, peak: int, share: float) -> tuple[int, int]:
    """First and last frame that are within a share of the range from the extremum farthest from rest."""
    known = values[np.isfinite(values)]
    if not len(known):
        return peak, peak
    rest = (known[0] + known[-1]) / 2
    sign = 1 if known.max() - rest >= rest - known.min() else -1
    frames = np.flatnonzero(sign * values >= (sign * known).max() - share * np.ptp(known))
    return min(int(frames[0]), peak), max(int(frames[-1]), peak)


def _way(times: Array, velocity: Array, settings: MeasureSettings) -> tuple[float, float, float]:
    """Peak speed, SPARC and LDLJ of one way; NaN where fewer than 3 frames are known, smoothness where one is not."""
    known = np.isfinite(velocity)
    if known.sum() < 3:
        return math.nan, math.nan, math.nan
    fastest = float(np.abs(velocity[known]).max())
    if not known.all():
        return fastest, math.nan, math.nan
    even = np.linspace(times[0], times[-1], len(times))
    rate_hz = (len(even) - 1) / (even[-1] - even[0])
    # With its sign: where the movement turns round, the absolute value would have a kink, that is a jerk.
    profile = np.sign(velocity.sum()) * np.interp(even, times, velocity)
    moving = np.flatnonzero(profile >= settings.moving_share * fastest)
    profile = profile[moving[0] : moving[-1] + 1] if len(moving) else profile
    return fastest, sparc(profile, rate_hz, settings.sparc), log_dimensionless_jerk(profile, rate_hz)


def _range(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.ptp(known)) if len(known) else math.nan


def _if(known: bool, value: float) -> float:
    return float(value) if known else math.nan
