"""What can be written of a video's poses; the command line knows it without loading who writes it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ExportFormat(StrEnum):
    """What can be written."""

    CSV = "csv"
    CSV_WIDE = "csv-wide"
    JSON = "json"
    NEUROPOSE = "neuropose"
    NEUROPOSE_JOB = "neuropose-job"
    PARQUET = "parquet"
    NPZ = "npz"
    TRC = "trc"
    TRC_PX = "trc-px"
    C3D = "c3d"
    MOT = "mot"
    STO = "sto"
    ANGLES_CSV = "angles-csv"
    VELOCITIES_CSV = "velocities-csv"
    BODY_CSV = "body-csv"
    EVENTS_CSV = "events-csv"
    XLSX = "xlsx"
    BVH = "bvh"
    COCO = "coco"
    COCO_WHOLEBODY = "coco-wholebody"
    MMPOSE = "mmpose"
    OPENPOSE = "openpose"

    @property
    def ending(self) -> str:
        """What the name of its file, or folder, ends with after the predictions' own."""
        return _ENDINGS[self]

    @property
    def of_one_person(self) -> bool:
        """Whether its file holds the motion of one person."""
        return self in _OF_ONE_PERSON


class PosesKind(StrEnum):
    """The 3D poses that are written: fitted, or the model's own."""

    FITTED = "fitted"
    MODEL = "model"


_ENDINGS: Mapping[ExportFormat, str] = MappingProxyType(
    {
        ExportFormat.CSV: ".csv",
        ExportFormat.CSV_WIDE: "_wide.csv",
        ExportFormat.JSON: ".json",
        ExportFormat.NEUROPOSE: "_neuropose.json",
        ExportFormat.NEUROPOSE_JOB: "_neuropose_job.json",
        ExportFormat.PARQUET: ".parquet",
        ExportFormat.NPZ: ".npz",
        ExportFormat.TRC: ".trc",
        ExportFormat.TRC_PX: "_px.trc",
        ExportFormat.C3D: ".c3d",
        ExportFormat.MOT: ".mot",
        ExportFormat.STO: ".sto",
        ExportFormat.ANGLES_CSV: "_angles.csv",
        ExportFormat.VELOCITIES_CSV: "_velocities.csv",
        ExportFormat.BODY_CSV: "_body.csv",
        ExportFormat.EVENTS_CSV: "_events.csv",
        ExportFormat.XLSX: ".xlsx",
        ExportFormat.BVH: ".bvh",
        ExportFormat.COCO: "_coco.json",
        ExportFormat.COCO_WHOLEBODY: "_coco_wholebody.json",
        ExportFormat.MMPOSE: "_mmpose.json",
        ExportFormat.OPENPOSE: "_openpose",
    }
)
_OF_ONE_PERSON = frozenset(
    {
        ExportFormat.TRC, ExportFormat.TRC_PX, ExportFormat.C3D, ExportFormat.MOT, ExportFormat.STO, ExportFormat.BVH,
        ExportFormat.ANGLES_CSV, ExportFormat.VELOCITIES_CSV, ExportFormat.BODY_CSV, ExportFormat.EVENTS_CSV,
        ExportFormat.XLSX,
    }
)  # fmt: skip
