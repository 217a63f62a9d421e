"""Truths to compare predictions with: marker mocap, triangulations, and the phantom's exact joints."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.evaluate import LIMB_JOINTS

_MILLIMETRES = {"m": 1000.0, "mm": 1.0, "cm": 10.0}


@dataclass(frozen=True, slots=True)
class Reference:
    """True positions of the limb joints.

    Attributes:
        timestamps_s: ``(frames,)`` ascending.
        limbs: ``(frames, 12, 3)`` millimetres in any right-handed axes, the joints of ``LIMB_JOINTS``.
    """

    timestamps_s: NDArray[np.float64]
    limbs: NDArray[np.float64]

    def at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(n, 12, 3)`` linearly interpolated, NaN outside the recording."""
        flat = self.limbs.reshape(len(self.limbs), -1)
        columns = [np.interp(times_s, self.timestamps_s, each, left=np.nan, right=np.nan) for each in flat.T]
        return np.stack(columns, 1).reshape(-1, len(LIMB_JOINTS), 3)


def read_reference(path: Path, person: int = 0) -> Reference:
    """Read a truth file.

    Args:
        path: a phantom's ``.truth.json``; a TRC file with a marker for each limb joint; or a CSV table with a column
            ``time_s`` and, in metres, ``hip_r_x``, ``hip_r_y``, ... for every limb joint.
        person: which one of a phantom scene.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is of another kind, or a joint is missing.
    """
    if not path.is_file():
        raise InputNotFoundError("there is no such file", where=str(path))
    readers = {".json": lambda: _phantom(path, person), ".trc": lambda: _trc(path), ".csv": lambda: _csv(path)}
    if path.suffix.lower() not in readers:
        raise FileFormatError("not a reference", where=str(path), hint="give .trc, .csv or a phantom's .truth.json")
    try:
        return readers[path.suffix.lower()]()
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, json.JSONDecodeError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise FileFormatError(f"cannot be read as a reference ({reason})", where=str(path)) from error


def _phantom(path: Path, person: int) -> Reference:
    from neuropose_ray.evaluate import limb_joints
    from neuropose_ray.phantom.body import PHANTOM_SKELETON
    from neuropose_ray.phantom.truth import load_truth

    truth = load_truth(path)
    return Reference(truth.timestamps_s, limb_joints(truth.persons[person].joints3d_mm, PHANTOM_SKELETON))


def _csv(path: Path) -> Reference:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError("no rows")
    columns = {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0] if name is not None}
    named = {
        f"{side}_{part}": np.stack([columns[f"{part}_{side[0]}_{axis}"] for axis in "xyz"], 1) * 1000
        for side, part in (joint.split("_") for joint in LIMB_JOINTS)
    }
    return Reference(columns["time_s"], _stacked(named))


def _trc(path: Path) -> Reference:
    """OpenSim's marker file: five header lines, then frame, time, and three columns for each marker."""
    lines = path.read_text("utf-8").splitlines()
    heads, values = (lines[row].split("\t") for row in (1, 2))
    unit = _MILLIMETRES[dict(zip(heads, values, strict=False))["Units"].strip()]
    markers = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    rows = [line.split("\t") for line in lines[5:] if line.strip()]
    numbers = np.array([[float(cell or "nan") for cell in row[1 : 2 + 3 * len(markers)]] for row in rows])
    places = numbers[:, 1:].reshape(len(numbers), len(markers), 3) * unit
    known = {_plain(name): places[:, column] for column, name in enumerate(markers)}
    named = {}
    for joint in LIMB_JOINTS:
        side, part = joint.split("_")
        name = next((alias for alias in (f"{side[0]}{part}", f"{side}{part}") if alias in known), None)
        if name is None:
            raise ValueError(f"no marker for the {side} {part}")
        named[joint] = known[name]
    return Reference(numbers[:, 0], _stacked(named))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _stacked(named: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.stack([named[joint] for joint in LIMB_JOINTS], 1)
