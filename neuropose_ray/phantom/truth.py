"""Truth files: what is known of a phantom video, as JSON."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Event
from neuropose_ray.phantom.rotations import Array
from neuropose_ray.phantom.scene import PersonTruth, Truth
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.json_files import read_json, save_model, validated
from neuropose_ray.schemas.skeleton import Skeleton

#: Numbers are kept to a thousandth of a millimetre, pixel or degree; rotation matrices to rounding error of that.
_DECIMALS, _ROTATION_DECIMALS = 3, 9

_Vector3 = tuple[float, float, float]
_Joints3D = list[_Vector3]
_Joints2D = list[tuple[float | None, float | None]]


class _PersonRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    joints3d_mm: list[_Joints3D]
    joints2d_px: list[_Joints2D]
    joints_world_mm: list[_Joints3D]
    angles_deg: dict[str, list[float]]
    events: tuple[Event, ...]


class TruthRecord(BaseModel):
    """Content of a truth file; lists are ordered by frame, then by joint of the skeleton."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["phantom_truth"] = "phantom_truth"
    schema_version: Literal[1] = 1
    skeleton: Skeleton = PHANTOM_SKELETON
    camera: Camera
    timestamps_s: list[float]
    camera_rotations: list[tuple[_Vector3, _Vector3, _Vector3]]
    camera_positions_mm: list[_Vector3]
    persons: list[_PersonRecord]

    @model_validator(mode="after")
    def _one_entry_per_frame(self) -> TruthRecord:
        frames, joints = len(self.timestamps_s), len(self.skeleton)
        lists: list[list[object]] = [list(self.camera_rotations), list(self.camera_positions_mm)]
        for person in self.persons:
            lists += [list(values) for values in person.angles_deg.values()]
            for poses in (person.joints3d_mm, person.joints2d_px, person.joints_world_mm):
                lists.append(list(poses))
                if any(len(pose) != joints for pose in poses):
                    raise ValueError(f"a pose does not have the skeleton's {joints} joints")
        if any(len(values) != frames for values in lists):
            raise ValueError(f"a list does not have one entry for each of the {frames} frames")
        return self


def save_truth(path: Path, truth: Truth) -> None:
    """Write it atomically; what is not a number becomes null.

    Raises:
        OutputError: the file system refuses.
    """
    payload = {
        "camera": truth.camera,
        "timestamps_s": truth.timestamps_s.tolist(),
        "camera_rotations": np.round(truth.camera_rotations, _ROTATION_DECIMALS).tolist(),
        "camera_positions_mm": _listed(truth.camera_positions_mm),
        "persons": [
            {
                "joints3d_mm": _listed(person.joints3d_mm),
                "joints2d_px": _listed(person.joints2d_px),
                "joints_world_mm": _listed(person.joints_world_mm),
                "angles_deg": {name: _listed(values) for name, values in person.angles_deg.items()},
                "events": person.events,
            }
            for person in truth.persons
        ],
    }
    save_model(path, TruthRecord.model_validate(payload))


def load_truth(path: Path) -> Truth:
    """Read what :func:`save_truth` wrote.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is not a truth file.
    """
    record = validated(TruthRecord, read_json(path), str(path))
    return Truth(
        timestamps_s=np.array(record.timestamps_s, np.float64),
        camera=record.camera,
        camera_rotations=np.array(record.camera_rotations, np.float64).reshape(-1, 3, 3),
        camera_positions_mm=np.array(record.camera_positions_mm, np.float64).reshape(-1, 3),
        persons=tuple(_person(person, len(record.skeleton)) for person in record.persons),
    )


def counted_from_first_frame(truth: Truth) -> Truth:
    """The same truth on the clock of a video, whose first frame has time 0."""
    if len(truth.timestamps_s) == 0:
        return truth
    start = float(truth.timestamps_s[0])
    persons = tuple(
        replace(
            person,
            events=tuple(Event(event.timestamp_s - start, event.kind, event.side) for event in person.events),
        )
        for person in truth.persons
    )
    return replace(truth, timestamps_s=truth.timestamps_s - start, persons=persons)


def _person(record: _PersonRecord, joints: int) -> PersonTruth:
    return PersonTruth(
        joints3d_mm=np.array(record.joints3d_mm, np.float64).reshape(-1, joints, 3),
        joints2d_px=np.array(record.joints2d_px, np.float64).reshape(-1, joints, 2),
        joints_world_mm=np.array(record.joints_world_mm, np.float64).reshape(-1, joints, 3),
        angles_deg={name: np.array(values, np.float64) for name, values in record.angles_deg.items()},
        events=record.events,
    )


def _listed(values: Array) -> object:
    """Rounded, with None for what is not a number."""
    rounded: NDArray[np.object_] = np.round(values, _DECIMALS).astype(object)
    rounded[~np.isfinite(values)] = None
    return rounded.tolist()
