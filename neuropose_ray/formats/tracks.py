"""One person out of a table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.poses import PoseTable


def take_track(table: PoseTable, track: int, where: str) -> PoseTable:
    """The same frames with one track's poses alone.

    Args:
        table: the poses of all.
        track: its id.
        where: what the table was read from, for the error.

    Raises:
        InputError: there is no such track.
    """
    if table.track_ids is None or track not in table.track_ids:
        known = [] if table.track_ids is None else np.unique(table.track_ids).tolist()
        hint = f"there are {', '.join(map(str, known))}" if known else "there is none at all"
        raise InputError(f"there is no track {track}", where=where, hint=hint)
    return _rows(table, table.track_ids == track)


def take_main_person(table: PoseTable, where: str) -> PoseTable:
    """The same frames with the track alone that is seen in most of them, the first of equals.

    Without tracks, every frame's first person.

    Args:
        table: the poses of all.
        where: what the table was read from, for the error.

    Raises:
        InputError: nobody was found in any frame.
    """
    if not len(table.poses):
        raise InputError("nobody was found in this video", where=where, hint="there is nothing to write")
    if table.track_ids is None:
        return _rows(table, np.unique(table.poses.frame, return_index=True)[1])
    tracks, counts = np.unique(table.track_ids, return_counts=True)
    return take_track(table, int(tracks[counts.argmax()]), where)


def by_frame(table: PoseTable, values: NDArray[np.float32]) -> NDArray[np.float64]:
    """One person's numbers in every frame.

    Args:
        table: at most one person in each frame.
        values: ``(persons, ...)``, an entry for each row of the table.

    Returns:
        ``(frames, ...)``, NaN where the person is not seen.
    """
    frames = np.full((table.frame_count, *values.shape[1:]), np.nan)
    frames[table.poses.frame] = values
    return frames


def best_poses3d(table: PoseTable) -> NDArray[np.float32]:
    """``(persons, joints, 3)`` mm in camera axes: the fitted pose, and the pose model's where none was fitted."""
    fitted, poses = table.poses3d_fitted, table.poses.poses3d
    return poses if fitted is None else np.where(np.isfinite(fitted), fitted, poses)


def _rows(table: PoseTable, rows: NDArray[np.int64] | NDArray[np.bool_]) -> PoseTable:
    fitted, tracks = table.poses3d_fitted, table.track_ids
    return PoseTable(
        timestamps_s=table.timestamps_s,
        poses=table.poses.take(rows),
        track_ids=None if tracks is None else tracks[rows],
        poses3d_fitted=None if fitted is None else fitted[rows],
    )
