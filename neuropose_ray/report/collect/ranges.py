"""The range of motion of every angle over the recording, with its error band and whether it can be relied on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from neuropose_ray.analysis import AngleSummary, ErrorBand
from neuropose_ray.render import Cell, Column, Curve, CycleCurve, Estimate, Table
from neuropose_ray.report.collect.curves import label_of

_Marked = TypeVar("_Marked", Curve, CycleCurve)

#: Numbers of an angle in the order of the table: field, head, unit, decimals.
_NUMBERS = (("min", "min", "deg", 0), ("max", "max", "deg", 0), ("range", "range", "deg", 0))
_SIDES = ("left", "right")
_NOTE = (
    "The least and the greatest angle of each joint, and what lies between, over all frames in which it is known; "
    "the share of these is beside them."
)


def range_table(summaries: Sequence[AngleSummary]) -> Table | None:
    """A row for each angle with a side, or without one; None where no angle is known.

    Args:
        summaries: of the angles, in the order of the rows.
    """
    known = {summary.name: summary for summary in summaries if summary.coverage}
    parts = dict.fromkeys(_part(name) for name in known)
    if not parts:
        return None
    columns = [Column("Angle")]
    for side in _SIDES:
        columns += [Column(f"{side.capitalize()}: {head}", unit, decimals) for _, head, unit, decimals in _NUMBERS]
        columns.append(Column("known in", "%", 0))
    rows = tuple(
        (label_of(part), *(cell for side in _SIDES for cell in _cells(_of_side(known, part, side)))) for part in parts
    )
    return Table("Range of motion", tuple(columns), rows, note=_NOTE)


def estimate(value: float | None, band: ErrorBand | None) -> Cell:
    """A number with its error band, as a table's cell; the number alone where there is no band."""
    if band is None:
        return value
    return Estimate(value, band.low, band.high, "" if band.reliable else band.reason)


def doubted(cell: Cell, reason: str) -> Cell:
    """A number's cell with the reason why it cannot be relied on; as it is where there is none."""
    if not reason or isinstance(cell, str):
        return cell
    return replace(cell, unreliable=reason) if isinstance(cell, Estimate) else Estimate(cell, unreliable=reason)


def marked(curves: Sequence[_Marked], summaries: Sequence[AngleSummary]) -> tuple[_Marked, ...]:
    """The same curves, with the reason at those of angles that cannot be relied on."""
    reasons = {summary.name: summary.reason for summary in summaries if not summary.reliable}
    return tuple(
        replace(curve, unreliable=reasons.get(f"{curve.side.name.lower()}_{curve.name}", reasons.get(curve.name, "")))
        for curve in curves
    )


def _part(name: str) -> str:
    side, _, part = name.partition("_")
    return part if side in _SIDES else name


def _of_side(known: Mapping[str, AngleSummary], part: str, side: str) -> AngleSummary | None:
    """The angle of a side; an angle without sides stands on the left."""
    return known.get(f"{side}_{part}", known.get(part) if side == _SIDES[0] else None)


def _cells(summary: AngleSummary | None) -> list[Cell]:
    if summary is None:
        return [None] * (len(_NUMBERS) + 1)
    cells = [_number(summary, field) for field, *_ in _NUMBERS]
    return [*cells, None if summary.coverage is None else 100 * summary.coverage]


def _number(summary: AngleSummary, field: str) -> Cell:
    cell = estimate(getattr(summary, field), summary.bands.get(field))
    return cell if summary.reliable else doubted(cell, summary.reason)
