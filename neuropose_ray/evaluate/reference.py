"""Truths to compare predictions with: marker mocap, triangulations, a phantom's exact joints, other predictions."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.evaluate.interpolation import positions_at
from neuropose_ray.evaluate.joints import LIMB_JOINTS, landmark_joints
from neuropose_ray.formats import read_marker_table
from neuropose_ray.schemas.skeleton import LANDMARKS

#: Names of TRC markers, their letters alone in lower case; {s} stands for r or l, {side} for right or left.
_MARKERS = {"toe": ("{s}bigtoe", "{side}bigtoe", "{s}toe", "{side}toe", "{side}footindex")}
_ANY_MARKER = ("{s}{part}", "{side}{part}")


@dataclass(frozen=True, slots=True)
class Reference:
    """True positions of one person's joints.

    Attributes:
        timestamps_s: ``(frames,)`` ascending, at least one.
        landmarks: ``(frames, 16, 3)`` mm in any right-handed axes, the joints of ``LANDMARKS``; NaN where not known.
        of_the_video: the positions are in the camera's axes and the times on the video's clock.
    """

    timestamps_s: NDArray[np.float64]
    landmarks: NDArray[np.float64]
    of_the_video: bool = False

    @property
    def limbs(self) -> NDArray[np.float64]:
        """``(frames, 12, 3)``, the joints of ``LIMB_JOINTS``."""
        return self.landmarks[:, : len(LIMB_JOINTS)]

    def at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(n, 12, 3)``: the limbs at any times, NaN outside the recording and in its gaps."""
        return positions_at(self.timestamps_s, self.limbs, times_s)

    def landmarks_at(self, times_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(n, 16, 3)``: all landmarks at any times, NaN outside the recording and in its gaps."""
        return positions_at(self.timestamps_s, self.landmarks, times_s)


def read_reference(path: Path, person: int | None = None) -> Reference:
    """Read a reference from a file.

    Args:
        path: a TRC file with a marker for each limb joint; a CSV table with a column ``time_s`` and, in metres,
            ``hip_r_x``, ``hip_r_y``, ... for every limb joint (heels and toes if there are); a phantom's
            ``.truth.json``; or other predictions of the same video: a video's folder, ``predictions.parquet``,
            ``results.json`` of one video.
        person: which one of a phantom scene, from 0 (None: 0), or which track of predictions (None: the one that is
            seen in most frames).

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is of another kind, a joint is missing, or the times do not ascend.
        FutureSchemaError: a newer version wrote the predictions.
        InputError: it has no such person; the predictions' skeleton lacks a joint of the limbs.
    """
    if not path.exists():
        raise InputNotFoundError("there is no such file", where=str(path), hint="check the path")
    if path.is_dir() or path.suffix == ".parquet":
        return _predictions(path, person)
    if path.suffix == ".json":
        return _phantom(path, person) if _is_phantom(path) else _predictions(path, person)
    tables: Mapping[str, Callable[[Path], Reference]] = {".trc": _trc, ".csv": _csv}
    if path.suffix.lower() not in tables:
        hint = "give .trc, .csv, a phantom's .truth.json, or other predictions of the video"
        raise FileFormatError("not a reference", where=str(path), hint=hint)
    if person:
        raise InputError(f"there is no person {person}", where=str(path), hint="such a file holds one person")
    try:
        return _checked(tables[path.suffix.lower()](path))
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, csv.Error) as error:
        raise FileFormatError(f"cannot be read as a reference ({error})", where=str(path)) from error


def _checked(reference: Reference) -> Reference:
    times_s = reference.timestamps_s
    if not len(times_s):
        raise ValueError("no rows")
    if not np.isfinite(times_s).all() or not (np.diff(times_s) > 0).all():
        raise ValueError("the times do not ascend")
    return reference


def _is_phantom(path: Path) -> bool:
    from neuropose_ray.schemas.json_files import read_json

    payload = read_json(path)
    return isinstance(payload, dict) and payload.get("kind") == "phantom_truth"


def _phantom(path: Path, person: int | None) -> Reference:
    from neuropose_ray.phantom import PHANTOM_SKELETON, load_truth

    truth, index = load_truth(path), person or 0
    if not 0 <= index < len(truth.persons) or not len(truth.timestamps_s):
        hint = f"it holds {len(truth.persons)}, from 0, in {len(truth.timestamps_s)} frames"
        raise InputError(f"there is no person {index}", where=str(path), hint=hint)
    joints = landmark_joints(truth.persons[index].joints3d_mm, PHANTOM_SKELETON)
    return Reference(truth.timestamps_s, joints, of_the_video=True)


def _predictions(path: Path, person: int | None) -> Reference:
    from neuropose_ray.analysis import load_motion

    motion = load_motion(path, track=person)
    joints = landmark_joints(motion.positions, motion.skeleton, where=str(path))
    return Reference(motion.timestamps_s, joints, of_the_video=True)


def _csv(path: Path) -> Reference:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError("no rows")

    def column(name: str) -> NDArray[np.float64]:
        if name not in rows[0]:
            raise ValueError(f"no column {name}")
        return np.array([float(row[name] or "nan") for row in rows])

    places = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        names = [f"{part}_{side[0]}_{axis}" for axis in "xyz"]
        if landmark in LIMB_JOINTS or set(names) <= rows[0].keys():
            places[landmark] = np.stack([column(name) for name in names], 1) * 1000
    return Reference(column("time_s"), _stacked(places, len(rows)))


def _trc(path: Path) -> Reference:
    """Markers of OpenSim's file, at the times that it states, even or not."""
    table = read_marker_table(path)
    if table.units != "mm":
        raise ValueError("its points are those of a picture, in px; mm, cm or m are needed")
    columns = {_plain(name): table.positions[:, column] for column, name in enumerate(table.names)}
    return Reference(table.times_s, _stacked(_named(columns), len(table.times_s)))


def _named(columns: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """The landmarks among a TRC file's markers.

    Raises:
        ValueError: a joint of the limbs is not among them.
    """
    named = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        aliases = [form.format(s=side[0], side=side, part=part) for form in _MARKERS.get(part, _ANY_MARKER)]
        marker = next((alias for alias in aliases if alias in columns), None)
        if marker is not None:
            named[landmark] = columns[marker]
        elif landmark in LIMB_JOINTS:
            raise ValueError(f"no marker for the {side} {part}")
    return named


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _stacked(places: Mapping[str, NDArray[np.float64]], frames: int) -> NDArray[np.float64]:
    """``(frames, 16, 3)`` in the order of ``LANDMARKS``, NaN for those that are not there."""
    unknown = np.full((frames, 3), np.nan)
    return np.stack([places.get(landmark, unknown) for landmark in LANDMARKS], 1)
