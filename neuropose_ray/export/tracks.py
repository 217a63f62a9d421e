"""One person out of a table."""

from __future__ import annotations

import numpy as np

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
    rows = table.track_ids == track
    fitted = table.poses3d_fitted
    return PoseTable(
        timestamps_s=table.timestamps_s,
        poses=table.poses.take(rows),
        track_ids=table.track_ids[rows],
        poses3d_fitted=None if fitted is None else fitted[rows],
    )
