"""The parts of a recording in which every number is known: programs stop reading at one that is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# A joint angle bends little in so short a time; over longer gaps a straight line would be an invention.
_LONGEST_FILL_S = 0.25
# A column that is known over less of the time than this would cost all others more than it is worth.
_LEAST_SPAN = 0.5


@dataclass(frozen=True, slots=True)
class KnownParts:
    """Rows without a missing number, and what it took to have them.

    Attributes:
        parts: for each stretch the indices ``(rows,)`` of its rows.
        columns: names to ``(all rows,)``, short gaps filled.
        notes: what was left out or filled, without full stops.
    """

    parts: tuple[NDArray[np.int64], ...]
    columns: Mapping[str, NDArray[np.float64]]
    notes: tuple[str, ...]


def known_parts(times_s: NDArray[np.float64], columns: Mapping[str, NDArray[np.float64]]) -> KnownParts:
    """Fill short gaps by straight lines, and cut at the long ones.

    Columns that are known nowhere, or over less than half of the time that the longest is known over, are left out;
    so are rows before the first and after the last in which all others are known. Gaps of up to 0.25 s are filled,
    longer ones part the recording.

    Args:
        times_s: ``(rows,)`` ascending.
        columns: names to ``(rows,)``, NaN where not known.
    """
    spans = {name: _span(values) for name, values in columns.items()}
    longest = max((stop - start for start, stop in spans.values()), default=0)
    kept = {
        name: _filled(times_s, values)
        for name, values in columns.items()
        if spans[name][1] - spans[name][0] > _LEAST_SPAN * longest
    }
    notes = []
    if dropped := [name for name in columns if name not in kept]:
        notes.append(f"known too seldom and left out: {', '.join(dropped)}")
    if not kept:
        return KnownParts((), {}, tuple(notes))
    known = np.asarray(np.isfinite(np.stack(list(kept.values()))).all(axis=0))
    parts = tuple(rows for rows in _stretches(known) if len(rows) > 1)
    written = np.zeros(len(times_s), bool)
    for rows in parts:
        written[rows] = True
    first, last = (int(np.flatnonzero(written)[end]) for end in (0, -1)) if parts else (len(times_s), len(times_s))
    if outside := first + max(0, len(times_s) - 1 - last):
        notes.append(f"{outside} rows before the first and after the last known one are left out")
    filled = written & ~np.isfinite(np.stack([columns[name] for name in kept])).all(0)
    if filled.any():
        notes.append(f"gaps of up to {_LONGEST_FILL_S:g} s in {int(filled.sum())} rows are filled by straight lines")
    if inside := int((~written[first : last + 1]).sum()):
        notes.append(f"{inside} rows in longer gaps are left out")
    return KnownParts(parts, kept, tuple(notes))


def _span(values: NDArray[np.float64]) -> tuple[int, int]:
    """From the first known row to behind the last one."""
    known = np.flatnonzero(np.isfinite(values))
    return (int(known[0]), int(known[-1]) + 1) if len(known) else (0, 0)


def _filled(times_s: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.flatnonzero(np.isfinite(values))
    filled = values.copy()
    for before, after in pairwise(known.tolist()):
        if after - before > 1 and times_s[after] - times_s[before] <= _LONGEST_FILL_S:
            rows = slice(before + 1, after)
            filled[rows] = np.interp(times_s[rows], times_s[[before, after]], values[[before, after]])
    return filled


def _stretches(known: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    rows = np.flatnonzero(known)
    return [part for part in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(part)]
