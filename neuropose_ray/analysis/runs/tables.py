"""Reports as a tidy table: one number in a row, for statistics programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypedDict

from neuropose_ray.analysis.body.records import BodyMeasure
from neuropose_ray.analysis.measures.labels import body_label, gait_label, repetition_label
from neuropose_ray.analysis.measures.repetition import MEASURES
from neuropose_ray.analysis.runs.cohort import TrialOutcome
from neuropose_ray.analysis.runs.movement_records import ANGLE_STATISTICS, MovementResults
from neuropose_ray.analysis.runs.report import AnalysisReport, DtwResults, StatsResults
from neuropose_ray.analysis.uncertainty.bands import ANGLE_UNITS
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.csv_cells import csv_cells


class TidyRow(TypedDict, total=False):
    """One number.

    ``part`` is trial, angle, repetition, gait, body, running, jump, dtw, signal or segments; ``name`` what was
    measured; ``repetition`` counts repetitions, runs or jumps from 1; ``statistic`` is value, mean, sd, ...; ``low``
    and ``high`` are between which the true value lies, where that is known, in the same unit; ``reliable`` is False
    where the number cannot be relied on.
    """

    trial: str
    path: str
    part: str
    name: str
    side: str
    repetition: int
    statistic: str
    value: float | None
    unit: str
    low: float | None
    high: float | None
    reliable: bool
    reason: str
    error: str


COLUMNS = tuple(TidyRow.__annotations__)


def tidy_rows(outcome: TrialOutcome) -> Iterator[TidyRow]:
    """All numbers of a trial; of one that failed a single row with the error."""
    of_trial: TidyRow = {"trial": outcome.name, "path": outcome.path}
    if outcome.report is None:
        yield {**of_trial, "error": outcome.error or ""}
        return
    for row in _numbers(outcome.report):
        yield {**of_trial, **row}


def write_tidy_csv(path: Path, outcomes: Iterable[TrialOutcome]) -> None:
    """Write the rows of trials as CSV, atomically; what is not known is an empty cell.

    Raises:
        OutputError: the file system refuses.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for outcome in outcomes:
        writer.writerows(csv_cells(row.get(column, "") for column in COLUMNS) for row in tidy_rows(outcome))
    atomic_write_bytes(path, text.getvalue().encode())


def _numbers(report: AnalysisReport) -> Iterator[TidyRow]:
    yield {"part": "trial", "name": "frames", "statistic": "value", "value": float(report.primary.frame_count)}
    yield {"part": "trial", "name": "coverage", "statistic": "value", "value": report.primary.coverage}
    if (person := report.primary.person) is not None and person.track is not None:
        yield {"part": "trial", "name": "track", "statistic": "value", "value": float(person.track)}
        yield {"part": "trial", "name": "tracks", "statistic": "n", "value": 1.0 + len(person.others)}
    match report.results:
        case MovementResults() as results:
            yield from _angles(results)
            yield from _repetitions(results)
            yield from _gait(results)
            yield from _body(results)
        case DtwResults() as results:
            yield from _distances(results)
        case StatsResults() as results:
            for label, statistics in zip(results.segment_labels, results.statistics, strict=True):
                for name, value in statistics:
                    yield {"part": "signal", "name": label, "statistic": name, "value": value}
    for name, segmentation in report.segmentations.items():
        yield {"part": "segments", "name": name, "statistic": "n", "value": float(len(segmentation.segments))}


def _distances(results: DtwResults) -> Iterator[TidyRow]:
    for name, distances in (("distance", results.distances), ("per_frame", results.distances_per_frame)):
        for label, distance in zip(results.segment_labels, distances, strict=False):
            yield {"part": "dtw", "name": label, "statistic": name, "value": distance, "unit": results.unit}


def _angles(results: MovementResults) -> Iterator[TidyRow]:
    for angle in results.angles or ():
        for name in ANGLE_STATISTICS:
            unit = ANGLE_UNITS.get(name, "deg")
            row: TidyRow = {
                "part": "angle", "name": angle.name, "statistic": name, "value": getattr(angle, name), "unit": unit,
            }  # fmt: skip
            doubt: TidyRow = {} if angle.reliable else {"reliable": False, "reason": angle.reason}
            yield {**row, **doubt, **_band(angle.bands.get(name))}


def _repetitions(results: MovementResults) -> Iterator[TidyRow]:
    if results.repetitions is None:
        return
    yield {"part": "repetition", "name": "count", "statistic": "n", "value": float(len(results.repetitions.records))}
    for repetition in results.repetitions.records:
        for name in ("start_s", "peak_s", "end_s", *MEASURES):
            unit = repetition_label(name, results.repetitions.unit).unit if name in MEASURES else "s"
            row: TidyRow = {
                "part": "repetition", "name": name, "side": repetition.side, "repetition": repetition.number,
                "statistic": "value", "value": getattr(repetition, name), "unit": unit,
            }  # fmt: skip
            yield {**row, **_band(repetition.bands.get(name))}


def _gait(results: MovementResults) -> Iterator[TidyRow]:
    if results.gait is None:
        return
    for row in results.gait.parameters:
        for name in ("mean", "sd", "n"):
            number: TidyRow = {
                "part": "gait", "name": row.name, "side": row.side, "statistic": name, "value": getattr(row, name),
                "unit": "" if name == "n" else gait_label(row.name).unit,
            }  # fmt: skip
            yield {**number, **_band(row.band if name == "mean" else None)}
    for symmetry in results.gait.symmetry:
        value = symmetry.symmetry_index_percent
        number = {"part": "gait", "name": symmetry.name, "statistic": "symmetry_index", "value": value, "unit": "%"}
        yield {**number, **_band(symmetry.band)}


def _body(results: MovementResults) -> Iterator[TidyRow]:
    if results.body is None:
        return
    for measure in results.body.measures:
        yield {"part": "body", **_measure(measure)}
    yield {"part": "jump", "name": "count", "statistic": "n", "value": float(len(results.body.jumps))}
    for jump in results.body.jumps:
        for name, value, band in (
            ("start_s", jump.start_s, None),
            ("end_s", jump.end_s, None),
            ("flight_time_s", jump.flight_time_s, jump.flight_time_band),
            ("height_m", jump.height_m, jump.band),
            ("height_by_centre_m", jump.height_by_centre_m, None),
            ("height_by_flight_time_m", jump.height_by_flight_time_m, None),
        ):
            row: TidyRow = {"part": "jump", "name": name, "repetition": jump.number, "statistic": "value"}
            yield {**row, "value": value, "unit": body_label(name).unit, **_band(band)}
    for number, run in enumerate(results.body.running, start=1):
        for measure in run.measures:
            yield {"part": "running", "repetition": number, **_measure(measure)}


def _measure(measure: BodyMeasure) -> TidyRow:
    row: TidyRow = {"name": measure.name, "statistic": "value", "value": measure.value}
    return {**row, "unit": body_label(measure.name).unit, **_band(measure.band)}


def _band(band: ErrorBand | None) -> TidyRow:
    """How far off a number may be, and whether it can be relied on."""
    if band is None:
        return {}
    row: TidyRow = {"low": band.low, "high": band.high}
    return row if band.reliable else {**row, "reliable": False, "reason": band.reason}
