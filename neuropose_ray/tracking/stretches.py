"""Stretches: one person from frame to frame, as long as nothing about it is in doubt."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.tracking.following import FramePeople, MovingPerson, follow
from neuropose_ray.tracking.settings import TrackingSettings

#: A stretch ends where its person is missing in a frame; who comes after is compared with it in more than place.
LONGEST_INTERVALS = 1.5


class Stretch(MovingPerson):
    """One person over consecutive frames; ``rows`` of the table, ascending."""

    __slots__ = ("rows",)

    def __init__(self, rows: list[int], time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        """Begin with rows, and with what the last of them shows."""
        super().__init__(time_s, box, joints)
        self.rows = rows

    def continue_with(self, row: int, time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        """Add the next row."""
        self.move_to(time_s, box, joints)
        self.rows.append(row)


def stretches(table: PoseTable, settings: TrackingSettings) -> list[Stretch]:
    """All stretches of a table, by their first rows; rows with low scores are in none.

    Frame by frame, poses continue stretches as in :func:`.following.follow`. Poses with low scores take part, so that
    whom one of them shows is not taken for somebody else in the frame, but continue nothing.
    """
    poses, times = table.poses, table.timestamps_s
    boxes, joints = poses.boxes[:, :4].astype(np.float64), poses.poses3d.astype(np.float64)
    longest_s = LONGEST_INTERVALS * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    believed = poses.boxes[:, 4] >= settings.doubted_score
    ended: list[Stretch] = []
    active: list[Stretch] = []
    starts = np.searchsorted(poses.frame, np.arange(table.frame_count + 1))
    for frame in np.flatnonzero(np.diff(starts)):
        now = float(times[frame])
        rows = range(int(starts[frame]), int(starts[frame + 1]))
        step = follow(active, FramePeople(now, boxes[rows], joints[rows]), longest_s, settings)
        ended += step.ended
        active = step.kept
        for row, stretch in zip(rows, step.continued, strict=True):
            if not believed[row]:
                continue
            if stretch is None:
                active.append(Stretch([row], now, boxes[row], joints[row]))
            else:
                stretch.continue_with(row, now, boxes[row], joints[row])
    return sorted(ended + active, key=lambda stretch: stretch.rows[0])
