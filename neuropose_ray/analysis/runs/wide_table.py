"""Reports as a wide table: a trial in a row, a column for each number with its unit in the name, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

from neuropose_ray.analysis.body.records import BodyRecord
from neuropose_ray.analysis.measures.labels import body_label, column_unit, gait_label, repetition_label
from neuropose_ray.analysis.runs.cohort import TrialOutcome
from neuropose_ray.analysis.runs.movement_records import MovementResults, RepetitionsRecord
from neuropose_ray.analysis.runs.tables import TidyRow, tidy_rows
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.csv_cells import csv_cells

#: Parts of which a trial has as many numbers as there are repetitions, jumps or runs in it.
_NUMBERED = ("repetition", "jump", "running")
_Cell = str | float | int | bool | None


def wide_row(outcome: TrialOutcome) -> dict[str, _Cell]:
    """All numbers of a trial but those of its single repetitions, by the name of their column.

    A column is called after part, name, side, statistic and unit: ``gait_cadence_both_mean_steps_per_min``,
    ``left_knee_flexion_range_deg``. Behind a number whose error is known follow ``_low`` and ``_high`` with the same
    unit; an angle that cannot be relied on says so in ``_reliable``. What is not known is None.
    """
    row: dict[str, _Cell] = {"trial": outcome.name, "path": outcome.path}
    if outcome.report is None:
        return {**row, "error": outcome.error or ""}
    report = outcome.report
    if report.primary.person is not None:
        row["person"] = report.primary.person.description
    for number in tidy_rows(outcome):
        if number["part"] not in _NUMBERED or number["name"] == "count":
            row |= _cells(number)
    if isinstance(report.results, MovementResults) and report.results.repetitions is not None:
        row |= dict(_of_repetitions(report.results.repetitions))
    if isinstance(report.results, MovementResults) and report.results.body is not None:
        row |= dict(_of_jumps(report.results.body))
    row["warnings"] = "; ".join(report.warnings)
    row["error"] = ""
    return row


def write_wide_table(path: Path, outcomes: Iterable[TrialOutcome]) -> None:
    """Write a row for each trial as CSV, atomically; what is not known, or no number of that trial, is an empty cell.

    Raises:
        OutputError: the file system refuses.
    """
    rows = [wide_row(outcome) for outcome in outcomes]
    last = ("warnings", "error")
    columns = dict.fromkeys(name for row in rows for name in row if name not in last)
    text = io.StringIO(newline="")
    names = [*columns, *(name for name in last if any(name in row for row in rows))]
    writer = csv.writer(text)
    writer.writerow(csv_cells(names))
    writer.writerows(csv_cells(row.get(name, "") for name in names) for row in rows)
    atomic_write_bytes(path, text.getvalue().encode())


def _cells(number: TidyRow) -> Iterator[tuple[str, _Cell]]:
    """A number, and how far off it may be."""
    unit = column_unit(number.get("unit", ""))
    stem = _stem(number)
    yield _named(stem, unit), number["value"]
    for end, value in (("low", number.get("low")), ("high", number.get("high"))):
        if value is not None:
            yield _named(f"{stem}_{end}", unit), value
    if not number.get("reliable", True):
        yield f"{stem}_reliable", False


def _stem(number: TidyRow) -> str:
    """The name of a column without its unit."""
    part, name, statistic = number["part"], number["name"], number["statistic"]
    match part:
        case "trial":
            return name
        case "angle":
            return f"{name}_{statistic}"
        case "repetition":
            return "repetitions_n"
        case "jump":
            return "jumps_n"
        case "body":
            return "_".join(["body", *body_label(name).text.lower().split()])
        case "gait":
            side = [number["side"]] if number.get("side") else []
            return "_".join(["gait", *gait_label(name).text.split(), *side, statistic])
        case _:
            return f"{part}_{name}_{statistic}"


def _of_repetitions(repetitions: RepetitionsRecord) -> Iterator[tuple[str, _Cell]]:
    if not repetitions.records:
        return
    yield "repetitions_movement", repetitions.movement
    for name, summary in repetitions.summary.items():
        label = repetition_label(name, repetitions.unit)
        stem, unit = f"repetition_{label.text.lower().replace(' ', '_')}", column_unit(label.unit)
        yield _named(f"{stem}_mean", unit), summary.mean
        yield _named(f"{stem}_sd", unit), summary.sd
        if summary.band is not None:
            yield _named(f"{stem}_mean_low", unit), summary.band.low
            yield _named(f"{stem}_mean_high", unit), summary.band.high
            if not summary.band.reliable:
                yield f"{stem}_mean_reliable", False


def _of_jumps(body: BodyRecord) -> Iterator[tuple[str, _Cell]]:
    """The highest jump, and the first of the runs."""
    if body.jumps:
        best = max(body.jumps, key=lambda jump: jump.height_m)
        yield "jump_highest_m", best.height_m
        yield "jump_highest_low_m", best.band.low
        yield "jump_highest_high_m", best.band.high
        yield "jump_highest_flight_time_s", best.flight_time_s
        if not best.band.reliable:
            yield "jump_highest_reliable", False
    for run in body.running[:1]:
        for measure in run.measures:
            label = body_label(measure.name)
            yield _named("_".join(label.text.split()), column_unit(label.unit)), measure.value


def _named(stem: str, unit: str) -> str:
    return f"{stem}_{unit}" if unit else stem
