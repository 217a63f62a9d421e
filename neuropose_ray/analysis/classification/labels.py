"""The table that says which movement each trial shows, and who performs it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import FileFormatError, InputNotFoundError

_COLUMNS = ("trial", "subject", "label")


@dataclass(frozen=True, slots=True)
class LabelledPath:
    """A row of the table.

    Attributes:
        path: the trial's predictions.
        subject: who performs the movement.
        label: which movement it is.
    """

    path: Path
    subject: str
    label: str


def read_labels(path: Path) -> tuple[LabelledPath, ...]:
    """Read a CSV table with the columns ``trial``, ``subject`` and ``label``; others are passed over.

    Args:
        path: the table; relative paths in it begin at its folder.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read, lacks a column or a cell, or has no rows.
    """
    where = str(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                hint = f"its first line needs {','.join(_COLUMNS)}"
                raise FileFormatError(f"no column {', '.join(missing)}", where=where, hint=hint)
            rows = tuple(_labelled(row, reader.line_num, path) for row in reader)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=where, hint="check the path") from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=where) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FileFormatError(f"not a CSV table ({error})", where=where, hint="save it as CSV in UTF-8") from error
    if not rows:
        raise FileFormatError("has no rows", where=where, hint="write a line for each trial")
    return rows


def _labelled(row: dict[str, str | None], line: int, table: Path) -> LabelledPath:
    trial, subject, label = ((row[name] or "").strip() for name in _COLUMNS)
    for name, cell in zip(_COLUMNS, (trial, subject, label), strict=True):
        if not cell:
            raise FileFormatError(f"line {line} has no {name}", where=str(table))
    return LabelledPath(table.parent / Path(trial).expanduser(), subject, label)
