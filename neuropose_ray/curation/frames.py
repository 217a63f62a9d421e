"""The table of a video's frames: catalogue, what was measured, and what follows from all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.duplicates import Duplicates
from neuropose_ray.curation.flags import after_gap, flags
from neuropose_ray.curation.idle import idle_intervals
from neuropose_ray.curation.metrics.registry import MetricRegistry
from neuropose_ray.curation.presence import Presence
from neuropose_ray.curation.settings import CurationSettings
from neuropose_ray.schemas.frame_table import CATALOGUE_COLUMNS, DERIVED_COLUMNS, arrow_schema
from neuropose_ray.schemas.frame_times import matching_frames
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.typed_columns import Column, arrow_column

if TYPE_CHECKING:
    import pyarrow as pa

#: What a frame is said to be that the video promises and no decoder gave.
_NOT_DECODED = "the frame could not be decoded"
_LARGEST_NUMBER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class FrameFile:
    """One picture's file, a row of the catalogue of a frame folder.

    Attributes:
        name: in its folder; bytes of it that are not UTF-8 become the replacement character in tables.
        number: in the name; a table has none that is larger than its column can hold.
        size: bytes; None where the file cannot be read.
        mtime: seconds since 1970 of its last change; None where the file cannot be read.
        digest: SHA-256 of its content, hexadecimal; None where the file cannot be read.
        error: why it cannot be read.
    """

    name: str
    number: int
    size: int | None = None
    mtime: float | None = None
    digest: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Hashes:
    """What duplicates are found by, of any number of videos together; see :func:`hashes_of`."""

    hashes: NDArray[np.uint64]
    sharpness: NDArray[np.float64]
    valid: NDArray[np.bool_]
    thumbnails: NDArray[np.uint8]


def measured_frames(
    expected_s: NDArray[np.float64],
    observed: pa.Table,
    registry: MetricRegistry,
    files: Sequence[FrameFile] = (),
    errors: Mapping[int, str] | None = None,
) -> pa.Table:
    """Catalogue and metrics of all frames that a video promises, a row for each.

    A frame that was not decoded has a row with an error and without numbers. Motion is null behind such a frame, and
    where numbers are missing between two pictures.

    Args:
        expected_s: ``(frames,)`` ascending presentation times of the frames that the video promises.
        observed: what :func:`~neuropose_ray.curation.metrics.observer.join_chunks` gave.
        registry: what was measured.
        files: the catalogue of a frame folder, a file for each expected frame.
        errors: why a frame could not be read, by its position; others that are missing were not decoded.
    """
    rows = matching_frames(observed.column("timestamp_s").to_numpy(), expected_s)
    order = np.full(len(expected_s), -1, np.int64)
    order[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    columns: dict[str, pa.Array] = {
        "frame_idx": arrow_column(range(len(expected_s)), "int64"),
        "timestamp_s": arrow_column(expected_s.tolist(), "float64"),
        **_file_columns(files, len(expected_s)),
    }
    taken = _taken(observed.drop_columns(["frame_idx", "timestamp_s"]), order)
    columns |= {name: taken.column(name).combine_chunks() for name in taken.column_names}
    columns["error"] = arrow_column(_errors(order, files, errors or {}), "string")
    names = {**CATALOGUE_COLUMNS, **registry.columns}
    table = _table(columns, names)
    alone = after_gap(table) | (np.diff(order, prepend=-1) != 1) | (order < 1)
    for metric in registry.pair_metrics:
        for name, column in metric.columns.items():
            values = [
                None if lone else value for lone, value in zip(alone, table.column(name).to_pylist(), strict=True)
            ]
            table = table.set_column(
                table.schema.get_field_index(name), table.schema.field(name), arrow_column(values, column.type)
            )
    return table


def hashes_of(tables: Sequence[pa.Table]) -> Hashes:
    """What duplicates are found by, of the frames of several videos, one after the other.

    Args:
        tables: with the columns ``phash``, ``thumb`` and ``blur``.
    """
    hashes, sharpness, valid, thumbnails = [], [], [], []
    for table in tables:
        has_hash = table.column("phash").is_valid()
        known = has_hash.to_numpy()
        hashes.append(table.column("phash").fill_null(0).to_numpy())
        sharpness.append(table.column("blur").to_numpy(zero_copy_only=False).astype(np.float64))
        valid.append(np.asarray(known, np.bool_))
        pixels = np.zeros((table.num_rows, 1024), np.uint8)
        content = b"".join(table.column("thumb").filter(has_hash).to_pylist())
        pixels[known] = np.frombuffer(content, np.uint8).reshape(-1, 1024)
        thumbnails.append(pixels)
    return Hashes(
        hashes=np.concatenate([np.zeros(0, np.uint64), *hashes]),
        sharpness=np.concatenate([np.zeros(0), *sharpness]),
        valid=np.concatenate([np.zeros(0, np.bool_), *valid]),
        thumbnails=np.concatenate([np.zeros((0, 1024), np.uint8), *thumbnails]),
    )


def complete_frames(
    measured: pa.Table,
    registry: MetricRegistry,
    settings: CurationSettings,
    duplicates: Duplicates | None = None,
    first: int = 0,
    presence: Presence | None = None,
) -> tuple[pa.Table, pa.Table]:
    """The tables of frames.parquet and idle.parquet.

    Args:
        measured: what :func:`measured_frames` gave.
        registry: what was measured.
        settings: thresholds.
        duplicates: groups of the frames of all videos of a run; None: not looked for.
        first: the position of this video's first frame among them.
        presence: out of predictions; None without any.
    """
    count = measured.num_rows
    values: dict[str, Sequence[Any]] = {name: [None] * count for name in DERIVED_COLUMNS}
    if presence is not None:
        values["persons"] = _where(presence.persons, presence.known)
        values["pose_quality"] = _where(presence.pose_quality, np.isfinite(presence.pose_quality))
    if duplicates is not None:
        own = slice(first, first + count)
        values["duplicate_group_id"] = duplicates.group_ids[own]
        grouped = duplicates.representative[own] >= 0
        values["duplicate_confidence"] = _where(duplicates.confidence[own], grouped)
        values["representative"] = _where(duplicates.leads()[own], grouped)
    values["flags"] = [[]] * count
    columns = {name: measured.column(name).combine_chunks() for name in measured.column_names}
    columns |= {name: arrow_column(values[name], column.type) for name, column in DERIVED_COLUMNS.items()}
    names = {**CATALOGUE_COLUMNS, **registry.columns, **DERIVED_COLUMNS}
    table = _table(columns, names)
    intervals = idle_intervals(table, settings.idle)
    columns["flags"] = flags(table, intervals, settings)
    return _table(columns, names), intervals


def _taken(observed: pa.Table, order: NDArray[np.int64]) -> pa.Table:
    """The rows of a table in another order, null where the position is negative."""
    from neuropose_ray.schemas.arrow_arrays import numbers

    return observed.take(numbers(np.maximum(order, 0), order >= 0))


def _file_columns(files: Sequence[FrameFile], count: int) -> dict[str, pa.Array]:
    rows: Sequence[FrameFile | None] = files or [None] * count
    fields = {"hash": "digest", "size": "size", "mtime": "mtime"}
    values: dict[str, list[Any]] = {
        "number": [None if row is None or (row.number or 0) > _LARGEST_NUMBER else row.number for row in rows],
        "path": [None if row is None else utf8_text(row.name) for row in rows],
        **{name: [getattr(row, field, None) for row in rows] for name, field in fields.items()},
    }
    return {name: arrow_column(column, CATALOGUE_COLUMNS[name].type) for name, column in values.items()}


def _errors(order: NDArray[np.int64], files: Sequence[FrameFile], errors: Mapping[int, str]) -> list[str | None]:
    return [
        None if observed >= 0 else (errors.get(row) or (files[row].error if files else None) or _NOT_DECODED)
        for row, observed in enumerate(order.tolist())
    ]


def _table(columns: Mapping[str, pa.Array], names: Mapping[str, Column]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_arrays([columns[name] for name in names], schema=arrow_schema(names))


def _where(values: NDArray[Any], known: NDArray[np.bool_]) -> list[Any]:
    return [value if valid else None for value, valid in zip(values.tolist(), known.tolist(), strict=True)]
