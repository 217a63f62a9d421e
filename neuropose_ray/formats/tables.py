"""Predictions as a table in CSV: a row for each joint of each person in each frame, or one for each person."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from csv import writer as csv_writer
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import PoseTable

if TYPE_CHECKING:
    import pyarrow as pa

#: What is known of a joint, in the order of the columns; fitted positions are left out where nothing was fitted.
JOINT_COLUMNS = ("x_px", "y_px", "x_mm", "y_mm", "z_mm", "score")
FITTED_COLUMNS = ("x_fitted_mm", "y_fitted_mm", "z_fitted_mm")

# Frames that are turned into text at a time: some MB for each person in them.
_BLOCK_FRAMES = 1024


def write_csv(path: Path, table: PoseTable, header: PredictionsHeader) -> None:
    """Write a table for statistics programs, atomically, in pieces.

    Columns: ``frame_index``, ``timestamp_s``, ``track_id``, ``joint``, then :data:`JOINT_COLUMNS` and, where poses
    were fitted, :data:`FITTED_COLUMNS`; pixels of the upright frame, and millimetres along the camera's axes
    (x right, y down, z forward). A missing number is an empty cell. A frame that shows nobody has one row of empty
    cells behind its time.

    Args:
        path: the file.
        table: the poses.
        header: their description.

    Raises:
        OutputError: the file system refuses.
    """
    columns = ["frame_index", "timestamp_s", "track_id", "joint", *_columns_of_a_joint(table)]
    _write(path, table, header, columns, partial(_long, joint_names=header.skeleton.joint_names))


def write_wide_csv(path: Path, table: PoseTable, header: PredictionsHeader) -> None:
    """Write a table for spreadsheets, with a row for each person and frame; atomically, in pieces.

    Columns: ``frame_index``, ``timestamp_s``, ``track_id``, then :data:`JOINT_COLUMNS` and, where poses were fitted,
    :data:`FITTED_COLUMNS` of each joint behind its name: ``left_knee_x_px``. Units, axes and missing numbers are
    those of :func:`write_csv`.

    Args:
        path: the file.
        table: the poses.
        header: their description.

    Raises:
        OutputError: the file system refuses.
    """
    of_a_joint = _columns_of_a_joint(table)
    columns = [f"{joint}_{column}" for joint in header.skeleton.joint_names for column in of_a_joint]
    _write(path, table, header, ["frame_index", "timestamp_s", "track_id", *columns], _wide)


def _columns_of_a_joint(table: PoseTable) -> tuple[str, ...]:
    return JOINT_COLUMNS if table.poses3d_fitted is None else JOINT_COLUMNS + FITTED_COLUMNS


def _write(
    path: Path,
    table: PoseTable,
    header: PredictionsHeader,
    columns: list[str],
    rows: Callable[[PoseTable, int], pa.Table],
) -> None:
    from pyarrow import csv

    # Arrow would quote all text or none.
    is_odd = any(set(name) & set(',"\r\n') for name in header.skeleton.joint_names)
    options = csv.WriteOptions(include_header=False, quoting_style="needed" if is_odd else "none")
    heads = io.StringIO(newline="")
    csv_writer(heads, lineterminator="\n").writerow(columns)
    with atomic_write(path) as file:
        file.write(heads.getvalue().encode())
        for first, block in frame_blocks(table, _BLOCK_FRAMES):
            csv.write_csv(rows(block, first), file, options)


def _long(block: PoseTable, first_frame: int, joint_names: tuple[str, ...]) -> pa.Table:
    """The rows of consecutive frames, of which the first is ``first_frame`` of the video."""
    import pyarrow as pa

    joints, shown = len(joint_names), np.repeat(block.persons_per_frame() > 0, _rows(block, len(joint_names)))
    joint = np.zeros(len(shown), np.int32)
    joint[shown] = np.tile(np.arange(joints), len(block.poses))
    named = pa.DictionaryArray.from_arrays(pa.array(joint, mask=~shown), pa.array(joint_names))
    cells = (_cells(values.reshape(-1, values.shape[-1]).T, shown) for values in _joint_values(block))
    return _table([*_frame_cells(block, first_frame, joints), named, *chain.from_iterable(cells)])


def _wide(block: PoseTable, first_frame: int) -> pa.Table:
    """The rows of consecutive frames, of which the first is ``first_frame`` of the video."""
    shown = np.repeat(block.persons_per_frame() > 0, _rows(block, 1))
    joined = np.concatenate(list(_joint_values(block)), -1)
    values = joined.reshape(len(joined), joined.shape[1] * joined.shape[2])
    return _table([*_frame_cells(block, first_frame, 1), *_cells(values.T, shown)])


def _rows(block: PoseTable, rows_of_a_person: int) -> NDArray[np.int64]:
    """How many rows each frame has."""
    return np.maximum(1, block.persons_per_frame() * rows_of_a_person)


def _frame_cells(block: PoseTable, first_frame: int, rows_of_a_person: int) -> list[pa.Array]:
    """The columns frame_index, timestamp_s and track_id."""
    import pyarrow as pa

    rows = _rows(block, rows_of_a_person)
    frame, shown = np.repeat(np.arange(block.frame_count), rows), np.repeat(block.persons_per_frame() > 0, rows)
    track, tracked = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.bool_)
    if block.track_ids is not None:
        track[shown], tracked = np.repeat(block.track_ids, rows_of_a_person), shown
    times = _cells(block.timestamps_s[frame][None], np.ones(len(frame), np.bool_))
    return [pa.array(frame + first_frame), *times, pa.array(track, mask=~tracked)]


def _table(columns: list[pa.Array]) -> pa.Table:
    import pyarrow as pa

    return pa.table(columns, names=[str(index) for index in range(len(columns))])


def _joint_values(block: PoseTable) -> Iterator[NDArray[np.float32]]:
    """What is known of the joints, each ``(persons, joints, columns)``."""
    poses = block.poses
    for values in (poses.poses2d, poses.poses3d, poses.joint_scores[..., None], block.poses3d_fitted):
        if values is not None:
            yield values


def _cells(columns: NDArray[np.floating], shown: NDArray[np.bool_]) -> Iterator[pa.Array]:
    """Columns with their values in the rows that are ``shown``, null in the others and for what is not finite."""
    import pyarrow as pa

    for values in columns:
        column = np.full(len(shown), np.nan, values.dtype)
        column[shown] = values
        yield pa.array(column, mask=~np.isfinite(column))
