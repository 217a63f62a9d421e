"""Repetitions and strides: bands in the charts, windows of the mean curves, and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuropose_ray.analysis import (
    GAIT_PARAMETERS,
    Conditions,
    GaitCycle,
    GaitEvent,
    GaitEvents,
    GaitRecord,
    Motion,
    MovementConfig,
    MovementResults,
    RepetitionRecord,
    RepetitionsRecord,
    Window,
    analyse_movement,
    gait_cycles,
)
from neuropose_ray.render import Band, Cell, Column, Side, Table
from neuropose_ray.report.collect.body import body_tables
from neuropose_ray.report.collect.curves import label_of
from neuropose_ray.report.collect.ranges import estimate

_NOTHING_REPEATS = RepetitionsRecord(movement="", unit="", records=(), summary={})
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
        tables: repetitions, gait, the whole body.
        warnings: of both analyses, and why nothing was found.
        results: repetitions and gait themselves.
    """

    followed: str
    summary: str
    bands: tuple[Band, ...]
    windows: Mapping[Side, Sequence[Window]]
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]
    results: MovementResults


def find_movement(motion: Motion, conditions: Conditions) -> Movement:
    """Repetitions of whatever repeats, and steps where somebody walks.

    The mean curves are over the repetitions where there are any, else over the strides.

    Args:
        motion: cleaned; NaN as :func:`.analyse_movement` says.
        conditions: how the person was recorded, on which the error bands depend.
    """
    result = analyse_movement(motion, MovementConfig(kind="movement", angles=None), conditions)
    # Whatever repeats is asked for, so that there is a record of it, if one of nothing.
    record, gait = result.results.repetitions or _NOTHING_REPEATS, result.results.gait
    events = GaitEvents() if gait is None else GaitEvents(events=gait.events)
    cycles = gait_cycles(events)
    tables = [repetition_table(record)] if record.records else []
    if gait is not None:
        tables += gait_tables(gait, cycles)
    if result.results.body is not None:
        tables += body_tables(result.results.body)
    return Movement(
        followed=record.movement,
        summary=_summary(record, events),
        bands=(*_repetition_bands(record), *_cycle_bands(cycles), *_event_bands(events)),
        windows=_windows(record, cycles),
        tables=tuple(tables),
        warnings=result.warnings,
        results=result.results,
    )


def repetition_table(repetitions: RepetitionsRecord) -> Table:
    """A row for each repetition, which leads to its turning point, then mean and SD; None where not known."""
    sided = any(record.side in ("right", "left") for record in repetitions.records)
    first = [Column("No."), *([Column("Side")] if sided else []), Column("Start", "s", 2)]
    first += [Column("Turning point", "s", 2), Column("End", "s", 2)]
    measures = [Column(head, unit.format(repetitions.unit), decimals) for _, head, unit, decimals in _MEASURES]
    rows: list[tuple[Cell, ...]] = []
    for record in repetitions.records:
        values = [estimate(getattr(record, name), record.bands.get(name)) for name, *_ in _MEASURES]
        times = (record.start_s, record.peak_s, record.end_s)
        remarks = "; ".join(record.warnings) or None
        rows.append(
            (str(record.number), *([record.side] if sided else []), *times, *values, record.confidence, remarks)
        )
    empty = [None] * (len(first) - 1)
    summary = [repetitions.summary[name] for name, *_ in _MEASURES]
    rows.append(("mean", *empty, *(estimate(measure.mean, measure.band) for measure in summary), None, None))
    rows.append(("SD", *empty, *(measure.sd for measure in summary), None, None))
    return Table(
        title=f"Repetitions of {repetitions.movement.replace('_', ' ')}",
        columns=(*first, *measures, Column("Confidence", "", 2), Column("Remarks")),
        rows=tuple(rows),
        seek_s=(*(record.peak_s for record in repetitions.records), None, None),
        note=_REPETITION_NOTE,
    )


def gait_tables(gait: GaitRecord, cycles: Sequence[GaitCycle]) -> list[Table]:
    """The parameters of both feet, every complete stride, every event; strides and events lead to their times."""
    return [_parameter_table(gait), *([_stride_table(cycles)] if cycles else []), _event_table(gait.events)]


def _parameter_table(gait: GaitRecord) -> Table:
    columns = [Column("Parameter"), Column("Unit")]
    for feet in ("Both", "Left", "Right"):
        columns += [Column(f"{feet}: mean", "", 2), Column("SD", "", 2), Column("n", "", 0)]
    symmetry = {measure.name: estimate(measure.symmetry_index_percent, measure.band) for measure in gait.symmetry}
    parameters = {(row.name, row.side): row for row in gait.parameters}
    rows: list[tuple[Cell, ...]] = []
    for name in GAIT_PARAMETERS:
        label, unit = _split(name)
        cells: list[Cell] = []
        for side in ("both", "left", "right"):
            row = parameters[name, side]
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


def _event_table(events: Sequence[GaitEvent]) -> Table:
    return Table(
        title="Gait events",
        columns=(Column("Event"), Column("Foot"), Column("Time", "s", 3)),
        rows=tuple((label_of(event.kind), event.side, event.timestamp_s) for event in events),
        seek_s=tuple(event.timestamp_s for event in events),
    )


def _split(name: str) -> tuple[str, str]:
    """A gait parameter's name for people, and its unit."""
    ending = next(ending for ending in _UNITS if name.endswith(ending))
    return label_of(name.removesuffix(ending)), _UNITS[ending]


def _repetition_bands(series: RepetitionsRecord) -> list[Band]:
    return [
        Band(
            "repetition",
            str(record.number),
            _SIDES[record.side],
            record.start_s,
            record.end_s,
            record.peak_s,
            record.complete,
        )
        for record in series.records
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


def _windows(series: RepetitionsRecord, cycles: Sequence[GaitCycle]) -> dict[Side, Sequence[Window]]:
    complete = [record for record in series.records if record.complete]
    if any(_SIDES[record.side] is Side.MIDDLE for record in complete):
        return dict.fromkeys(Side, complete)
    sided: Sequence[RepetitionRecord | GaitCycle] = complete or cycles
    windows: dict[Side, Sequence[Window]] = {
        side: [record for record in sided if _SIDES[record.side] is side] for side in (Side.LEFT, Side.RIGHT)
    }
    # The trunk has no side: strides of both feet would lay opposite halves of the cycle over each other.
    windows[Side.MIDDLE] = windows[Side.RIGHT] or windows[Side.LEFT]
    return windows


def _summary(series: RepetitionsRecord, events: GaitEvents) -> str:
    if series.records:
        return f"{series.movement.replace('_', ' ')}, {_counted(len(series.records), 'repetition')}"
    strikes = sum(event.kind == "heel_strike" for event in events.events)
    if strikes:
        return f"walking, {_counted(strikes, 'heel strike')}"
    return "nothing that repeats"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
