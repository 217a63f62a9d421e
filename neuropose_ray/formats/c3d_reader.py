"""Reading C3D, the binary file of motion laboratories (c3d.org), through the ezc3d library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import numpy as np

from neuropose_ray.errors import FileFormatError, InputError
from neuropose_ray.formats.c3d import folder_as_text, load_ezc3d
from neuropose_ray.formats.c3d_layout import C3dLayout, read_layout
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.units import millimetres_per

# Vicon's models write their results as if they were points; these parameters list them.
_NO_POSITIONS = ("ANGLES", "FORCES", "MOMENTS", "POWERS", "SCALARS", "REACTIONS")
_16_BITS = 1 << 16


def read_c3d(path: Path) -> Trajectories:
    """Read the points of a file that this or another program wrote.

    Positions become mm whatever their unit; the axes are the file's own. A point with a negative residual is
    missing. Angles, forces and the like that are stored as points are left out. The number of frames is the one that
    the file's size fits, where header and parameters disagree; the first frame's number gives its time.

    Args:
        path: the file.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not C3D, cut off, without points, or of an unknown unit.
        OutputError: ezc3d is not installed.
    """
    layout = read_layout(path)
    try:
        with folder_as_text(path.parent) as folder:
            document = load_ezc3d().c3d(str(folder / path.name))
        return _read(path, layout, document)
    except (OSError, ValueError, KeyError, IndexError, TypeError, RuntimeError, InputError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"not a C3D file of points ({error})", where=str(path)) from error


def _read(path: Path, layout: C3dLayout, document: Any) -> Trajectories:
    parameters = document["parameters"]
    point = parameters["POINT"]
    units = _values(point, "UNITS")
    scale = millimetres_per(str(units[0])) if units and str(units[0]).strip() else 1.0
    rate = float(point["RATE"]["value"][0])
    data, residuals = document["data"]["points"], document["data"]["meta_points"]["residuals"][0]
    positions, missing = data[:3].transpose(2, 1, 0), (residuals < 0).T
    frames = layout.true_frames((*_counted_frames(parameters), layout.header_frames, len(positions)))
    if frames > len(positions):
        positions, missing = layout.read_points(path, frames, float(_values(point, "SCALE")[0]))
    positions, missing = positions[:frames], missing[:frames]
    notes = []
    if layout.header_frames > layout.capacity:
        notes.append(f"The header says {layout.header_frames} frames; {frames} are in the file.")
    names = _names(point, positions.shape[1])
    kept = [index for index, name in enumerate(names) if name not in _names_of_no_positions(point)]
    if not kept:
        raise ValueError("it has no points, only angles, forces and the like")
    first = int(document["header"]["points"]["first_frame"])
    return Trajectories(
        tuple(names[index] for index in kept),
        rate,
        max(0, first) / rate if rate > 0 else 0.0,
        np.where(missing[..., None], np.nan, positions)[:, kept] * scale,
        notes=tuple(notes),
    )


def _counted_frames(parameters: Any) -> Iterator[int]:
    """What the parameters for long recordings say: numbers in two words of 16 bits, or as a float."""
    trial: Mapping[str, Any] = parameters.get("TRIAL", {})
    fields = [_values(trial, f"ACTUAL_{which}_FIELD") for which in ("START", "END")]
    if all(len(words) == 2 for words in fields):
        start, end = (int(low) % _16_BITS + _16_BITS * (int(high) % _16_BITS) for low, high in fields)
        yield end - start + 1
    for value in _values(parameters["POINT"], "LONG_FRAMES"):
        yield int(value)


def _names(point: Any, points: int) -> list[str]:
    """The labels of the points, which a parameter holds 255 of: the next ones are in LABELS2 and so on."""
    keys = takewhile(
        lambda key: key in point, ("LABELS" if number == 1 else f"LABELS{number}" for number in count(1))
    )
    # A file may name more points than it holds, the rest being other kinds of labels, or fewer.
    labels = [str(label).strip() for key in keys for label in _values(point, key)][:points]
    labels += [""] * (points - len(labels))
    return [label or f"point_{index}" for index, label in enumerate(labels, 1)]


def _names_of_no_positions(point: Any) -> frozenset[str]:
    return frozenset(str(name).strip() for key in _NO_POSITIONS for name in _values(point, key))


def _values(group: Any, name: str) -> list[Any]:
    return list(np.asarray(group[name]["value"]).ravel()) if name in group else []
