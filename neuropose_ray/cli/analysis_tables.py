"""What `analyze` prints: short tables of a report, or one line per trial of a cohort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console

from neuropose_ray.cli.tables import (
    DOUBTED,
    NOT_KNOWN,
    TextTable,
    doubted,
    estimate,
    heading,
    marked,
    number,
    print_table,
)
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.analysis import (
        AnalysisReport,
        AngleSummary,
        BodyRecord,
        CohortReport,
        DtwResults,
        GaitRecord,
        Jump,
        MovementResults,
        Remark,
        RepetitionsRecord,
        TrialOutcome,
    )

#: Angles that most questions are about; all are in the report.
SHOWN_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_elevation", "elbow_flexion")
#: Measures of a repetition that are shown; all are in the report.
SHOWN_MEASURES = (
    "duration_s", "out_s", "hold_s", "back_s", "range_of_motion", "peak_velocity_out", "peak_velocity_back",
    "sparc_out", "symmetry_percent",
)  # fmt: skip

#: Whose mean body a distribution of masses is.
_WHOSE = {"female": "of women", "male": "of men", "mean": "halfway between women's and men's"}


def print_report(report: AnalysisReport) -> None:
    """Who was measured, the tables of a movement or of distances, and whatever warnings there are."""
    from neuropose_ray.analysis import DtwResults, MovementResults

    console, primary = Console(highlight=False), report.primary
    frames = counted(primary.frame_count, "frame")
    rate = f" at {primary.fps:.4g} fps" if primary.fps and primary.frame_count > 1 else ""
    person = "" if primary.person is None else f"; {primary.person.description}"
    console.print(f"[bold]{primary.video}[/]: {frames}{rate}{person}")
    remarks: tuple[Remark, ...] = ()
    match report.results:
        case MovementResults() as results:
            _print_movement(console, results)
            remarks = results.remarks
        case DtwResults() as results:
            _print_distances(console, results)
    for warning in dict.fromkeys(
        (*report.warnings, *(remark.sentence for remark in remarks if remark.kind != "not_reliable"))
    ):
        print_warning(console, warning)


def print_warning(console: Console, warning: str) -> None:
    """A sentence that a reader of numbers should know."""
    console.print(f"warning: {warning}", style="yellow", markup=False)


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
    headings = (
        "trial", "frames", "person", "seen", "movement", "repetitions", heading("duration", "s"),
        heading("cadence", "steps/min"), heading("speed", "m/s"), "warnings",
    )  # fmt: skip
    rows = tuple((outcome.name, *_cohort_cells(outcome)) for outcome in cohort.trials)
    console = Console(highlight=False)
    print_table(console, TextTable(headings, rows))
    for outcome in cohort.failed:
        console.print(f"failed: {outcome.name}: {outcome.error}", style="red", markup=False)
    good = len(cohort.trials) - len(cohort.failed)
    console.print(f"{counted(len(cohort.trials), 'trial')}: {good} analysed, {len(cohort.failed)} failed")


def _cohort_cells(outcome: TrialOutcome) -> Iterable[str]:
    from neuropose_ray.analysis import MovementResults

    if outcome.report is None:
        return (*[NOT_KNOWN] * 3, "failed", *[NOT_KNOWN] * 5)
    report = outcome.report
    primary, warnings = report.primary, str(len(report.warnings) or NOT_KNOWN)
    covered = NOT_KNOWN if primary.coverage is None else f"{primary.coverage:.0%}"
    who = NOT_KNOWN
    if primary.person is not None and primary.person.track is not None:
        who = f"{primary.person.track} of {1 + len(primary.person.others)}"
    cells = [str(primary.frame_count), who, covered]
    if not isinstance(report.results, MovementResults):
        return (*cells, report.results.kind, *[NOT_KNOWN] * 4, warnings)
    repetitions, gait = report.results.repetitions, report.results.gait
    walks = {} if gait is None else {row.name: row.mean for row in gait.parameters if row.side == "both"}
    has_repetitions = repetitions is not None and bool(repetitions.records)
    movement = repetitions.movement.replace("_", " ") if repetitions and has_repetitions else ""
    cells += [movement or ("walking" if walks else NOT_KNOWN)]
    cells += [str(len(repetitions.records)) if repetitions else NOT_KNOWN]
    cells += [number(repetitions.summary["duration_s"].mean, 2) if repetitions and has_repetitions else NOT_KNOWN]
    cells += [number(walks.get("cadence_steps_per_min"), 0), number(walks.get("speed_m_per_s"), 2)]
    return (*cells, warnings)


def _print_movement(console: Console, results: MovementResults) -> None:
    if results.repetitions is not None and results.repetitions.records:
        _print_repetitions(console, results.repetitions)
    elif results.repetitions is not None:
        console.print("no repetitions")
    if results.gait is not None:
        _print_gait(console, results.gait)
    if results.angles is not None:
        _print_angles(console, results.angles)
    if results.body is not None:
        _print_body(console, results.body)


def _print_repetitions(console: Console, repetitions: RepetitionsRecord) -> None:
    from neuropose_ray.analysis import repetition_label

    name = repetitions.movement.replace("_", " ")
    console.print(f"{counted(len(repetitions.records), 'repetition')} of {name} (out: from rest to the peak)")
    labels = {measure: repetition_label(measure, repetitions.unit) for measure in SHOWN_MEASURES}
    headings = ["", "side", *(heading(text, "s") for text in ("start", "peak", "end"))]
    rows = [
        (
            str(record.number),
            record.side,
            *(number(time, 2) for time in (record.start_s, record.peak_s, record.end_s)),
            *(
                doubted(number(getattr(record, measure), label.decimals), record.bands.get(measure))
                for measure, label in labels.items()
            ),
        )
        for record in repetitions.records
    ]
    blank = ("",) * (len(headings) - 1)
    summary = repetitions.summary
    rows.append(
        (
            "mean",
            *blank,
            *(estimate(summary[name].mean, label.decimals, summary[name].band) for name, label in labels.items()),
        )
    )
    rows.append(("SD", *blank, *(number(summary[name].sd, label.decimals) for name, label in labels.items())))
    headings += [heading(label.text, label.unit) for label in labels.values()]
    print_table(console, TextTable(tuple(headings), tuple(rows), keys=2, bold=(len(rows) - 2, len(rows) - 1)))
    for record in repetitions.records:
        for warning in record.warnings:
            console.print(f"repetition {record.number}: {warning}", style="yellow")


def _print_gait(console: Console, gait: GaitRecord) -> None:
    """The parameters that are known; the others need a longer walk, as the warnings say."""
    from neuropose_ray.analysis import gait_label

    strikes = sum(event.kind == "heel_strike" for event in gait.events)
    lifts = len(gait.events) - strikes
    console.print(f"walking: {counted(strikes, 'heel strike')}, {counted(lifts, 'toe-off')}")
    parameters = {(row.name, row.side): row for row in gait.parameters}
    symmetry = {row.name: row for row in gait.symmetry}
    rows = []
    for (name, side), row in parameters.items():
        if side != "both" or not row.n:
            continue
        label = gait_label(name)
        sides = (parameters[name, leg] for leg in ("left", "right"))
        index = symmetry.get(name)
        rows.append(
            (
                label.text,
                label.unit,
                estimate(row.mean, label.decimals, row.band),
                number(row.sd, label.decimals),
                *(estimate(leg.mean, label.decimals, leg.band) for leg in sides),
                "" if index is None else estimate(index.symmetry_index_percent, 0, index.band),
                str(row.n),
            )
        )
    headings = ("gait", "unit", "both", "SD", "left", "right", heading("symmetry index", "%"), "n")
    print_table(console, TextTable(headings, tuple(rows), keys=2))


def _print_angles(console: Console, angles: tuple[AngleSummary, ...]) -> None:
    by_name = {angle.name: angle for angle in angles}
    columns = ("min", "max", "range", "known")
    headings = ("angle", *(f"{side}\n{column}\n{'%' if column == 'known' else 'deg'}"
                           for side in ("left", "right") for column in columns))  # fmt: skip
    rows = tuple(
        (
            name.replace("_", " "),
            *(cell for side in ("left", "right") for cell in _angle(by_name.get(f"{side}_{name}"))),
        )
        for name in SHOWN_ANGLES
    )
    print_table(console, TextTable(headings, rows))
    for reason in dict.fromkeys(_reasons(by_name)):
        console.print(f"{DOUBTED} {reason}", style="yellow", markup=False)
    if angles:
        console.print(f"({counted(len(angles), 'angle')} with speeds: see the report)", style="dim")


def _angle(angle: AngleSummary | None) -> list[str]:
    if angle is None:
        return [NOT_KNOWN] * 4
    cells = [estimate(getattr(angle, name), 0, angle.bands.get(name)) for name in ("min", "max", "range")]
    cells = [marked(cell, reliable=angle.reliable) for cell in cells]
    known = NOT_KNOWN if angle.coverage is None else f"{100 * angle.coverage:.0f}"
    return [*cells, known]


def _reasons(angles: dict[str, AngleSummary]) -> Iterator[str]:
    """Why angles that are shown are not reliable, each reason once."""
    shown = (angles.get(f"{side}_{name}") for name in SHOWN_ANGLES for side in ("left", "right"))
    for angle in shown:
        if angle is not None and not angle.reliable:
            yield angle.reason or f"{angle.name.replace('_', ' ')} is not reliable"


def _print_body(console: Console, body: BodyRecord) -> None:
    """The centre of mass and energies; jumps and running where there are any."""
    from neuropose_ray.analysis import body_label

    rows = []
    for measure in body.measures:
        label = body_label(measure.name)
        rows.append((label.text, label.unit, estimate(measure.value, label.decimals, measure.band)))
    print_table(console, TextTable(("whole body", "unit", "value"), tuple(rows), keys=2))
    remarks = ", ".join([f"segment masses: {_WHOSE[body.masses]} (de Leva 1996)", *body.stand_ins])
    console.print(f"({remarks}; no forces: these do not follow from one camera)", style="dim")
    for place, run in enumerate(body.running, start=1):
        parts = []
        for measure in run.measures:
            label = body_label(measure.name)
            value = estimate(measure.value, label.decimals, measure.band)
            parts.append(f"{label.text.removeprefix('running ')} {value} {label.unit}")
        console.print(f"run {place}: {counted(run.flights, 'step')} with a flight, {', '.join(parts)}", markup=False)
    if body.jumps:
        _print_jumps(console, body.jumps)


def _print_jumps(console: Console, jumps: tuple[Jump, ...]) -> None:
    headings = (
        "jump", heading("take-off", "s"), heading("landing", "s"), heading("flight time", "s"),
        heading("height", "m"),
        heading("by centre\nof mass", "m"), heading("by flight\ntime", "m"),
    )  # fmt: skip
    rows = tuple(
        (
            str(jump.number),
            number(jump.start_s, 2),
            number(jump.end_s, 2),
            estimate(jump.flight_time_s, 2, jump.flight_time_band),
            estimate(jump.height_m, 2, jump.band),
            number(jump.height_by_centre_m, 2),
            number(jump.height_by_flight_time_m, 2),
        )
        for jump in jumps
    )
    print_table(console, TextTable(headings, rows))


def _print_distances(console: Console, results: DtwResults) -> None:
    if not results.distances:
        return
    per_frame = results.distances_per_frame or (None,) * len(results.distances)
    rows = tuple(
        (label, str(len(path)), number(mean, 2), number(distance, 1))
        for label, path, mean, distance in zip(
            results.segment_labels, results.paths, per_frame, results.distances, strict=True
        )
    )
    unit = results.unit
    headings = ("distance", "pairs of\nframes", f"per frame\nand joint\n{unit}", f"sum over\nall\n{unit}")
    print_table(console, TextTable(headings, rows))
