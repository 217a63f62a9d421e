"""What `analyze` prints: short tables of a report, or one line per trial of a cohort."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from neuropose_ray.analysis import (
        AnalysisReport,
        CohortReport,
        GaitRecord,
        MovementResults,
        RepetitionsRecord,
        TrialOutcome,
    )

NOT_KNOWN = "-"
#: Angles that most questions are about; all are in the report.
SHOWN_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_elevation", "elbow_flexion")
#: Measure of a repetition -> heading and decimals.
SHOWN_MEASURES = {
    "duration_s": ("duration s", 2), "out_s": ("out s", 2), "hold_s": ("hold s", 2), "back_s": ("back s", 2),
    "range_of_motion": ("range", 0), "peak_velocity_out": ("speed out", 0), "peak_velocity_back": ("speed back", 0),
    "sparc_out": ("SPARC out", 2), "symmetry_percent": ("asymmetry %", 0),
}  # fmt: skip


def number(value: float | None, decimals: int = 1) -> str:
    """A number for a cell."""
    return NOT_KNOWN if value is None else f"{value:.{decimals}f}"


def print_report(report: AnalysisReport) -> None:
    """A movement's tables, and whatever warnings there are."""
    from neuropose_ray.analysis import MovementResults

    console, primary = Console(), report.primary
    person = "" if primary.person is None else f"; {primary.person.description}"
    rate = f" at {primary.fps:.4g} fps" if primary.fps else ""
    console.print(f"[bold]{primary.video}[/]: {primary.frame_count} frames{rate}{person}", highlight=False)
    if isinstance(report.results, MovementResults):
        _print_movement(console, report.results)
    for warning in report.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False, highlight=False)


def print_outline(report: AnalysisReport) -> None:
    """Counts, as NeuroPose's command prints them."""
    from neuropose_ray.analysis import DtwResults, StatsResults

    console = Console(soft_wrap=True, highlight=False)
    if report.segmentations:
        counts = ", ".join(
            f"{name}={len(segmentation.segments)}" for name, segmentation in report.segmentations.items()
        )
        console.print(f"segmentations: {counts}", markup=False)
    if isinstance(report.results, DtwResults):
        mean = report.results.summary.get("mean")
        text = "nan" if mean is None else f"{mean:.4f}"
        console.print("analysis kind: dtw")
        console.print(f"distances computed: {len(report.results.distances)} (mean={text})")
    elif isinstance(report.results, StatsResults):
        console.print("analysis kind: stats")
        console.print(f"statistic blocks computed: {len(report.results.statistics)}")
    elif report.results.kind == "none":
        console.print("analysis kind: none")


def print_cohort(cohort: CohortReport) -> None:
    """One line per trial, then the errors."""
    table = Table("trial", "frames", "seen", "movement", "repetitions", "duration s", "cadence /min", "speed m/s",
                  "warnings", box=None)  # fmt: skip
    for outcome in cohort.trials:
        table.add_row(outcome.name, *_cohort_cells(outcome))
    console = Console()
    console.print(table)
    for outcome in cohort.failed:
        console.print(f"failed: {outcome.name}: {outcome.error}", style="red", markup=False, highlight=False)
    good = len(cohort.trials) - len(cohort.failed)
    console.print(f"{len(cohort.trials)} trials: {good} analysed, {len(cohort.failed)} failed", highlight=False)


def _cohort_cells(outcome: TrialOutcome) -> Iterable[str]:
    from neuropose_ray.analysis import MovementResults

    if outcome.report is None:
        return (NOT_KNOWN, NOT_KNOWN, "failed")
    report = outcome.report
    covered = NOT_KNOWN if report.primary.coverage is None else f"{report.primary.coverage:.0%}"
    cells = [str(report.primary.frame_count), covered]
    if not isinstance(report.results, MovementResults):
        return (*cells, report.results.kind)
    repetitions, gait = report.results.repetitions, report.results.gait
    walks = {} if gait is None else {row.name: row.mean for row in gait.parameters if row.side == "both"}
    has_repetitions = repetitions is not None and bool(repetitions.records)
    cells += [repetitions.movement if repetitions and has_repetitions else "walking" if walks else NOT_KNOWN]
    cells += [str(len(repetitions.records)) if repetitions else NOT_KNOWN]
    cells += [number(repetitions.summary["duration_s"].mean, 2) if repetitions and has_repetitions else NOT_KNOWN]
    cells += [number(walks.get("cadence_steps_per_min"), 0), number(walks.get("speed_m_per_s"), 2)]
    return (*cells, str(len(report.warnings) or NOT_KNOWN))


def _print_movement(console: Console, results: MovementResults) -> None:
    if results.repetitions is not None and results.repetitions.records:
        _print_repetitions(console, results.repetitions)
    elif results.repetitions is not None:
        console.print("no repetitions")
    if results.gait is not None:
        _print_gait(console, results.gait)
    if results.angles is not None:
        _print_angles(console, results)


def _print_repetitions(console: Console, repetitions: RepetitionsRecord) -> None:
    name = repetitions.movement.replace("_", " ")
    console.print(
        f"{len(repetitions.records)} repetitions of {name} "
        f"({repetitions.unit}, {repetitions.unit}/s; out: from rest to the peak)",
        highlight=False,
    )
    headings = [heading for heading, _ in SHOWN_MEASURES.values()]
    table = Table("", "side", "start s", "peak s", "end s", *headings, box=None)
    for record in repetitions.records:
        cells = (number(getattr(record, name), decimals) for name, (_, decimals) in SHOWN_MEASURES.items())
        times = (number(time, 2) for time in (record.start_s, record.peak_s, record.end_s))
        table.add_row(str(record.number), record.side, *times, *cells)
    for label, field in (("mean", "mean"), ("SD", "sd")):
        cells = (
            number(getattr(repetitions.summary[name], field), decimals)
            for name, (_, decimals) in SHOWN_MEASURES.items()
        )
        table.add_row(label, "", "", "", "", *cells, style="bold")
    console.print(table)
    for record in repetitions.records:
        for warning in record.warnings:
            console.print(f"repetition {record.number}: {warning}", style="yellow", highlight=False)


def _print_gait(console: Console, gait: GaitRecord) -> None:
    """The parameters that could be told; the others need a longer walk, as the warnings say."""
    console.print(f"walking: {len(gait.events)} heel strikes and toe-offs", highlight=False)
    table = Table("gait", "both", "SD", "left", "right", "n", box=None)
    rows = {(row.name, row.side): row for row in gait.parameters}
    for (name, side), row in rows.items():
        if side == "both" and row.n:
            sides = (number(rows[name, leg].mean, 2) for leg in ("left", "right"))
            table.add_row(name, number(row.mean, 2), number(row.sd, 2), *sides, str(row.n))
    console.print(table)


def _print_angles(console: Console, results: MovementResults) -> None:
    angles = {angle.name: angle for angle in results.angles or ()}
    table = Table("angles, deg", "left min", "max", "range", "right min", "max", "range", box=None)
    for name in SHOWN_ANGLES:
        cells: list[str] = []
        for side in ("left", "right"):
            angle = angles.get(f"{side}_{name}")
            cells += [NOT_KNOWN] * 3 if angle is None else [number(v, 0) for v in (angle.min, angle.max, angle.range)]
        table.add_row(name.replace("_", " "), *cells)
    console.print(table)
    if angles:
        console.print(f"({len(angles)} angles with speeds are in the report)", style="dim", highlight=False)
