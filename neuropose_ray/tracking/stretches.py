"""Stretches: one person from frame to frame, as long as nothing about it is in doubt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.tracking.affinity import FORBIDDEN, costs
from neuropose_ray.tracking.settings import TrackingSettings

#: Share of a newly seen speed in the running mean; single-frame speeds are mostly noise.
SPEED_GAIN = 0.3
#: A prediction stops moving after this long: nobody keeps a speed through a long occlusion.
COASTING_S = 0.15
#: A stretch ends where its person is missing in a frame; who comes after is compared with it in more than place.
LONGEST_INTERVALS = 1.5


@dataclass(slots=True)
class Stretch:
    """One person over consecutive frames.

    Attributes:
        rows: of the table, ascending.
        time_s: of the last row.
        box: of the last row.
        joints: of the last row, mm.
        box_speed: px/s.
        joint_speed: mm/s.
    """

    rows: list[int]
    time_s: float
    box: NDArray[np.float64]
    joints: NDArray[np.float64]
    box_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    joint_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def predicted(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Box and joints at a time, by constant speed."""
        ahead = min(time_s - self.time_s, COASTING_S)
        moved = np.concatenate([self.box_speed * ahead, [0, 0]])  # limbs swing: a box's size keeps no speed
        return self.box + moved, self.joints + self.joint_speed * ahead

    def continue_with(self, row: int, time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        """Add the next row."""
        elapsed = max(time_s - self.time_s, 1e-6)
        known = np.isfinite(joints - self.joints).all(1)
        if known.any():
            moved = (joints - self.joints)[known].mean(0) / elapsed
            self.joint_speed += SPEED_GAIN * (moved - self.joint_speed)
        middles = [corners[:2] + corners[2:4] / 2 for corners in (self.box, box)]
        self.box_speed += SPEED_GAIN * ((middles[1] - middles[0]) / elapsed - self.box_speed)
        self.rows.append(row)
        self.time_s, self.box, self.joints = time_s, box, joints


def stretches(table: PoseTable, settings: TrackingSettings) -> list[Stretch]:
    """All stretches of a table, by their first rows; rows with low scores are in none.

    Frame by frame, poses continue stretches by the cheapest assignment of all (Hungarian method) of box overlap and
    3D joint distance to where constant speed would have brought each. Poses with low scores take part, so that whom
    one of them shows is not taken for somebody else in the frame, but continue nothing.
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
        ended += [stretch for stretch in active if now - stretch.time_s > longest_s]
        active = [stretch for stretch in active if now - stretch.time_s <= longest_s]
        rows = np.arange(starts[frame], starts[frame + 1])
        matched = _match(active, now, boxes[rows], joints[rows], settings)
        for position, row in enumerate(rows):
            if not believed[row]:
                continue
            if position in matched:
                active[matched[position]].continue_with(int(row), now, boxes[row], joints[row])
            else:
                active.append(Stretch([int(row)], now, boxes[row], joints[row]))
    return sorted(ended + active, key=lambda stretch: stretch.rows[0])


def _match(
    active: list[Stretch],
    now: float,
    boxes: NDArray[np.float64],
    joints: NDArray[np.float64],
    settings: TrackingSettings,
) -> dict[int, int]:
    """Person of this frame -> position in ``active``, for those that continue a stretch."""
    from scipy.optimize import linear_sum_assignment

    if not active or not len(boxes):
        return {}
    predicted_boxes, predicted_joints = map(np.array, zip(*(known.predicted(now) for known in active), strict=True))
    unseen = np.array([now - known.time_s for known in active])
    cost = costs(predicted_boxes, predicted_joints, unseen, boxes, joints, settings)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(person): int(known) for known, person in pairs if cost[known, person] < FORBIDDEN}
