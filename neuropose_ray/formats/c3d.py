"""C3D, the binary file of motion laboratories (c3d.org), through the ezc3d library."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError, OutputError
from neuropose_ray.formats.axes import Y_UP_AXES
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.atomic import atomic_path

#: The format counts frames in 16 bits.
MAX_FRAMES = 65535

_BLOCK_BYTES = 512
_TO_MILLIMETRES = {"m": 1000.0, "cm": 10.0, "mm": 1.0}


def write_c3d(path: Path, trajectories: Trajectories) -> None:
    """Write a file of points without analog channels, atomically; numbers are float32.

    A missing point has residual -1, all others 0, the mark of computed positions. ``POINT:X_SCREEN`` and
    ``Y_SCREEN`` say that x runs across and y up, ``NEUROPOSE_RAY:AXES`` says it in words. The format has no time of
    the first frame, so that is frame 1.

    Args:
        path: the file.
        trajectories: the points, y up, in mm.

    Raises:
        InputError: more than 65535 frames.
        OutputError: the file system refuses, or ezc3d is not installed.
    """
    frames, points = trajectories.positions.shape[:2]
    if frames > MAX_FRAMES:
        raise InputError(f"{frames} frames are more than the {MAX_FRAMES} that C3D can count", hint="write TRC")
    document = _library().c3d()
    seen = np.isfinite(trajectories.positions).all(-1).T
    data = np.ones((4, points, frames))
    data[:3] = np.where(seen, trajectories.positions.transpose(2, 1, 0), np.nan)
    parameters = document["parameters"]["POINT"]
    parameters["RATE"]["value"] = [trajectories.rate_hz]
    parameters["LABELS"]["value"] = list(trajectories.names)
    parameters["DESCRIPTIONS"]["value"] = [""] * points
    parameters["UNITS"]["value"] = [trajectories.units]
    document.add_parameter("POINT", "X_SCREEN", ["+X"])
    document.add_parameter("POINT", "Y_SCREEN", ["+Y"])
    document.add_parameter("NEUROPOSE_RAY", "AXES", [Y_UP_AXES])
    document["data"]["points"] = data
    document["data"]["meta_points"] = {
        "residuals": np.where(seen, 0.0, -1.0)[None],
        "camera_masks": np.zeros((7, points, frames), bool),
    }
    _write(document, path, at_least=frames * points * 16)


def read_c3d(path: Path) -> Trajectories:
    """Read the points of a file that this or another program wrote.

    Positions in m, cm or mm become mm; the axes are the file's own. A point with a negative residual is missing.

    Args:
        path: the file.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not C3D, cut off, without points, or of an unknown unit.
        OutputError: ezc3d is not installed.
    """
    _require_whole(path)
    try:
        document: Any = _library().c3d(str(path))
        parameters = document["parameters"]["POINT"]
        units = parameters["UNITS"]["value"]
        scale = _TO_MILLIMETRES[str(units[0]).strip().lower() if len(units) else "mm"]
        rate = float(parameters["RATE"]["value"][0])
        data, residuals = document["data"]["points"], document["data"]["meta_points"]["residuals"][0]
        names = tuple(parameters["LABELS"]["value"])
        first = int(document["header"]["points"]["first_frame"])
        positions = np.where(residuals < 0, np.nan, data[:3]).transpose(2, 1, 0) * scale
        # A file may name more points than it holds, the rest being other kinds of labels.
        return Trajectories(names[: positions.shape[1]], rate, first / rate if rate > 0 else 0.0, positions)
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, InputError) as error:
        raise FileFormatError(f"not a C3D file of points ({error})", where=str(path)) from error


def _library() -> ModuleType:
    try:
        import ezc3d
    except ImportError as error:
        hint = "pip install ezc3d; it has no wheel for Linux on ARM, where it is built from source"
        raise OutputError("C3D needs the ezc3d library, which is not installed", hint=hint) from error
    module: ModuleType = ezc3d
    return module


def _write(document: Any, path: Path, at_least: int) -> None:
    """Let ezc3d write under another name, which it insists on ending with .c3d, and look whether it did."""
    with atomic_path(path) as temporary:
        # The library reports no failure: an open that fails must fail here.
        temporary.touch()
        written = temporary.with_name(f"{temporary.name}.c3d")
        try:
            document.write(str(written))
            if not written.is_file() or written.stat().st_size < at_least:
                raise OutputError("cannot be written whole", where=str(path), hint="free some space")
            written.replace(temporary)
        finally:
            written.unlink(missing_ok=True)


def _require_whole(path: Path) -> None:
    """Refuse what would crash ezc3d: it does not look at the length of a file."""
    try:
        with path.open("rb") as file:
            head = file.read(_BLOCK_BYTES)
            size = os.fstat(file.fileno()).st_size
            file.seek((head[0] - 1) * _BLOCK_BYTES if head[:1] > b"\0" else 0)
            parameters = file.read(4)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(head) < _BLOCK_BYTES or head[1] != 0x50 or len(parameters) < 4:
        raise FileFormatError("not a C3D file", where=str(path))
    # Processor 86 is big-endian, 84 and 85 are little-endian.
    words = np.frombuffer(head, ">u2" if parameters[3] == 86 else "<u2")
    points, analog, first, last, data_block = (int(words[index]) for index in (1, 2, 3, 4, 8))
    # The sign of the scale says whether numbers are float32 or int16; it is in the upper word of that float, which
    # little-endian IEEE files have second.
    is_float = bool(words[7 if parameters[3] == 84 else 6] & 0x8000)
    numbers = (last - first + 1) * (4 * points + analog)
    needed = (data_block - 1) * _BLOCK_BYTES + numbers * (4 if is_float else 2)
    parameters_end = (head[0] - 1 + parameters[2]) * _BLOCK_BYTES
    if size < max(needed, parameters_end):
        raise FileFormatError("cut off: it holds fewer frames than its header says", where=str(path))
