"""Tables of text in which nothing is cut: what is wider than the console goes on below, in blocks of columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from neuropose_ray.analysis import ErrorBand

NOT_KNOWN = "-"
#: Behind a number that is not reliable.
DOUBTED = "?"
_BETWEEN = "  "


def number(value: float | None, decimals: int = 1) -> str:
    """A number for a cell, never "-0"."""
    return NOT_KNOWN if value is None else f"{value:z.{decimals}f}"


def estimate(value: float | None, decimals: int, band: ErrorBand | None) -> str:
    """A number with its error band where that is known: "131 ±8", "12?" where it is not reliable.

    A band that does not lie evenly around the number is written as its ends: "131 (120 to 134)".
    """
    text = number(value, decimals)
    if band is None or value is None:
        return text
    if band.low is not None and band.high is not None:
        half = (band.high - band.low) / 2
        around = number((band.low + band.high) / 2, decimals)
        ends = f"({number(band.low, decimals)} to {number(band.high, decimals)})"
        text = f"{text} ±{number(half, decimals)}" if around == text else f"{text} {ends}"
    return doubted(text, band)


def doubted(text: str, band: ErrorBand | None) -> str:
    """A number's text, marked where the number is not reliable."""
    return marked(text, reliable=band is None or band.reliable)


def marked(text: str, *, reliable: bool) -> str:
    """A number's text with a mark, once, where the number is not reliable."""
    return text if reliable or text == NOT_KNOWN or text.endswith(DOUBTED) else text + DOUBTED


def heading(text: str, unit: str = "") -> str:
    """A heading of a word in each line, and its unit in the last."""
    return "\n".join([*text.split(), *([unit] if unit else [])])


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table of text.

    Attributes:
        headings: of the columns; one of several lines has its unit in the last.
        rows: a cell for each column.
        keys: how many columns at the left say what a row is; they begin every block.
        bold: rows that stand out, as those of means, by their places.
    """

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: int = 1
    bold: Collection[int] = ()

    def __post_init__(self) -> None:
        """Check the rows against the headings.

        Raises:
            ValueError: a row has another number of cells.
        """
        if any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError(f"a row has not {len(self.headings)} cells")


def print_table(console: Console, table: TextTable) -> None:
    """Print a table within the console's width, in blocks one below the other where it is wider.

    Numbers are set to the right, words to the left. A cell is never cut: one that is wider than the console makes
    a line that is.
    """
    widths = [_width(table, column) for column in range(len(table.headings))]
    for count, columns in enumerate(_blocks(widths, table.keys, console.width)):
        if count:
            console.print()
        for line in _lines(table, columns, widths):
            console.print(line, soft_wrap=True, highlight=False)


def _width(table: TextTable, column: int) -> int:
    texts = [*table.headings[column].split("\n"), *(row[column] for row in table.rows)]
    return max(map(cell_len, texts))


def _blocks(widths: Sequence[int], keys: int, room: int) -> Iterator[list[int]]:
    """The columns of each block: the keys, and as many others as there is room for, at least one."""
    first = list(range(keys))
    block, used = list(first), _taken(widths, first)
    for column in range(keys, len(widths)):
        width = len(_BETWEEN) + widths[column]
        if used + width > room and len(block) > keys:
            yield block
            block, used = list(first), _taken(widths, first)
        block.append(column)
        used += width
    yield block


def _taken(widths: Sequence[int], columns: Sequence[int]) -> int:
    return sum(widths[column] for column in columns) + len(_BETWEEN) * max(len(columns) - 1, 0)


def _lines(table: TextTable, columns: Sequence[int], widths: Sequence[int]) -> Iterator[Text]:
    right = {column for column in columns if column >= table.keys and _is_numeric(table, column)}
    headings = {column: table.headings[column].split("\n") for column in columns}
    height = max(len(lines) for lines in headings.values())
    for line in range(height):
        cells = {column: _at(lines, line, height) for column, lines in headings.items()}
        yield _line(cells, right, widths, "bold")
    for index, row in enumerate(table.rows):
        yield _line({column: row[column] for column in columns}, right, widths, "bold" if index in table.bold else "")


def _at(lines: Sequence[str], line: int, height: int) -> str:
    """A line of a heading, which stands above the cells: short ones begin lower."""
    index = line - (height - len(lines))
    return lines[index] if index >= 0 else ""


def _line(cells: dict[int, str], right: Collection[int], widths: Sequence[int], style: str) -> Text:
    parts = []
    for column, cell in cells.items():
        filling = " " * (widths[column] - cell_len(cell))
        parts.append(filling + cell if column in right else cell + filling)
    text = Text(_BETWEEN.join(parts).rstrip(), style=style)
    # What is doubted is pale, and marked also where there are no colours.
    text.highlight_regex(rf"\S+{re.escape(DOUBTED)}(?=\s|$)", "dim")
    return text


def _is_numeric(table: TextTable, column: int) -> bool:
    cells = [row[column].removesuffix(DOUBTED) for row in table.rows]
    return all(cell in ("", NOT_KNOWN) or _begins_with_a_number(cell) for cell in cells)


def _begins_with_a_number(cell: str) -> bool:
    return cell.lstrip("-+").partition(" ")[0].rstrip("%").replace(".", "", 1).isdecimal()
