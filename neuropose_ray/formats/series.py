"""Angles, velocities, the centre of mass and events over time as CSV, and all of them in one workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.schemas.atomic import atomic_path, atomic_write
from neuropose_ray.schemas.motion_series import MotionSeries

#: Rows that a sheet can have.
_SHEET_ROWS = 1_048_576
_EVENT_COLUMNS = ("time_s", "event", "side", "number")
_Rows = Iterator[Sequence[object]]


def write_angles_csv(path: Path, series: MotionSeries) -> None:
    """Write a row for each frame, atomically: ``time_s``, then every angle with its unit (``left_knee_flexion_deg``).

    Numbers are written so that they come back as they are; what is not known is an empty cell.

    Raises:
        OutputError: the file system refuses.
    """
    _write_csv(path, _columns(series.angles_deg, "deg"), _over_time(series.times_s, series.angles_deg))


def write_velocities_csv(path: Path, series: MotionSeries) -> None:
    """The same of the angles' velocities (``left_knee_flexion_deg_per_s``).

    Raises:
        OutputError: the file system refuses.
    """
    velocities = series.velocities_deg_per_s
    _write_csv(path, _columns(velocities, "deg_per_s"), _over_time(series.times_s, velocities))


def write_body_csv(path: Path, series: MotionSeries) -> None:
    """The same of the centre of mass and the energies, whose names have their units (``centre_height_m``).

    Raises:
        InputError: the skeleton lacks joints for them.
        OutputError: the file system refuses.
    """
    if not series.body:
        raise InputError("the skeleton lacks joints for a centre of mass", where=str(path))
    _write_csv(path, ("time_s", *series.body), _over_time(series.times_s, series.body))


def write_events_csv(path: Path, series: MotionSeries) -> None:
    """Write a row for each event, atomically: ``time_s``, ``event``, ``side``, and the ``number`` of a repetition.

    Raises:
        OutputError: the file system refuses.
    """
    _write_csv(path, _EVENT_COLUMNS, _events(series))


def write_workbook(path: Path, series: MotionSeries) -> None:
    """Write a workbook (XLSX), atomically, with the sheets angles, velocities, body, events and about.

    The columns are those of the CSV files; angles that cannot be relied on are grey. ``about`` says who was measured,
    what a reader should know, and how each angle is defined.

    Raises:
        InputError: more frames than a sheet has rows.
        OutputError: the file system refuses.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    if len(series.times_s) >= _SHEET_ROWS:
        what = f"{len(series.times_s)} frames are more than the {_SHEET_ROWS - 1} that a sheet can have"
        raise InputError(what, where=str(path), hint="export angles-csv instead")
    with atomic_path(path) as temporary:
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        try:
            with xlsxwriter.Workbook(str(temporary), options) as workbook:
                _fill_workbook(workbook, series)
        except FileCreateError as error:
            refusal = error.args[0] if error.args else None
            if isinstance(refusal, OSError):
                raise refusal from error
            raise OutputError("cannot be written", where=str(path), hint="write elsewhere") from error


def _fill_workbook(workbook: Any, series: MotionSeries) -> None:
    bold, grey = workbook.add_format({"bold": True}), workbook.add_format({"font_color": "#999999"})
    for name, values, unit in (
        ("angles", series.angles_deg, "deg"), ("velocities", series.velocities_deg_per_s, "deg_per_s"),
    ):  # fmt: skip
        sheet = workbook.add_worksheet(name)
        formats = [None, *(grey if angle in series.unreliable else None for angle in values)]
        _fill_sheet(sheet, _columns(values, unit), _over_time(series.times_s, values), bold, formats)
    if series.body:
        body = workbook.add_worksheet("body")
        columns = ("time_s", *series.body)
        _fill_sheet(body, columns, _over_time(series.times_s, series.body), bold, [None] * len(columns))
    events = workbook.add_worksheet("events")
    _fill_sheet(events, _EVENT_COLUMNS, _events(series), bold, [None] * len(_EVENT_COLUMNS))
    about = workbook.add_worksheet("about")
    about.set_column(0, 0, 28)
    for row, (label, text) in enumerate(_about(series)):
        about.write_string(row, 0, label, bold)
        about.write_string(row, 1, text)


def _fill_sheet(sheet: Any, columns: Sequence[str], rows: _Rows, bold: Any, formats: Sequence[Any]) -> None:
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(columns):
        sheet.set_column(column, column, max(8, len(name)))
        sheet.write_string(0, column, name, bold)
    for row, cells in enumerate(rows, 1):
        for column, (cell, cell_format) in enumerate(zip(cells, formats, strict=True)):
            if isinstance(cell, str):
                sheet.write_string(row, column, cell, cell_format)
            elif cell is not None:
                sheet.write_number(row, column, cell, cell_format)


def _about(series: MotionSeries) -> Iterator[tuple[str, str]]:
    yield "person", series.person
    for warning in series.warnings:
        yield "warning", warning
    for name, reason in series.unreliable.items():
        yield "not reliable", f"{name}: {reason}"
    for name, definition in series.definitions.items():
        yield name, definition


def _columns(values: Mapping[str, object], unit: str) -> tuple[str, ...]:
    return ("time_s", *(f"{name}_{unit}" for name in values))


def _over_time(times_s: NDArray[np.float64], values: Mapping[str, NDArray[np.float64]]) -> _Rows:
    table = np.column_stack([times_s, *values.values()]) if values else times_s[:, None]
    for row in table:
        yield [number if np.isfinite(number) else None for number in row.tolist()]


def _events(series: MotionSeries) -> _Rows:
    return ((event.time_s, event.name, event.side or None, event.number) for event in series.events)


def _write_csv(path: Path, columns: Sequence[str], rows: _Rows) -> None:
    with atomic_write(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        text.detach()
