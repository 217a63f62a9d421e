"""The whole body in a report: tables of the centre of mass, jumps and running, and their curves over time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import (
    BODY_MEASURES,
    RUNNING_MEASURES,
    BodyOverTime,
    BodyRecord,
    Motion,
    body_label,
    body_over_time,
    missing_joints,
)
from neuropose_ray.render import Cell, Column, Curve, Side, Table
from neuropose_ray.report.collect.ranges import estimate

_WHOSE = {"female": "women's", "male": "men's", "mean": "the mean of women's and men's"}
#: Curves: name, label, unit, what it is.
_CURVES = (
    ("centre_height", "Height of the centre of mass", "m", "How high the centre of mass is over its lowest place."),
    ("centre_speed", "Speed of the centre of mass", "m/s", "How fast the centre of mass moves, in any direction."),
    ("kinetic_energy", "Kinetic energy", "J/kg", "Of all segments, moving and turning, over the body's mass."),
)


def body_tables(body: BodyRecord) -> Iterator[Table]:
    """The numbers of the whole body; jumps and runs lead to their times."""
    rows: list[tuple[Cell, ...]] = []
    for measure in body.measures:
        label = body_label(measure.name)
        rows.append((_capital(label.text), label.unit, estimate(measure.value, measure.band)))
    notes = [
        f"Segment masses and centres: {_WHOSE[body.masses]} (de Leva 1996)",
        *map(_capital, body.stand_ins),
        *(f"{_capital(body_label(name).text)}: {meaning}" for name, meaning in BODY_MEASURES.items()),
        "Forces do not follow from what one camera sees, and are not given",
    ]
    columns = (Column("Measure"), Column("Unit"), Column("Value", "", 2))
    yield Table("Centre of mass and energy", columns, tuple(rows), note=f"{'. '.join(notes)}.")
    if body.jumps:
        yield _jumps(body)
    if body.running:
        yield _runs(body)


def body_curves(raw: Motion, cleaned: Motion) -> tuple[Curve, ...]:
    """Height and speed of the centre of mass, and kinetic energy, over time; none where the skeleton lacks joints.

    Args:
        raw: as the pose model said, NaN where not known.
        cleaned: fitted and cleaned, at the same times.
    """
    if missing_joints(cleaned.skeleton):
        return ()
    before, after = body_over_time(raw), body_over_time(cleaned)
    series = zip(_series(before), _series(after), strict=True)
    return tuple(
        Curve(name, label, unit, Side.MIDDLE, was, is_now, definition)
        for (name, label, unit, definition), (was, is_now) in zip(_CURVES, series, strict=True)
    )


def _series(body: BodyOverTime) -> tuple[NDArray[np.float64], ...]:
    return body.height_m, body.speed_m_per_s, body.motion.kinetic_j_per_kg


def _jumps(body: BodyRecord) -> Table:
    columns = (
        Column("Jump"), Column("Take-off", "s", 2), Column("Landing", "s", 2), Column("Flight time", "s", 2),
        Column("Height", "m", 2), Column("By centre of mass", "m", 2), Column("By flight time", "m", 2),
        Column("From"), Column("Onto"),
    )  # fmt: skip
    rows = tuple(
        (
            str(jump.number),
            jump.start_s,
            jump.end_s,
            estimate(jump.flight_time_s, jump.flight_time_band),
            estimate(jump.height_m, jump.band),
            jump.height_by_centre_m,
            jump.height_by_flight_time_m,
            jump.take_off,
            jump.landing,
        )
        for jump in body.jumps
    )
    note = (
        "Height is how far the centre of mass rises after take-off: as it is seen to, and as a body does that falls "
        "freely for the time of flight, g t2 / 8 (Bosco et al. 1983). The mean of both stands first, their "
        "disagreement is within its error."
    )
    return Table("Jumps", columns, rows, tuple(jump.start_s for jump in body.jumps), note)


def _runs(body: BodyRecord) -> Table:
    labels = [body_label(name) for name in RUNNING_MEASURES]
    heads = (Column(_capital(label.text.removeprefix("running ")), label.unit, label.decimals) for label in labels)
    columns = (Column("Run"), Column("Start", "s", 2), Column("End", "s", 2), Column("Flights", "", 0), *heads)
    rows = tuple(
        (
            str(number),
            run.start_s,
            run.end_s,
            float(run.flights),
            *(estimate(measure.value, measure.band) for measure in run.measures),
        )
        for number, run in enumerate(body.running, start=1)
    )
    note = ". ".join(
        f"{_capital(body_label(name).text.removeprefix('running '))}: {meaning}"
        for name, meaning in RUNNING_MEASURES.items()
    )
    return Table("Running", columns, rows, tuple(run.start_s for run in body.running), f"{note}.")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
