"""frames.parquet and idle.parquet: what is known of every frame of a video, and when nothing moves in it.

A row of frames.parquet is a frame that the video has, in order, also one that cannot be read: its measurements are
null and ``error`` says why. Between the columns of the catalogue and those that follow from all frames together stand
the columns of the metrics that were measured; which ones, with their units, the header in the file's metadata lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError
from neuropose_ray.schemas.arrow_files import header_text, read_arrow, with_header
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.immutable import (
    FrozenJson,
    FrozenMapping,
    FrozenModel,
    ReadOnlyMapping,
    StrictInt,
    Utf8Str,
)
from neuropose_ray.schemas.json_files import validated
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.typed_columns import Column, arrow_type

if TYPE_CHECKING:
    import pyarrow as pa

#: What is known of every frame of a video, beside its predictions.
FRAMES_FILE = "frames.parquet"
#: When nothing moves in a video.
IDLE_FILE = "idle.parquet"

FRAME_TABLE_VERSION: Final = 1


class FrameFlag(StrEnum):
    """What can be wrong with a frame."""

    UNREADABLE = "unreadable"
    AFTER_GAP = "after_gap"
    SIZE_CHANGE = "size_change"
    BLURRED = "blurred"
    DARK = "dark"
    BRIGHT = "bright"
    CLIPPED = "clipped"
    UNIFORM = "uniform"
    DUPLICATE = "duplicate"
    IDLE = "idle"
    NOBODY = "nobody"
    LOW_POSE_QUALITY = "low_pose_quality"

    @property
    def description(self) -> str:
        """The flag in a sentence's words."""
        return _FLAG_DESCRIPTIONS[self]


_FLAG_DESCRIPTIONS: Mapping[FrameFlag, str] = ReadOnlyMapping(
    {
        FrameFlag.UNREADABLE: "cannot be read",
        FrameFlag.AFTER_GAP: "numbers are missing before it",
        FrameFlag.SIZE_CHANGE: "has another size than the frame before",
        FrameFlag.BLURRED: "is blurred",
        FrameFlag.DARK: "is too dark",
        FrameFlag.BRIGHT: "is too bright",
        FrameFlag.CLIPPED: "has lost its detail in black or white",
        FrameFlag.UNIFORM: "shows nothing but one surface",
        FrameFlag.DUPLICATE: "looks like a sharper frame",
        FrameFlag.IDLE: "lies in a stretch in which nothing moves",
        FrameFlag.NOBODY: "shows nobody",
        FrameFlag.LOW_POSE_QUALITY: "shows nobody whose joints are sure",
    }
)

_METADATA_KEY = b"neuropose_ray"

#: Columns known before a frame is decoded, and its size.
CATALOGUE_COLUMNS: Mapping[str, Column] = ReadOnlyMapping(
    {
        "frame_idx": Column(type="int64", description="position of the frame in the video, from 0", nullable=False),
        "timestamp_s": Column(type="float64", unit="s", description="presentation time", nullable=False),
        "number": Column(type="int64", description="number in the picture's file name; null in a video file"),
        "path": Column(type="string", description="the picture's own file name; null in a video file"),
        "hash": Column(type="string", description="SHA-256 of the picture's file, hexadecimal"),
        "size": Column(type="int64", unit="bytes", description="of the picture's file"),
        "mtime": Column(type="float64", unit="s", description="the file's last change, in seconds since 1970"),
        "width": Column(type="int32", unit="px", description="of the upright frame; null where it was not read"),
        "height": Column(type="int32", unit="px", description="of the upright frame; null where it was not read"),
        "error": Column(type="string", description="why the frame could not be read; null where it was"),
    }
)

#: Columns out of poses, out of all frames together, and out of thresholds.
DERIVED_COLUMNS: Mapping[str, Column] = ReadOnlyMapping(
    {
        "persons": Column(type="int32", description="people in the predictions; null without predictions"),
        "pose_quality": Column(
            type="float32", description="mean joint score in 0..1 of the person best seen; null without a person"
        ),
        "flags": Column(type="list<string>", description="what is wrong with the frame, by name", nullable=False),
        "duplicate_group_id": Column(
            type="string",
            description="the same for frames that show nearly the same, in all videos of a run; else null",
        ),
        "duplicate_confidence": Column(
            type="float32",
            description="correlation of the frame with its group's representative; null without a group",
        ),
        "representative": Column(
            type="bool", description="whether the frame stands for its group; null without a group"
        ),
    }
)

IDLE_COLUMNS: Mapping[str, Column] = ReadOnlyMapping(
    {
        "start_idx": Column(type="int64", description="the first idle frame", nullable=False),
        "end_idx": Column(type="int64", description="the last idle frame, which is part of it", nullable=False),
        "start_s": Column(type="float64", unit="s", description="time of the first idle frame", nullable=False),
        "end_s": Column(type="float64", unit="s", description="time of the last idle frame", nullable=False),
        "idle_score": Column(
            type="float32", description="1 where nothing moves, 0 where motion is at the threshold", nullable=False
        ),
    }
)


class FrameTableHeader(FrozenModel):
    """The description that frames.parquet carries in its file metadata, as JSON."""

    schema_version: Literal[1] = FRAME_TABLE_VERSION
    video: Utf8Str
    """The name of the video's folder."""
    metrics: FrozenMapping[str, StrictInt]
    """The version of every metric that was measured, by its name."""
    columns: FrozenMapping[str, Column]
    """The columns of these metrics, in their order."""
    numbers_key: Utf8Str = ""
    """Identifies what the measurements were made from, and how: equal keys, equal measurements."""
    settings: FrozenJson = ReadOnlyMapping({})
    """The thresholds that the flags, the groups and the idle intervals follow from."""


def all_columns(header: FrameTableHeader) -> dict[str, Column]:
    """The columns of a file in their order: catalogue, metrics, derived."""
    return {**CATALOGUE_COLUMNS, **header.columns, **DERIVED_COLUMNS}


def arrow_schema(columns: Mapping[str, Column]) -> pa.Schema:
    """The Arrow schema of columns."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(name, arrow_type(column.type), nullable=column.nullable) for name, column in columns.items()]
    )


def write_frames(path: Path, table: pa.Table, header: FrameTableHeader) -> None:
    """Write frames.parquet, atomically.

    Args:
        path: the file.
        table: :func:`all_columns` of the header.
        header: its description.

    Raises:
        OutputError: the file system refuses.
        ValueError: a column is missing, of another type, or has a null where it may not.
    """
    schema = with_header(arrow_schema(all_columns(header)), _METADATA_KEY, header.model_dump_json())
    _write(path, table, schema)


def read_frames(path: Path) -> tuple[pa.Table, FrameTableHeader]:
    """The table and the header of frames.parquet.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is damaged, or Parquet of another kind.
        FutureSchemaError: a newer version wrote it.
    """
    table = _read(path)
    text = header_text(table.schema, _METADATA_KEY, str(path))
    if text is None:
        raise FileFormatError("not a table of frames: it has no header", where=str(path), hint="make it again")
    header = validated(FrameTableHeader, _payload(text, str(path)), str(path))
    return _conforming(table, arrow_schema(all_columns(header)), str(path)), header


def write_idle(path: Path, table: pa.Table) -> None:
    """Write idle.parquet, atomically: :data:`IDLE_COLUMNS`, an interval in a row.

    Raises:
        OutputError: the file system refuses.
        ValueError: the columns are others.
    """
    _write(path, table, arrow_schema(IDLE_COLUMNS))


def read_idle(path: Path) -> pa.Table:
    """The intervals of idle.parquet.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is damaged, or Parquet of another kind.
    """
    return _conforming(_read(path), arrow_schema(IDLE_COLUMNS), str(path))


def _payload(text: bytes, where: str) -> Any:
    try:
        payload = parsed_json(text)
    except ValueError as error:
        raise FileFormatError(f"its metadata is not JSON: {error}", where=where, hint="make it again") from error
    version = payload.get("schema_version") if isinstance(payload, dict) else None
    if isinstance(version, int) and version > FRAME_TABLE_VERSION:
        raise FutureSchemaError(
            f"a table of frames of version {version}, newer than {FRAME_TABLE_VERSION}",
            where=where,
            hint="upgrade neuropose-ray",
        )
    return payload


def _write(path: Path, table: pa.Table, schema: pa.Schema) -> None:
    from pyarrow import parquet as pq

    ordered = table.select(schema.names) if set(schema.names) <= set(table.column_names) else table
    if ordered.schema.names != schema.names or ordered.schema.types != schema.types:
        raise ValueError(f"the columns are {ordered.schema}, not {schema}")
    holes = [field.name for field in schema if not field.nullable and ordered.column(field.name).null_count]
    if holes:
        raise ValueError(f"null in {', '.join(holes)}")
    with atomic_write(path) as file:
        pq.write_table(ordered.cast(schema), file, compression="zstd", write_page_checksum=True)


def _read(path: Path) -> pa.Table:
    try:
        return read_arrow(path)
    except InputNotFoundError as error:
        raise InputNotFoundError(error.what, where=str(path), hint="`neuropose-ray curate run` makes it") from error


def _conforming(table: pa.Table, schema: pa.Schema, where: str) -> pa.Table:
    wrong = [
        field.name
        for field in schema
        if table.schema.names.count(field.name) != 1 or table.schema.field(field.name).type != field.type
    ]
    if wrong:
        what = f"columns missing or of another type: {', '.join(wrong)}"
        raise FileFormatError(what, where=where, hint="make it again")
    if holes := [field.name for field in schema if not field.nullable and table.column(field.name).null_count]:
        raise FileFormatError(f"null in {', '.join(holes)}", where=where, hint="make it again")
    return table.select(schema.names)
