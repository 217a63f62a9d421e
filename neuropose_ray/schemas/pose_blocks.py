"""Long tables worked in pieces, so that writing takes memory by the piece and not by the video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from neuropose_ray.schemas.poses import Poses, PoseTable


def frame_blocks(table: PoseTable, frames: int) -> Iterator[tuple[int, PoseTable]]:
    """Consecutive pieces of at most ``frames`` frames, each with the position of its first frame.

    The pieces' arrays are views, their frames are counted from 0.
    """
    for first in range(0, table.frame_count, frames):
        last = min(first + frames, table.frame_count)
        rows = slice(*np.searchsorted(table.poses.frame, [first, last]))
        poses = table.poses
        yield (
            first,
            PoseTable(
                timestamps_s=table.timestamps_s[first:last],
                poses=Poses(
                    poses.frame[rows] - first,
                    poses.boxes[rows],
                    poses.poses2d[rows],
                    poses.poses3d[rows],
                    poses.joint_scores[rows],
                ),
                track_ids=None if table.track_ids is None else table.track_ids[rows],
                poses3d_fitted=None if table.poses3d_fitted is None else table.poses3d_fitted[rows],
            ),
        )
