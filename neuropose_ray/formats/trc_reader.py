"""Reading TRC, the marker file of OpenSim, in the many ways in which programs write it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.formats.frame_times import constant_rate
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.units import is_pixels, millimetres_per

# Lines before the first frame: its file type, headings, their values, and the names of the markers.
_HEADER_LINES = 4
# Cells before the first marker's: the frame's number and its time.
_LEADING_CELLS = 2


def read_trc(path: Path) -> Trajectories:
    """Read a marker file that this or another program wrote.

    Positions become mm whatever their unit; the axes are the file's own (OpenSim's are y up). Empty cells and "NaN"
    are missing, also at the end of a line where they were stripped; zeros are numbers as others. The lines are what
    counts, not the header's number of frames; the times are what counts, not the header's rate where it is rounded.
    Where either differs, the notes say so.

    Args:
        path: the file.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not a TRC file, of an unknown unit, or its frames are not evenly spaced.
    """
    try:
        return _parse(path.read_text("utf-8-sig", errors="replace"))
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, InputError) as error:
        raise FileFormatError(f"not a TRC file ({error})", where=str(path)) from error


@dataclass(frozen=True, slots=True)
class _Header:
    """What stands above the frames; None for a number that is not given."""

    rate_hz: float | None
    frames: int | None
    units: str
    names: tuple[str, ...]


def _parse(text: str) -> Trajectories:
    lines = text.splitlines()
    if not lines or not lines[0].lstrip().startswith("PathFileType"):
        raise ValueError("its first line does not begin with PathFileType")
    if len(lines) < _HEADER_LINES:
        raise ValueError("it ends within its header")
    header = _parse_header(lines[1], lines[2], lines[3])
    data = [line for line in lines[_HEADER_LINES:] if line.strip()]
    # X1, Y1, Z1 and so on stand between the names and the frames, or do not.
    first = next((index for index, line in enumerate(data) if _is_number(line.split()[0])), len(data))
    if first > 1:
        raise ValueError(f"a line between the markers' names and the first frame is not understood: {data[1][:40]!r}")
    rows, notes = data[first:], []
    if _breaks_off(text, rows, header):
        rows = rows[:-1]
        notes.append("The file breaks off within its last line, which is left out.")
    numbers = np.array([_numbers(line, 1 + 3 * len(header.names)) for line in rows])
    numbers = numbers.reshape(len(rows), 1 + 3 * len(header.names))
    if header.frames is not None and header.frames != len(rows):
        notes.append(f"The header says {header.frames} frames; {len(rows)} are in the file.")
    clock = constant_rate(numbers[:, 0], header.rate_hz)
    positions = np.full((clock.frames, len(header.names), 3), np.nan)
    positions[clock.index] = numbers[:, 1:].reshape(len(rows), len(header.names), 3)
    pixels = is_pixels(header.units)
    return Trajectories(
        header.names, clock.rate_hz, clock.start_s, positions * (1.0 if pixels else millimetres_per(header.units)),
        "px" if pixels else "mm", (*notes, *clock.notes),
    )  # fmt: skip


def _parse_header(heading_line: str, value_line: str, name_line: str) -> _Header:
    values = _values_of_headings(heading_line, value_line)
    if "Units" not in values:
        raise ValueError("its header has no Units")
    names = tuple(name for cell in _split(name_line)[_LEADING_CELLS:] if (name := cell.strip()))
    if not names:
        raise ValueError("its fourth line names no marker")
    rate = _header_number(values, "DataRate")
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise ValueError(f"a DataRate of {rate:g}")
    frames = _header_number(values, "NumFrames")
    return _Header(rate, None if frames is None or not math.isfinite(frames) else int(frames), values["Units"], names)


def _values_of_headings(heading_line: str, value_line: str) -> dict[str, str]:
    """The values under their headings; some programs put two tabs between values, or blanks alone."""
    headings = [cell.strip() for cell in _split(heading_line) if cell.strip()]
    values = [cell.strip() for cell in _split(value_line)]
    if len(values) < len(headings) or not all(values[: len(headings)]):
        values = [value for value in values if value]
    return {heading: value for heading, value in zip(headings, values, strict=False) if value}


def _header_number(values: dict[str, str], heading: str) -> float | None:
    if heading not in values:
        return None
    try:
        return float(values[heading])
    except ValueError as error:
        raise ValueError(f"its {heading} is {values[heading]!r}") from error


def _split(line: str) -> list[str]:
    """The cells of a line: between tabs, or between blanks where it has no tab."""
    return line.split("\t") if "\t" in line.strip() else line.split()


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _breaks_off(text: str, rows: Sequence[str], header: _Header) -> bool:
    """Whether the last line was cut: it has no end, and not the tab of the others or, frames lacking, fewer cells."""
    if text.endswith(("\n", "\r")) or len(rows) < 2:
        return False
    before, last = rows[-2], rows[-1]
    if before.endswith("\t") and not last.endswith("\t"):
        return True
    return len(_split(last)) < len(_split(before)) and header.frames is not None and len(rows) < header.frames


def _numbers(line: str, count: int) -> list[float]:
    """Time and coordinates of a frame, NaN where missing; a stripped line ends with missing ones."""
    cells = _split(line)[1:]
    if any(cell.strip() for cell in cells[count:]):
        raise ValueError(f"a line has {len(cells)} cells behind its frame's number instead of {count}")
    numbers = [float(cell) if cell.strip() else math.nan for cell in cells[:count]]
    return [number if math.isfinite(number) else math.nan for number in numbers] + [math.nan] * (count - len(numbers))
