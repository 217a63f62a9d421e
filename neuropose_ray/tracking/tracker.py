"""Following people through a whole video, after all its frames are known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.tracking.affinity import FORBIDDEN, costs
from neuropose_ray.tracking.settings import TrackingSettings

#: Raised where this room gives other ids for the same poses and settings: then finished videos are tracked again,
#: from the poses in their files.
TRACKS_VERSION = 1

#: Share of a newly seen speed in the running mean; single-frame speeds are mostly noise.
SPEED_GAIN = 0.3
#: A prediction stops moving after this long: nobody keeps a speed through a long occlusion.
COASTING_S = 0.15


@dataclass(slots=True)
class _Track:
    rows: list[int]
    time_s: float
    box: NDArray[np.float64]
    joints: NDArray[np.float64]
    box_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    joint_speed: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))

    def predicted(self, time_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        ahead = min(time_s - self.time_s, COASTING_S)
        moved = np.concatenate([self.box_speed * ahead, [0, 0]])  # limbs swing: a box's size keeps no speed
        return self.box + moved, self.joints + self.joint_speed * ahead

    def continue_with(self, row: int, time_s: float, box: NDArray[np.float64], joints: NDArray[np.float64]) -> None:
        elapsed = max(time_s - self.time_s, 1e-6)
        known = np.isfinite(joints - self.joints).all(1)
        if known.any():
            moved = (joints - self.joints)[known].mean(0) / elapsed
            self.joint_speed += SPEED_GAIN * (moved - self.joint_speed)
        middles = [corners[:2] + corners[2:4] / 2 for corners in (self.box, box)]
        self.box_speed += SPEED_GAIN * ((middles[1] - middles[0]) / elapsed - self.box_speed)
        self.rows.append(row)
        self.time_s, self.box, self.joints = time_s, box, joints


def track(table: PoseTable, settings: TrackingSettings) -> NDArray[np.int32]:
    """``(n,)`` person ids, one for each row of ``table.poses``, counted from 0.

    Frame by frame, poses continue tracks by the cheapest assignment of all (Hungarian method) of box overlap
    and 3D joint distance to where constant speed would have brought each track. Ids depend on the poses alone,
    not on how the video was cut into chunks: they are numbered by first appearance once the video is known,
    tracks shorter than ``settled_s`` last.
    """
    poses, times = table.poses, table.timestamps_s
    boxes, joints = poses.boxes[:, :4].astype(np.float64), poses.poses3d.astype(np.float64)
    finished: list[_Track] = []
    active: list[_Track] = []
    starts = np.searchsorted(poses.frame, np.arange(table.frame_count + 1))
    for frame in np.flatnonzero(np.diff(starts)):
        now = float(times[frame])
        finished += [active_track for active_track in active if now - active_track.time_s > settings.max_gap_s]
        active = [active_track for active_track in active if now - active_track.time_s <= settings.max_gap_s]
        rows = np.arange(starts[frame], starts[frame + 1])
        matched = _match(active, now, boxes[rows], joints[rows], settings)
        for position, row in enumerate(rows):
            if position in matched:
                active[matched[position]].continue_with(int(row), now, boxes[row], joints[row])
            else:
                active.append(_Track([int(row)], now, boxes[row], joints[row]))
    return _numbered(finished + active, len(poses), times[poses.frame], settings.settled_s)


def _match(
    active: list[_Track],
    now: float,
    boxes: NDArray[np.float64],
    joints: NDArray[np.float64],
    settings: TrackingSettings,
) -> dict[int, int]:
    """Person of this frame -> position in ``active``, for those that continue a track."""
    from scipy.optimize import linear_sum_assignment

    if not active:
        return {}
    predicted_boxes, predicted_joints = map(np.array, zip(*(known.predicted(now) for known in active), strict=True))
    unseen = np.array([now - known.time_s for known in active])
    cost = costs(predicted_boxes, predicted_joints, unseen, boxes, joints, settings)
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(person): int(known) for known, person in pairs if cost[known, person] < FORBIDDEN}


def _numbered(tracks: list[_Track], people: int, times: NDArray[np.float64], settled_s: float) -> NDArray[np.int32]:
    def order(candidate: _Track) -> tuple[bool, int]:
        return times[candidate.rows[-1]] - times[candidate.rows[0]] < settled_s, candidate.rows[0]

    ids = np.full(people, -1, np.int32)
    for number, person_track in enumerate(sorted(tracks, key=order)):
        ids[person_track.rows] = number
    return ids
