"""What an analysis found, as facts in the order in which a person would tell them; no language yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from neuropose_ray.analysis import (
    AnalysisReport,
    AngleSummary,
    BodyRecord,
    DtwResults,
    ErrorBand,
    GaitRecord,
    Jump,
    Label,
    MeasureChange,
    MovementResults,
    RepetitionsRecord,
    Results,
    StatsResults,
    body_label,
    gait_label,
    repetition_label,
)
from neuropose_ray.description.values import Amount, Count, Quotation, Term, Value

#: The parts of a description, in their order.
Part = Literal["recording", "repetitions", "walking", "whole_body", "angles", "comparison", "doubts", "advice"]
#: Measures of a repetition that are described; all are in the analysis.
_MEASURES = ("duration_s", "range_of_motion", "peak_velocity_out", "peak_velocity_back")
#: The same of gait, of both feet together.
_GAIT = ("speed_m_per_s", "cadence_steps_per_min", "step_length_m", "stride_time_s")
#: Measures of the whole body that are described.
_BODY = ("centre_path_length_m", "centre_height_range_m", "kinetic_energy_peak_j_per_kg")
#: Angles of which the widest are described, and how many of them.
_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_elevation", "elbow_flexion")
_MOST_ANGLES = 4
#: Measures that changed by more than doubt allows, of which the first are described.
_MOST_CHANGES = 8
#: An angle that is known in less than this share of the frames is of those frames alone.
_WELL_COVERED = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact.

    Attributes:
        part: of the description.
        key: which sentence of a language says it.
        values: what stands in the sentence, by name.
    """

    part: Part
    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """What was looked at.

    Attributes:
        frames: of the video.
        rate_hz: frames per second; None where it is not known.
        coverage: share of the frames in which the person is seen; None where it is not known.
        others: how many other people are in the video.
    """

    frames: int
    rate_hz: float | None = None
    coverage: float | None = None
    others: int = 0


def findings_of_report(report: AnalysisReport, changes: Sequence[MeasureChange] | None = None) -> tuple[Finding, ...]:
    """Everything that a description of an analysis says.

    Args:
        report: of one trial.
        changes: of the measures from this trial to another one; None where no other one is looked at.
    """
    primary = report.primary
    coverage = primary.coverage if primary.person is None else primary.person.coverage
    others = 0 if primary.person is None else len(primary.person.others)
    recording = Recording(primary.frame_count, primary.fps, coverage, others)
    return findings_of(recording, report.results, warnings=report.warnings, changes=changes)


def findings_of(
    recording: Recording,
    results: Results,
    *,
    warnings: Sequence[str] = (),
    changes: Sequence[MeasureChange] | None = None,
) -> tuple[Finding, ...]:
    """Everything that a description says of a recording and the results of its analysis."""
    findings = [*_recording(recording)]
    match results:
        case MovementResults():
            findings += [
                *_repetitions(results.repetitions),
                *_walking(results.gait),
                *_whole_body(results.body),
                *_angles(results.angles or ()),
            ]
        case DtwResults():
            findings += _distances(results)
        case StatsResults():
            findings.append(Finding("comparison", "statistics", {"segments": Count(len(results.statistics))}))
    if changes is not None:
        findings += _changes(changes)
    return (*findings, *_doubts(results, warnings), *_advice(results))


def _recording(recording: Recording) -> Iterator[Finding]:
    values: dict[str, Value] = {"frames": Count(recording.frames)}
    if recording.rate_hz:
        yield Finding("recording", "recording", {**values, "rate": Amount(recording.rate_hz, 1)})
    else:
        yield Finding("recording", "recording_without_rate", values)
    if recording.coverage is not None:
        yield Finding("recording", "coverage", {"share": Amount(100 * recording.coverage, 0, "%")})
    if recording.others:
        yield Finding("recording", "others", {"others": Count(recording.others)})


def _repetitions(repetitions: RepetitionsRecord | None) -> Iterator[Finding]:
    if repetitions is None:
        return
    if not repetitions.records:
        yield Finding("repetitions", "no_repetitions")
        return
    movement = {"movement": Term(repetitions.movement)}
    yield Finding("repetitions", "repetitions", {"number": Count(len(repetitions.records)), **movement})
    incomplete = sum(not record.complete for record in repetitions.records)
    if incomplete:
        yield Finding("repetitions", "incomplete", {"number": Count(incomplete)})
    for name in _MEASURES:
        summary = repetitions.summary.get(name)
        if summary is not None and summary.mean is not None:
            label = repetition_label(name, repetitions.unit)
            yield _measured("repetitions", name, label, summary.mean, summary.sd, summary.band)
    symmetry = repetitions.summary.get("symmetry_percent")
    if symmetry is not None:
        yield from _symmetry("repetitions", "range_of_motion", symmetry.mean, symmetry.band)


def _walking(gait: GaitRecord | None) -> Iterator[Finding]:
    if gait is None:
        return
    strikes = sum(event.kind == "heel_strike" for event in gait.events)
    yield Finding("walking", "walking", {"number": Count(strikes)})
    both = {row.name: row for row in gait.parameters if row.side == "both"}
    for name in (name for name in _GAIT if name in both):
        row = both[name]
        if row.mean is not None:
            yield _measured("walking", name, gait_label(name), row.mean, row.sd, row.band)
    for measure in gait.symmetry:
        yield from _symmetry("walking", measure.name, measure.symmetry_index_percent, measure.band)


def _whole_body(body: BodyRecord | None) -> Iterator[Finding]:
    """Running and jumps, which are seldom, then how the centre of mass moves."""
    if body is None:
        return
    for run in body.running:
        numbers = {measure.name: measure.value for measure in run.measures}
        values: dict[str, Value] = {
            "number": Count(run.flights),
            "speed": Amount(numbers["running_speed_m_per_s"] or 0.0, 1, "m/s"),
        }
        yield Finding("whole_body", "running", values)
    if body.jumps:
        yield _jumps(body.jumps)
    for measure in (measure for measure in body.measures if measure.name in _BODY):
        if measure.value is not None:
            label = body_label(measure.name)
            bounds, suffix = _bounds(measure.band, label.decimals, label.unit)
            values = {"measure": Term(measure.name), "value": Amount(measure.value, label.decimals, label.unit)}
            yield Finding("whole_body", f"number{suffix}", {**values, **bounds})


def _jumps(jumps: Sequence[Jump]) -> Finding:
    """How many there are, and the highest of those whose height can be relied on."""
    sure = [jump for jump in jumps if jump.band.reliable]
    count = {"number": Count(len(jumps))}
    if not sure:
        return Finding("whole_body", "jumps_not_reliable", count)
    highest = max(sure, key=lambda jump: jump.height_m)
    bounds, suffix = _bounds(highest.band, 2, "m")
    values = {"height": Amount(highest.height_m, 2, "m"), "time": Amount(highest.flight_time_s, 2, "s")}
    return Finding("whole_body", f"jumps{suffix}", {**count, **values, **bounds})


def _angles(angles: Iterable[AngleSummary]) -> Iterator[Finding]:
    """The widest of the angles that most questions are about."""
    known = [
        angle
        for angle in angles
        if angle.name.removeprefix("left_").removeprefix("right_") in _ANGLES
        and angle.reliable
        and None not in (angle.min, angle.max, angle.range)
    ]
    for angle in sorted(known, key=lambda angle: -(angle.range or 0.0))[:_MOST_ANGLES]:
        low, high, extent = (Amount(value or 0.0, 0, "deg") for value in (angle.min, angle.max, angle.range))
        values: dict[str, Value] = {"angle": Term(angle.name), "low": low, "high": high, "range": extent}
        band = angle.bands.get("range")
        bounds, suffix = _bounds(band, 0, "deg")
        values |= bounds
        partly = angle.coverage is not None and angle.coverage < _WELL_COVERED
        if partly:
            values["share"] = Amount(100 * (angle.coverage or 0.0), 0, "%")
        yield Finding("angles", f"angle{suffix}{'_partly' if partly else ''}", values)


def _distances(results: DtwResults) -> Iterator[Finding]:
    mean = results.summary.get("mean")
    if mean is None:
        yield Finding("comparison", "no_distance")
    else:
        values: dict[str, Value] = {"number": Count(len(results.distances)), "mean": Amount(mean, 1, results.unit)}
        yield Finding("comparison", "distance", values)


def _changes(changes: Sequence[MeasureChange]) -> Iterator[Finding]:
    """What differs between two trials by more than its error; what cannot be told apart is said once."""
    certain = [change for change in changes if change.band is not None and change.band.is_finding]
    yield Finding("comparison", "compared", {"number": Count(len(changes))})
    if not certain:
        yield Finding("comparison", "no_change")
    for change in certain[:_MOST_CHANGES]:
        shown = [
            Amount(value or 0.0, change.decimals, change.unit)
            for value in (change.first.mean, change.second.mean, abs(change.change or 0.0))
        ]
        of_a_side = change.side in ("left", "right") and not change.name.startswith(f"{change.side}_")
        name = f"{change.side}_{change.name}" if of_a_side else change.name
        values: dict[str, Value] = {"measure": Term(name)}
        values |= dict(zip(("first", "second", "change"), shown, strict=True))
        key = "increase" if (change.change or 0.0) > 0 else "decrease"
        yield Finding("comparison", f"{key}_of_range" if change.part == "angles" else key, values)


def _doubts(results: Results, warnings: Sequence[str]) -> Iterator[Finding]:
    sentences = list(warnings)
    if isinstance(results, MovementResults):
        doubted = tuple(Term(angle.name) for angle in results.angles or () if not angle.reliable)
        if doubted:
            yield Finding("doubts", "not_reliable", {"angles": doubted, "number": Count(len(doubted))})
        sentences = [*(remark.sentence for remark in results.remarks if remark.kind != "not_reliable"), *sentences]
    for sentence in dict.fromkeys(sentences):
        yield Finding("doubts", "remark", {"remark": Quotation(sentence)})


def _advice(results: Results) -> Iterator[Finding]:
    if not isinstance(results, MovementResults) or results.repetitions is None:
        return
    odd = [record.number for record in results.repetitions.records if record.warnings or not record.complete]
    if odd:
        numbers = tuple(Count(number) for number in odd)
        yield Finding("advice", "look_at_repetitions", {"numbers": numbers, "number": Count(len(odd))})


def _measured(part: Part, name: str, label: Label, mean: float, sd: float | None, band: ErrorBand | None) -> Finding:
    """A mean with its spread and, where they are known, its error or why it cannot be relied on."""
    values: dict[str, Value] = {"measure": Term(name), "mean": Amount(mean, label.decimals, label.unit)}
    if band is not None and not band.reliable:
        return Finding(part, "measure_not_reliable", {**values, "reason": Quotation(band.reason)})
    key = "measure"
    if sd is not None:
        values["sd"], key = Amount(sd, label.decimals, label.unit), "measure_spread"
    bounds, suffix = _bounds(band, label.decimals, label.unit)
    return Finding(part, f"{key}{suffix}", {**values, **bounds})


def _bounds(band: ErrorBand | None, decimals: int, unit: str) -> tuple[dict[str, Value], str]:
    """Where the true value of a measure lies that is never negative, and what the sentence's key ends with."""
    if band is None or band.low is None or band.high is None:
        return {}, ""
    low, high = (Amount(value, decimals, unit) for value in (band.low, band.high))
    bounds: dict[str, Value] = {"band_high": high, "certainty": Amount(100 * band.coverage, 0, "%")}
    return (bounds, "_below") if band.low <= 0 else ({**bounds, "band_low": low}, "_banded")


def _symmetry(part: Part, name: str, index: float | None, band: ErrorBand | None) -> Iterator[Finding]:
    """An asymmetry is a finding only where its error does not reach 0."""
    if index is None or (band is not None and not band.reliable):
        return
    if band is None or band.low is None:
        return
    values: dict[str, Value] = {"measure": Term(name), "index": Amount(abs(index), 1, "%")}
    side = "right_larger" if index > 0 else "left_larger"
    yield Finding(part, side if band.is_finding else "symmetric", values)
