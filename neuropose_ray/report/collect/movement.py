"""Repetitions and strides: bands in the charts, windows of the mean curves, and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuropose_ray.analysis.gait.events import gait_cycles, gait_events
from neuropose_ray.analysis.gait.parameters import GAIT_PARAMETERS, gait_parameters
from neuropose_ray.analysis.gait.records import GaitCycle, GaitEvents, GaitParameters
from neuropose_ray.analysis.measures.repetition import RepetitionTable, measure_repetitions
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.cycles import Window
from neuropose_ray.analysis.segmentation.repetition_records import Repetition, Repetitions
from neuropose_ray.analysis.segmentation.repetitions import repetitions
from neuropose_ray.render.records import Band, Cell, Column, Table
from neuropose_ray.render.sides import Side
from neuropose_ray.report.collect.curves import label_of
from neuropose_ray.report.collect.ranges import estimate

#: Without these no step can be found.
_WALKED_WITH = ("left_hip", "right_hip", "left_ankle", "right_ankle")
_SIDES = {"right": Side.RIGHT, "left": Side.LEFT, "both": Side.MIDDLE, "none": Side.MIDDLE}
#: The unit is the end of a gait parameter's name; the longer ending first.
_UNITS = {
    "_steps_per_min": "steps/min", "_m_per_s": "m/s", "_percent": "%", "_m": "m", "_s": "s",
}  # fmt: skip
#: Measures of a repetition in the order of the table: field, head, unit (that of the signal filled in), decimals.
_MEASURES = (
    ("duration_s", "Duration", "s", 2),
    ("out_s", "Out", "s", 2),
    ("hold_s", "Hold", "s", 2),
    ("back_s", "Back", "s", 2),
    ("range_of_motion", "Range of motion", "{}", 1),
    ("peak_velocity_out", "Peak velocity out", "{}/s", 0),
    ("peak_velocity_back", "Peak velocity back", "{}/s", 0),
    ("sparc_out", "SPARC out", "", 2),
    ("sparc_back", "SPARC back", "", 2),
    ("symmetry_percent", "Symmetry index", "%", 1),
)
_REPETITION_NOTE = (
    "Out leads from rest to the turning point, back to rest again; the hold lies between them. SPARC is the spectral "
    "arc length of the velocity (Balasubramanian et al. 2015): the nearer to 0, the smoother. The symmetry index "
    "compares the range of motion of right and left (Robinson et al. 1987): 0 is symmetric, positive means that the "
    "right is larger."
)


@dataclass(frozen=True, slots=True)
class Movement:
    """What was done, as the report shows it.

    Attributes:
        followed: the angle in which repetitions were found ("knee_flexion"), or "".
        summary: in a few words, for the head.
        bands: of the charts.
        windows: frames of the cleaned motion for the mean curves of each side.
        tables: repetitions, gait.
        warnings: of both analyses, each beginning with where it comes from.
    """

    followed: str
    summary: str
    bands: tuple[Band, ...]
    windows: Mapping[Side, Sequence[Window]]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


def find_movement(motion: Motion) -> Movement:
    """Repetitions of whatever repeats, and steps where somebody walks.

    The mean curves are over the repetitions where there are any, else over the strides.

    Args:
        motion: cleaned; NaN as :func:`.repetitions` and :func:`.gait_events` say.
    """
    result = repetitions(motion)
    events = gait_events(motion) if motion.skeleton.has(*_WALKED_WITH) else GaitEvents()
    cycles = gait_cycles(events)
    tables: list[Table] = []
    warnings: list[str] = []
    if result.records:
        tables.append(repetition_table(measure_repetitions(motion, result)))
    if result.records or not events.events:
        warnings += [f"Repetitions: {warning}" for warning in result.warnings]
    if not result.records and not events.events:
        warnings += [result.reason, *events.refused]
    if events.events:
        gait = gait_parameters(motion, events)
        tables += gait_tables(gait, cycles, events)
        warnings += [f"Gait: {warning}" for warning in gait.warnings]
    return Movement(
        followed=result.movement,
        summary=_summary(result, events),
        bands=(*_repetition_bands(result), *_cycle_bands(cycles), *_event_bands(events)),
        windows=_windows(result, cycles),
        tables=tuple(tables),
        warnings=tuple(warnings),
    )


def repetition_table(measured: RepetitionTable) -> Table:
    """A row for each repetition, which leads to its turning point, then mean and SD; NaN where not known."""
    sided = any(repetition.side in ("right", "left") for repetition in measured.repetitions)
    first = [Column("No."), *([Column("Side")] if sided else []), Column("Start", "s", 2)]
    first += [Column("Turning point", "s", 2), Column("End", "s", 2)]
    measures = [Column(head, unit.format(measured.unit), decimals) for _, head, unit, decimals in _MEASURES]
    rows: list[tuple[str | float | None, ...]] = []
    for number, (repetition, numbers) in enumerate(
        zip(measured.repetitions, measured.measures, strict=True), start=1
    ):
        values = [getattr(numbers, name) for name, *_ in _MEASURES]
        side = [repetition.side] if sided else []
        rows.append(
            (
                str(number),
                *side,
                repetition.start_s,
                repetition.peak_s,
                repetition.end_s,
                *values,
                repetition.confidence,
                _remarks(repetition),
            )
        )
    empty = [None] * (len(first) - 1)
    summary = measured.summary
    rows.append(("mean", *empty, *(summary[name].mean for name, *_ in _MEASURES), None, None))
    rows.append(("SD", *empty, *(summary[name].sd for name, *_ in _MEASURES), None, None))
    return Table(
        title=f"Repetitions of {measured.movement.replace('_', ' ')}",
        columns=(*first, *measures, Column("Confidence", "", 2), Column("Remarks")),
        rows=tuple(rows),
        seek_s=(*(repetition.peak_s for repetition in measured.repetitions), None, None),
        note=_REPETITION_NOTE,
    )


def gait_tables(gait: GaitParameters, cycles: Sequence[GaitCycle], events: GaitEvents) -> list[Table]:
    """The parameters of both feet, every complete stride, every event; strides and events lead to their times."""
    return [_parameter_table(gait), *([_stride_table(cycles)] if cycles else []), _event_table(events)]


def _parameter_table(gait: GaitParameters) -> Table:
    columns = [Column("Parameter"), Column("Unit")]
    for feet in ("Both", "Left", "Right"):
        columns += [Column(f"{feet}: mean", "", 2), Column("SD", "", 2), Column("n", "", 0)]
    symmetry = {measure.name: estimate(measure.symmetry_index_percent, measure.band) for measure in gait.symmetry}
    rows: list[tuple[Cell, ...]] = []
    for name in GAIT_PARAMETERS:
        label, unit = _split(name)
        cells: list[Cell] = []
        for side in ("both", "left", "right"):
            row = gait.of(name, side)
            cells += [estimate(row.mean, row.band), row.sd, row.n]
        rows.append((label, unit, *cells, symmetry.get(name)))
    meanings = ". ".join(f"{_split(name)[0]}: {meaning}" for name, meaning in GAIT_PARAMETERS.items())
    return Table(
        title="Gait parameters",
        columns=(*columns, Column("Symmetry index", "%", 1)),
        rows=tuple(rows),
        note=f"{meanings}. Symmetry index (Robinson et al. 1987): 0 is symmetric, positive means that the right is "
        "larger.",
    )


def _stride_table(cycles: Sequence[GaitCycle]) -> Table:
    rows: list[tuple[str | float | None, ...]] = []
    counts = dict.fromkeys(("left", "right"), 0)
    for cycle in cycles:
        counts[cycle.side] += 1
        duration = cycle.end_s - cycle.start_s
        stance = cycle.toe_off_s - cycle.start_s
        single = cycle.opposite_heel_strike_s - cycle.opposite_toe_off_s
        shares = [100 * part / duration for part in (stance, single, stance - single)]
        rows.append((f"{cycle.side} {counts[cycle.side]}", cycle.start_s, cycle.end_s, duration, *shares))
    return Table(
        title="Strides",
        columns=(
            Column("Foot"), Column("Start", "s", 2), Column("End", "s", 2), Column("Duration", "s", 2),
            Column("Stance", "%"), Column("Single support", "%"), Column("Double support", "%"),
        ),
        rows=tuple(rows),
        seek_s=tuple(cycle.start_s for cycle in cycles),
    )  # fmt: skip


def _event_table(events: GaitEvents) -> Table:
    return Table(
        title="Gait events",
        columns=(Column("Event"), Column("Foot"), Column("Time", "s", 3)),
        rows=tuple((label_of(event.kind), event.side, event.timestamp_s) for event in events.events),
        seek_s=tuple(event.timestamp_s for event in events.events),
    )


def _split(name: str) -> tuple[str, str]:
    """A gait parameter's name for people, and its unit."""
    ending = next(ending for ending in _UNITS if name.endswith(ending))
    return label_of(name.removesuffix(ending)), _UNITS[ending]


def _remarks(repetition: Repetition) -> str | None:
    return "; ".join(repetition.warnings) or None


def _repetition_bands(series: Repetitions) -> list[Band]:
    return [
        Band(
            "repetition",
            str(number),
            _SIDES[record.side],
            record.start_s,
            record.end_s,
            record.peak_s,
            record.complete,
        )
        for number, record in enumerate(series.records, start=1)
    ]


def _cycle_bands(cycles: Sequence[GaitCycle]) -> list[Band]:
    return [
        Band("cycle", str(number), _SIDES[side], cycle.start_s, cycle.end_s)
        for side in ("left", "right")
        for number, cycle in enumerate((cycle for cycle in cycles if cycle.side == side), start=1)
    ]


def _event_bands(events: GaitEvents) -> list[Band]:
    return [
        Band("event", event.kind.replace("_", " "), _SIDES[event.side], event.timestamp_s, event.timestamp_s)
        for event in events.events
    ]


def _windows(series: Repetitions, cycles: Sequence[GaitCycle]) -> dict[Side, Sequence[Window]]:
    complete = [record for record in series.records if record.complete]
    if any(_SIDES[record.side] is Side.MIDDLE for record in complete):
        return dict.fromkeys(Side, complete)
    sided: Sequence[Repetition | GaitCycle] = complete or cycles
    windows: dict[Side, Sequence[Window]] = {
        side: [record for record in sided if _SIDES[record.side] is side] for side in (Side.LEFT, Side.RIGHT)
    }
    # The trunk has no side: strides of both feet would lay opposite halves of the cycle over each other.
    windows[Side.MIDDLE] = windows[Side.RIGHT] or windows[Side.LEFT]
    return windows


def _summary(series: Repetitions, events: GaitEvents) -> str:
    if series.records:
        return f"{series.movement.replace('_', ' ')}, {_counted(len(series.records), 'repetition')}"
    strikes = sum(event.kind == "heel_strike" for event in events.events)
    if strikes:
        return f"walking, {_counted(strikes, 'heel strike')}"
    return "nothing that repeats"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
