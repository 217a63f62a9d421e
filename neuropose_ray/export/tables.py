"""Predictions as one long table in CSV: a row for each joint of each person in each frame."""

from __future__ import annotations

from collections.abc import Iterator
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
    from pyarrow import csv

    names = header.skeleton.joint_names
    # Arrow would quote all text or none.
    quoting = "needed" if any(set(name) & set(',"\r\n') for name in names) else "none"
    options = csv.WriteOptions(include_header=False, quoting_style=quoting)
    columns = ["frame_index", "timestamp_s", "track_id", "joint", *JOINT_COLUMNS]
    columns += [] if table.poses3d_fitted is None else FITTED_COLUMNS
    with atomic_write(path) as file:
        file.write(f"{','.join(columns)}\n".encode())
        for first, block in frame_blocks(table, _BLOCK_FRAMES):
            csv.write_csv(_long(block, first, names), file, options)


def _long(block: PoseTable, first_frame: int, joint_names: tuple[str, ...]) -> pa.Table:
    """The rows of consecutive frames, of which the first is ``first_frame`` of the video."""
    import pyarrow as pa

    joints, persons = len(joint_names), block.persons_per_frame()
    rows = np.maximum(1, persons * joints)
    frame, shown = np.repeat(np.arange(block.frame_count), rows), np.repeat(persons > 0, rows)
    track, tracked = np.zeros(len(frame), np.int32), np.zeros(len(frame), np.bool_)
    if block.track_ids is not None:
        track[shown], tracked = np.repeat(block.track_ids, joints), shown
    joint = np.zeros(len(frame), np.int32)
    joint[shown] = np.tile(np.arange(joints), len(block.poses))
    columns = [
        pa.array(frame + first_frame),
        _cells(block.timestamps_s[frame], np.ones(len(frame), np.bool_)),
        pa.array(track, mask=~tracked),
        pa.DictionaryArray.from_arrays(pa.array(joint, mask=~shown), pa.array(joint_names)),
        *(_cells(values, shown) for values in _joint_values(block)),
    ]
    return pa.table(columns, names=[str(index) for index in range(len(columns))])


def _joint_values(block: PoseTable) -> Iterator[NDArray[np.float32]]:
    """The columns of joints, each ``(persons * joints,)``."""
    poses = block.poses
    for values in (poses.poses2d, poses.poses3d, poses.joint_scores[..., None], block.poses3d_fitted):
        if values is not None:
            yield from values.reshape(-1, values.shape[-1]).T


def _cells(values: NDArray[np.floating], shown: NDArray[np.bool_]) -> pa.Array:
    """A column with ``values`` in the rows that are ``shown``, null in the others and for what is not finite."""
    import pyarrow as pa

    column = np.full(len(shown), np.nan, values.dtype)
    column[shown] = values
    return pa.array(column, mask=~np.isfinite(column))
