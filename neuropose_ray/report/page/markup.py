"""The parts of the page that are text and tables, as HTML; all text of others is escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

from neuropose_ray.render import Cell, Column, Estimate, Fact, Table
from neuropose_ray.schemas.immutable import utf8_text

_UNKNOWN = "\N{EN DASH}"
_UNIT_SIGNS = {"deg": "°", "deg/s": "°/s", "percent": "%"}


def shown_unit(unit: str) -> str:
    """A unit as it is written behind numbers: "deg" as the degree sign."""
    return _UNIT_SIGNS.get(unit, unit)


def escaped(text: str) -> str:
    """Text that is shown as it is, whatever it holds."""
    return html.escape(utf8_text(text))


def fact_list(facts: Sequence[Fact]) -> str:
    """A list of labels and values, empty for no facts."""
    pairs = (f"<div><dt>{escaped(fact.label)}</dt><dd>{_fact_value(fact)}</dd></div>" for fact in facts)
    return f'<dl class="facts">{"".join(pairs)}</dl>' if facts else ""


def _fact_value(fact: Fact) -> str:
    text = escaped(fact.value)
    return f'<details class="fold"><summary>show</summary><pre>{text}</pre></details>' if fact.folded else text


def warnings(texts: Sequence[str]) -> str:
    """Warnings folded to one line that says how many there are and what the first of them is; empty for none."""
    if not texts:
        return ""
    count = f"{len(texts)} things" if len(texts) > 1 else "1 thing"
    return (
        f'<details class="card warnings"><summary><strong>{count} to know before you use the numbers</strong>'
        f'<span class="first">{escaped(texts[0])}</span></summary>{sentences(texts)}</details>'
    )


def by_person(parts: Sequence[str], shown: int) -> str:
    """A part of the page for each person, of which the script shows one; the others are hidden.

    Args:
        parts: HTML of each person, in the order of the people.
        shown: the person with whom the page begins.
    """
    sections = []
    for number, part in enumerate(parts):
        hidden = "" if number == shown else ' hidden=""'
        sections.append(f'<div class="person" data-person="{number}"{hidden}>{part}</div>' if part else "")
    return "".join(sections)


def sentences(texts: Sequence[str]) -> str:
    """A list with a sentence in each line, empty for none."""
    return f"<ul>{''.join(f'<li>{escaped(text)}</li>' for text in texts)}</ul>" if texts else ""


def tables(every: Iterable[Table]) -> str:
    """A section for each table."""
    return "".join(_table(table) for table in every)


def _table(table: Table) -> str:
    numeric = [any(not isinstance(row[at], str) for row in table.rows) for at in range(len(table.columns))]
    head = "".join(_head(column, right) for column, right in zip(table.columns, numeric, strict=True))
    times = table.seek_s or (None,) * len(table.rows)
    body = "".join(_row(row, seek_s, table.columns) for row, seek_s in zip(table.rows, times, strict=True))
    leads = any(seek_s is not None for seek_s in table.seek_s)
    hint = '<p class="hint no-print">A click on a row, or Enter, goes to its time.</p>' if leads else ""
    notes = [*([table.note] if table.note else []), *_reasons(table)]
    note = "".join(f'<p class="note">{escaped(text)}</p>' for text in notes)
    title = escaped(table.title)
    return (
        f'<section class="card"><h2>{title}</h2>{hint}'
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}</section>"
    )


def _reasons(table: Table) -> list[str]:
    """What grey numbers and the ranges below numbers mean, where there are such."""
    estimates = [cell for row in table.rows for cell in row if isinstance(cell, Estimate)]
    reasons = dict.fromkeys(cell.unreliable for cell in estimates if cell.unreliable)
    notes = [f"Grey, not reliable: {reason}" for reason in reasons]
    if any(cell.low is not None and cell.high is not None for cell in estimates):
        notes.insert(0, "The true value lies in the range below a number in at least 9 of 10 recordings.")
    return notes


def _head(column: Column, right: bool) -> str:
    small = f' <span class="unit">{escaped(shown_unit(column.unit))}</span>' if column.unit else ""
    kind = ' class="number"' if right else ""
    return f'<th scope="col"{kind}>{escaped(column.label)}{small}</th>'


def _row(row: Sequence[Cell], seek_s: float | None, columns: Sequence[Column]) -> str:
    cells = "".join(_cell(cell, column) for cell, column in zip(row, columns, strict=True))
    if seek_s is None or not math.isfinite(seek_s):
        return f"<tr>{cells}</tr>"
    return f'<tr data-seek-s="{seek_s:.6f}" tabindex="0" title="Go to {seek_s:.2f} s">{cells}</tr>'


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, str):
        return f"<td>{escaped(cell)}</td>"
    if isinstance(cell, Estimate):
        return _estimate(cell, column)
    return f'<td class="number">{_number(cell, column.decimals)}</td>'


def _estimate(cell: Estimate, column: Column) -> str:
    """A number with its band below it; grey, with the reason, where it cannot be relied on."""
    number = _number(cell.value, column.decimals)
    if cell.low is not None and cell.high is not None:
        low, high = (_number(value, column.decimals) for value in (cell.low, cell.high))
        number += f'<span class="band">{low} to {high}</span>'
    if not cell.unreliable:
        return f'<td class="number">{number}</td>'
    reason = escaped(cell.unreliable)
    return f'<td class="number unreliable" title="Not reliable: {reason}">{number}</td>'


def _number(value: float | None, decimals: int) -> str:
    if value is None or not math.isfinite(value):
        return _UNKNOWN
    text = f"{value:.{decimals}f}"
    # A true minus is as wide as a plus, and is read as one; nothing is less than nothing.
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
