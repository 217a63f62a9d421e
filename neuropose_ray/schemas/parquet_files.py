"""predictions.parquet: the truth about a video, from which everything else can be made.

One row per person and frame, in the order of the frames; a frame that shows nobody has one row whose person and
poses are null, so that the file holds the time of every frame. Poses are float32 in plain nested lists.
The file's metadata holds a :class:`~neuropose_ray.schemas.header.PredictionsHeader` as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.arrow_arrays import flags, known_numbers, numbers, validity
from neuropose_ray.schemas.arrow_files import header_text, with_header
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_files import validated
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.migrations import payload_version
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import Poses, PoseTable

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet as pq

METADATA_KEY = b"neuropose_ray"

#: About 10 MB of one person's BlazePose rows: small enough to read a part, large enough to compress.
_ROW_GROUP_FRAMES = 8192

#: Columns that repeat themselves; a dictionary of poses would only take time.
_DICTIONARY_COLUMNS = ["frame_index", "timestamp_s", "person", "track_id"]


def write_predictions(path: Path, table: PoseTable, header: PredictionsHeader, *, durable: bool = True) -> None:
    """Write a whole table, atomically; the same goes for a video and for a chunk of one.

    A row of ``poses3d_fitted`` or ``joint_scores`` that is wholly NaN is null in the file. For ``durable`` see
    :func:`~neuropose_ray.schemas.atomic.atomic_path`.

    Raises:
        OutputError: the file system refuses.
        ValueError: the table does not fit the header.
    """
    with predictions_writer(path, header, durable=durable) as writer:
        writer.append(table)


@contextmanager
def predictions_writer(path: Path, header: PredictionsHeader, *, durable: bool = True) -> Iterator[PredictionsWriter]:
    """Write a video's tables one after the other; the file appears, whole, when the block ends.

    Raises:
        OutputError: the file system refuses.
        ValueError: the tables do not fit the header, or together have not the frames that it states.
    """
    from pyarrow import parquet as pq

    schema = with_header(_schema(), METADATA_KEY, header.model_dump_json())
    with (
        atomic_write(path, durable=durable) as file,
        pq.ParquetWriter(
            file, schema, compression="zstd", use_dictionary=_DICTIONARY_COLUMNS, write_page_checksum=True
        ) as parquet,
    ):
        writer = PredictionsWriter(parquet, header)
        yield writer
        if writer.frames != header.metadata.frame_count:
            raise ValueError(f"{writer.frames} frames written, the header says {header.metadata.frame_count}")


class PredictionsWriter:
    """Appends tables to an open file; see :func:`predictions_writer`.

    ``frames`` is how many frames it has written; the frames of the next table follow them.
    """

    def __init__(self, parquet: pq.ParquetWriter, header: PredictionsHeader) -> None:
        self._parquet = parquet
        self._joints = len(header.skeleton)
        self.frames = 0

    def append(self, table: PoseTable) -> None:
        """Write the next frames; all tables of a file come before tracking, or all after it.

        Raises:
            ValueError: a pose has not the skeleton's number of joints, or the frames are out of order.
        """
        poses = table.poses
        if poses.poses3d.shape != (len(poses), self._joints, 3):
            raise ValueError(f"poses3d has shape {poses.poses3d.shape}, the skeleton has {self._joints} joints")
        if len(poses) and (np.diff(poses.frame, prepend=0, append=table.frame_count - 1) < 0).any():
            raise ValueError("the rows of a table point to its frames, in ascending order")
        for first, block in frame_blocks(table, _ROW_GROUP_FRAMES):
            self._parquet.write_table(_to_arrow(block, self.frames + first))
        self.frames += table.frame_count


def as_stored(table: PoseTable) -> PoseTable:
    """A table before tracking as :func:`read_predictions` gives it once it is written, to the bits of its numbers."""
    poses = table.poses
    scores = np.array(poses.joint_scores, np.float32)
    scores[np.isnan(scores).all(1)] = np.nan  # null in the file: which of the NaN they were is not kept
    boxes, poses2d, poses3d = (
        np.ascontiguousarray(values, np.float32) for values in (poses.boxes, poses.poses2d, poses.poses3d)
    )
    frame, times = poses.frame.astype(np.int64, copy=False), table.timestamps_s.astype(np.float64, copy=False)
    return PoseTable(times, Poses(frame, boxes, poses2d, poses3d, scores))


def read_predictions(path: Path) -> tuple[PoseTable, PredictionsHeader]:
    """A file's table and header. What is null becomes NaN; what is null for everybody is None.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is damaged, or Parquet of another kind.
        FutureSchemaError: a newer version wrote it.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        # Opened here: the library takes no path that is no text.
        with path.open("rb") as content, pq.ParquetFile(content, page_checksum_verification=True) as file:
            header = _header(file.schema_arrow, str(path))
            return _to_table(file, header), header
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except _InconsistentError as error:
        raise FileFormatError(f"{error}", where=str(path), hint="make it again") from error
    except (pa.ArrowException, OSError, ValueError) as error:  # the last of names of columns that are no text
        raise FileFormatError(f"cannot be read as Parquet: {error}", where=str(path), hint="make it again") from error


class _InconsistentError(ValueError):
    """Rows that contradict each other or the header."""


def _schema() -> pa.Schema:
    import pyarrow as pa

    lists = pa.list_(pa.float32())
    return pa.schema(
        [
            pa.field("frame_index", pa.int64(), nullable=False),
            pa.field("timestamp_s", pa.float64(), nullable=False),
            pa.field("person", pa.int16()),
            pa.field("track_id", pa.int32()),
            pa.field("box", lists),
            pa.field("poses2d", pa.list_(lists)),
            pa.field("poses3d", pa.list_(lists)),
            pa.field("poses3d_fitted", pa.list_(lists)),
            pa.field("joint_scores", lists),
        ]
    )


def _header(schema: pa.Schema, where: str) -> PredictionsHeader:
    wrong = [
        field.name for field in _schema() if schema.names.count(field.name) != 1 or schema.field(field.name) != field
    ]
    text = header_text(schema, METADATA_KEY, where)
    if wrong:
        names = ", ".join(wrong)
        raise FileFormatError(f"not predictions: columns missing or of another type: {names}", where=where)
    if text is None:
        raise FileFormatError("not predictions: the file's metadata has no 'neuropose_ray'", where=where)
    try:
        payload = parsed_json(text)
    except ValueError as error:
        raise FileFormatError(f"its metadata is not JSON: {error}", where=where) from error
    if isinstance(payload, dict):
        payload_version(payload, where)
    return validated(PredictionsHeader, payload, where)


def _to_arrow(table: PoseTable, first_frame: int) -> pa.Table:
    import pyarrow as pa

    persons = table.persons_per_frame()
    rows = np.maximum(persons, 1)
    frame = np.repeat(np.arange(table.frame_count), rows)
    shown = np.repeat(persons > 0, rows)
    position = np.arange(len(frame)) - np.repeat(np.cumsum(rows) - rows, rows)
    track, tracked = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.bool_)
    if table.track_ids is not None:
        track[shown], tracked = table.track_ids, shown
    fitted = table.poses3d_fitted
    if fitted is None:
        fitted = np.full_like(table.poses.poses3d, np.nan)
    columns = [
        numbers(np.asarray(frame + first_frame, np.int64)),
        numbers(np.asarray(table.timestamps_s[frame], np.float64)),
        numbers(position.astype(np.int16), shown),
        numbers(track, tracked),
        _lists(table.poses.boxes, shown),
        _lists(table.poses.poses2d, shown),
        _lists(table.poses.poses3d, shown),
        _known_lists(fitted, shown),
        _known_lists(table.poses.joint_scores, shown),
    ]
    return pa.Table.from_arrays(columns, schema=_schema())


def _known_lists(values: NDArray[np.float32], shown: NDArray[np.bool_]) -> pa.ListArray:
    """Like :func:`_lists`, null also for persons whose numbers are all NaN."""
    known = ~np.isnan(values).all(axis=tuple(range(1, values.ndim)))
    filled = shown.copy()
    filled[shown] = known
    return _lists(values[known], filled)


def _lists(values: NDArray[np.float32], filled: NDArray[np.bool_]) -> pa.ListArray:
    """A column of (nested) lists through offsets: the next of ``values`` in each filled row, null in the others."""
    import pyarrow as pa

    array = numbers(np.ascontiguousarray(values, np.float32).reshape(-1))
    if values.ndim == 3:
        inner = np.arange(len(values) * values.shape[1] + 1, dtype=np.int32) * values.shape[2]
        array = pa.ListArray.from_arrays(numbers(inner), array)
    offsets = np.concatenate([[0], np.cumsum(filled) * values.shape[1]]).astype(np.int32)
    return pa.ListArray.from_arrays(numbers(offsets), array, mask=flags(~filled))


def _to_table(file: pq.ParquetFile, header: PredictionsHeader) -> PoseTable:
    joints = len(header.skeleton)
    frame, _ = _scalars(file, "frame_index")
    timestamp, _ = _scalars(file, "timestamp_s")
    steps = np.diff(frame, prepend=-1)
    starts = steps == 1
    if not (starts | (steps == 0)).all() or not starts[:1].all() or starts.sum() != header.metadata.frame_count:
        raise _InconsistentError(f"its frames are not the {header.metadata.frame_count} of its header, in order")
    person, shown = _scalars(file, "person")
    rows = np.arange(len(frame))
    if (person != rows - np.maximum.accumulate(np.where(starts, rows, 0))).any():
        raise _InconsistentError("persons are not counted from 0 in every frame")
    tracks, tracked = _scalars(file, "track_id")
    if tracked.any() and (tracked != shown).any():
        raise _InconsistentError("some persons have a track_id and some have none")
    poses = Poses(
        frame=frame[shown],
        boxes=_poses(file, "box", shown, (5,)),
        poses2d=_poses(file, "poses2d", shown, (joints, 2)),
        poses3d=_poses(file, "poses3d", shown, (joints, 3)),
        joint_scores=_poses(file, "joint_scores", shown, (joints,), nullable=True),
    )
    fitted = _poses(file, "poses3d_fitted", shown, (joints, 3), nullable=True)
    return PoseTable(
        timestamps_s=timestamp[starts],
        poses=poses,
        track_ids=tracks[shown] if (tracked == shown).all() else None,
        poses3d_fitted=None if len(fitted) and np.isnan(fitted).all() else fitted,
    )


def _scalars(file: pq.ParquetFile, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A column's values, 0 for null, and where they are not null."""
    column = file.read(columns=[name]).column(0).combine_chunks()
    valid, known = validity(column), known_numbers(column.drop_null())
    values = np.zeros(len(valid), known.dtype)
    values[valid] = known
    return values, valid


def _poses(
    file: pq.ParquetFile, name: str, shown: NDArray[np.bool_], shape: tuple[int, ...], *, nullable: bool = False
) -> NDArray[np.float32]:
    """A list column of the rows that show a person, ``(persons, *shape)``, NaN where ``nullable`` ones are null."""
    from pyarrow import compute

    column = file.read(columns=[name]).column(0)
    filled = np.concatenate([np.zeros(0, np.bool_), *map(validity, column.chunks)])
    if (filled & ~shown).any() or (not nullable and (shown & ~filled).any()):
        raise _InconsistentError(f"{name} is null where a person is, or not null where nobody is")
    values = np.full((int(shown.sum()), *shape), np.nan, np.float32)
    parts = []
    for chunk in column.drop_null().chunks:
        for length in shape:
            if chunk.null_count or (known_numbers(compute.list_value_length(chunk)) != length).any():
                raise _InconsistentError(f"{name} has not {' x '.join(map(str, shape))} numbers in every row")
            chunk = chunk.flatten()
        parts.append(known_numbers(chunk).reshape(-1, *shape))
    if parts:
        values[filled[shown]] = np.concatenate(parts)
    return values
