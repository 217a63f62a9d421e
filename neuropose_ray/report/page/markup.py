"""The parts of the page that are text and tables, as HTML; all text of others is escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

from neuropose_ray.render.records import Column, Fact, Table
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
    pairs = (f"<div><dt>{escaped(fact.label)}</dt><dd>{escaped(fact.value)}</dd></div>" for fact in facts)
    return f'<dl class="facts">{"".join(pairs)}</dl>' if facts else ""


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
    note = f'<p class="note">{escaped(table.note)}</p>' if table.note else ""
    title = escaped(table.title)
    return (
        f'<section class="card"><h2>{title}</h2>{hint}'
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}</section>"
    )


def _head(column: Column, right: bool) -> str:
    small = f' <span class="unit">{escaped(shown_unit(column.unit))}</span>' if column.unit else ""
    kind = ' class="number"' if right else ""
    return f'<th scope="col"{kind}>{escaped(column.label)}{small}</th>'


def _row(row: Sequence[str | float | None], seek_s: float | None, columns: Sequence[Column]) -> str:
    cells = "".join(_cell(cell, column) for cell, column in zip(row, columns, strict=True))
    if seek_s is None or not math.isfinite(seek_s):
        return f"<tr>{cells}</tr>"
    return f'<tr data-seek-s="{seek_s:.6f}" tabindex="0" title="Go to {seek_s:.2f} s">{cells}</tr>'


def _cell(cell: str | float | None, column: Column) -> str:
    if isinstance(cell, str):
        return f"<td>{escaped(cell)}</td>"
    known = cell is not None and math.isfinite(cell)
    # A true minus is as wide as a plus, and is read as one.
    text = f"{cell:.{column.decimals}f}".replace("-", "\N{MINUS SIGN}") if known else _UNKNOWN
    return f'<td class="number">{text}</td>'
