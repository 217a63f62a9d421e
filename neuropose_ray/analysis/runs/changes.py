"""Before and after: the measures of two trials side by side, and which of them changed by more than doubt allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from neuropose_ray.analysis.measures.labels import gait_label, repetition_label
from neuropose_ray.analysis.runs.movement_records import GaitRecord, MeasureSummary, MovementResults
from neuropose_ray.analysis.uncertainty.records import BAND_COVERAGE, ErrorBand
from neuropose_ray.schemas.immutable import FrozenModel, OptionalFloat

_Part = Literal["repetitions", "gait", "angles"]


class MeasureChange(FrozenModel):
    """One measure of both trials; what is not known is null."""

    part: _Part
    name: str = Field(description="of the measure; of an angle its range of motion")
    side: Literal["both", "left", "right", ""]
    label: str = Field(description="as people write it, without the side")
    unit: str
    decimals: int = Field(description="worth showing")
    first: MeasureSummary
    second: MeasureSummary
    change: OptionalFloat = Field(description="second minus first")
    band: ErrorBand | None = Field(
        description="in which the true change lies: of the errors of measuring, where they are known, and of how "
        "much the repetitions of each trial differ; null where neither is known"
    )


def measure_changes(first: MovementResults, second: MovementResults) -> tuple[MeasureChange, ...]:
    """All measures that both trials have.

    Repetitions are compared where both trials repeat the same movement, gait where both walk; the mean over the
    repetitions or steps with its standard deviation. Angles are compared by their range of motion.
    """
    return (*_of_repetitions(first, second), *_of_gait(first.gait, second.gait), *_of_angles(first, second))


def band_of_change(first: MeasureSummary, second: MeasureSummary, unit: str) -> ErrorBand | None:
    """Between which the true change from one mean to the other lies.

    How far the ends of the two error bands lie from their means, and the half-width of Welch's interval of the
    difference of means (Welch 1947, Biometrika 34:28-35), all independent of each other, are added as root of the sum
    of squares: upward by the first one's lower and the second one's upper end, downward by the others.

    Returns:
        None where neither the errors of measuring nor the spread between repetitions are known.
    """
    if first.mean is None or second.mean is None:
        return None
    unreliable = [band for band in (first.band, second.band) if band is not None and not band.reliable]
    spread = _welch_half_width(first, second)
    measured = _distances(first), _distances(second)
    if spread is None and None in measured:
        return None
    (below_1, above_1), (below_2, above_2) = (known or (0.0, 0.0) for known in measured)
    change = second.mean - first.mean
    return ErrorBand(
        low=change - math.hypot(above_1, below_2, spread or 0.0),
        high=change + math.hypot(below_1, above_2, spread or 0.0),
        unit=unit,
        reliable=not unreliable,
        reason=unreliable[0].reason if unreliable else "",
    )


def _distances(summary: MeasureSummary) -> tuple[float, float] | None:
    """How far the ends of a mean's band lie below and above it."""
    band, mean = summary.band, summary.mean
    if mean is None or band is None or band.low is None or band.high is None:
        return None
    return mean - band.low, band.high - mean


def _welch_half_width(first: MeasureSummary, second: MeasureSummary) -> float | None:
    from scipy.special import stdtrit

    if first.sd is None or second.sd is None or first.n < 2 or second.n < 2:
        return None
    variances = [summary.sd**2 / summary.n for summary in (first, second) if summary.sd is not None]
    total = sum(variances)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(
        variance**2 / (summary.n - 1) for variance, summary in zip(variances, (first, second), strict=True)
    )
    return float(stdtrit(freedom, (1 + BAND_COVERAGE) / 2) * math.sqrt(total))


def _of_repetitions(first: MovementResults, second: MovementResults) -> Iterator[MeasureChange]:
    mine, theirs = first.repetitions, second.repetitions
    if mine is None or theirs is None or not mine.records or mine.movement != theirs.movement:
        return
    for name, summary in mine.summary.items():
        label = repetition_label(name, mine.unit)
        yield _change("repetitions", name, "", label.text, label.unit, label.decimals, summary, theirs.summary[name])


def _of_gait(first: GaitRecord | None, second: GaitRecord | None) -> Iterator[MeasureChange]:
    if first is None or second is None:
        return
    others = {(row.name, row.side): row for row in second.parameters}
    for row in first.parameters:
        other = others.get((row.name, row.side))
        if other is None or not (row.n and other.n):
            continue
        label = gait_label(row.name)
        summaries = (MeasureSummary(mean=each.mean, sd=each.sd, n=each.n, band=each.band) for each in (row, other))
        yield _change("gait", row.name, row.side, label.text, label.unit, label.decimals, *summaries)


def _of_angles(first: MovementResults, second: MovementResults) -> Iterator[MeasureChange]:
    others = {angle.name: angle for angle in second.angles or ()}
    for angle in first.angles or ():
        other = others.get(angle.name)
        if other is None or angle.range is None or other.range is None:
            continue
        summaries = []
        for each in (angle, other):
            band = each.bands.get("range")
            if band is None and not each.reliable:
                band = ErrorBand(low=None, high=None, unit="deg", reliable=False, reason=each.reason)
            summaries.append(MeasureSummary(mean=each.range, sd=None, n=1, band=band))
        sided, _, part = angle.name.partition("_")
        side: Literal["left", "right", ""] = "left" if sided == "left" else "right" if sided == "right" else ""
        text = f"{(part if side else angle.name).replace('_', ' ')}, range"
        yield _change("angles", angle.name, side, text, "deg", 0, *summaries)


def _change(
    part: _Part,
    name: str,
    side: Literal["both", "left", "right", ""],
    label: str,
    unit: str,
    decimals: int,
    first: MeasureSummary,
    second: MeasureSummary,
) -> MeasureChange:
    known = first.mean is not None and second.mean is not None
    return MeasureChange(
        part=part,
        name=name,
        side=side,
        label=label,
        unit=unit,
        decimals=decimals,
        first=first,
        second=second,
        change=(second.mean or 0.0) - (first.mean or 0.0) if known else None,
        band=band_of_change(first, second, unit),
    )
