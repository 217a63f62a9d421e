"""TRC, the marker file of OpenSim: text with tabs, read by OpenSim, Mokka, Pose2Sim and Sports2D."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.atomic import atomic_write

_HEADINGS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
    "OrigNumFrames",
)  # fmt: skip
_TO_MILLIMETRES = {"m": 1000.0, "cm": 10.0, "mm": 1.0}

# Frames that are turned into text at a time.
_BLOCK_FRAMES = 1024


def write_trc(path: Path, trajectories: Trajectories) -> None:
    """Write a marker file, atomically.

    Header of eight headings, frames counted from 1, times with 8 and positions with 4 decimals (0.1 micrometre,
    0.0001 px). A point that is missing, or lacks one of its coordinates, is three empty cells. Every line of numbers
    ends with a tab, as OpenSim's own do: its reader drops the last cell of a line where that is empty.

    Args:
        path: the file.
        trajectories: the points; OpenSim reads those in mm, Sports2D also px.

    Raises:
        OutputError: the file system refuses.
    """
    frames, points = trajectories.positions.shape[:2]
    rate = f"{trajectories.rate_hz:.10g}"
    values = (rate, rate, frames, points, trajectories.units, rate, 1, frames)
    axes = "".join(f"X{point}\tY{point}\tZ{point}\t" for point in range(1, points + 1))
    header = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(_HEADINGS),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "".join(f"{' '.join(name.split())}\t\t\t" for name in trajectories.names),
        f"\t\t{axes}",
        "",
    ]
    whole = np.isfinite(trajectories.positions).all(-1, keepdims=True)
    rows = np.where(whole, trajectories.positions, np.nan).reshape(frames, -1)
    times = trajectories.times_s
    with atomic_write(path) as file:
        file.write(("\n".join(header) + "\n").encode())
        for first in range(0, frames, _BLOCK_FRAMES):
            file.write(_lines(first, times, rows[first : first + _BLOCK_FRAMES]).encode())


def read_trc(path: Path) -> Trajectories:
    """Read a marker file that this or another program wrote.

    Positions in m, cm or mm become mm; the axes are the file's own (OpenSim's are y up). Empty cells are missing
    (NaN); zeros are numbers as others.

    Args:
        path: the file.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not a TRC file, of an unknown unit, or its frames are not evenly spaced.
    """
    try:
        return _parsed(path.read_text("utf-8-sig").splitlines())
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, LookupError, InputError) as error:
        raise FileFormatError(f"not a TRC file ({error})", where=str(path)) from error


def _lines(first: int, times: NDArray[np.float64], rows: NDArray[np.float64]) -> str:
    texts = []
    for frame, row in enumerate(rows.tolist(), first):
        cells = "\t".join("" if math.isnan(value) else f"{value:.4f}" for value in row)
        texts.append(f"{frame + 1}\t{times[frame]:.8f}\t{cells}\t\n")
    return "".join(texts)


def _parsed(lines: list[str]) -> Trajectories:
    if len(lines) < 5 or not lines[0].startswith("PathFileType"):
        raise ValueError("its first line does not begin with PathFileType")
    heads = dict(zip(lines[1].split("\t"), (cell.strip() for cell in lines[2].split("\t")), strict=False))
    names = tuple(name.strip() for name in lines[3].split("\t")[2:] if name.strip())
    rate, units = float(heads["DataRate"]), heads["Units"]
    if not rate > 0:
        raise ValueError(f"a DataRate of {rate:g}")
    if units not in (*_TO_MILLIMETRES, "px"):
        raise ValueError(f"unknown units {units!r}")
    width = 3 * len(names)
    rows = [_numbers(line.split("\t")[1:], width + 1) for line in lines[5:] if line.strip()]
    if len(rows) != int(heads["NumFrames"]) or len(names) != int(heads["NumMarkers"]):
        raise ValueError(f"{len(rows)} frames of {len(names)} markers, but the header says otherwise")
    numbers = np.array(rows).reshape(len(rows), width + 1)
    times = numbers[:, 0]
    start = float(times[0]) if len(rows) else 0.0
    if not np.allclose(times, start + np.arange(len(rows)) / rate, atol=0.5 / rate, rtol=0):
        raise ValueError(f"the times of its frames are not evenly spaced at {rate:g} frames per second")
    positions = numbers[:, 1:].reshape(len(rows), len(names), 3)
    unit: Literal["mm", "px"] = "px" if units == "px" else "mm"
    return Trajectories(names, rate, start, positions * _TO_MILLIMETRES.get(units, 1.0), unit)


def _numbers(cells: list[str], count: int) -> list[float]:
    numbers = [float(cell) if cell.strip() else math.nan for cell in cells]
    if len(numbers) < count or not all(map(math.isnan, numbers[count:])):
        raise ValueError(f"a line has {len(numbers)} cells instead of {count}")
    return numbers[:count]
