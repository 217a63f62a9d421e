"""One person's movement as arrays: what every analysis takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class Motion:
    """One person over all frames of a video.

    Attributes:
        name: what it was read from, for messages and tables.
        skeleton: the names of the joints.
        timestamps_s: ``(frames,)`` float64, ascending presentation times in s; all NaN where the frame rate is not
            known.
        positions: ``(frames, joints, 3)`` float64 in mm, camera axes (x right, y down, z forward), NaN where the
            person or the joint is missing.
        joint_scores: ``(frames, joints)`` float64 in 0..1, NaN where missing or not known.
        is_measured: whether the positions were measured in space, as by motion capture; else they were estimated
            from pictures, and depth is what they know least of.
    """

    name: str
    skeleton: Skeleton
    timestamps_s: NDArray[np.float64]
    positions: NDArray[np.float64]
    joint_scores: NDArray[np.float64]
    is_measured: bool = False

    def __post_init__(self) -> None:
        """Check the shapes against each other.

        Raises:
            InputError: they do not fit, or the times do not ascend.
        """
        frames, joints = len(self.timestamps_s), len(self.skeleton)
        if self.positions.shape != (frames, joints, 3) or self.joint_scores.shape != (frames, joints):
            raise InputError(
                f"{frames} times and {joints} joints, but positions {self.positions.shape} "
                f"and joint_scores {self.joint_scores.shape}",
                where=self.name,
            )
        if not np.isnan(self.timestamps_s).all() and not (np.diff(self.timestamps_s) > 0).all():
            raise InputError("the times of the frames do not ascend", where=self.name)

    def __len__(self) -> int:
        """How many frames there are."""
        return len(self.timestamps_s)

    @property
    def frame_rate_hz(self) -> float:
        """Frames per second, by the median interval; NaN with fewer than two frames, and without times."""
        return float(1 / np.median(np.diff(self.timestamps_s))) if len(self) > 1 else float("nan")

    @property
    def coverage(self) -> float:
        """Share of the frames in which at least one joint is known; 0 without frames."""
        return float(np.isfinite(self.positions).all(-1).any(-1).mean()) if len(self) else 0.0

    def joint(self, name: str) -> NDArray[np.float64]:
        """``(frames, 3)`` in mm, of a joint by its own name or by a landmark's ("left_knee").

        Raises:
            InputError: the skeleton has no such joint; the message lists those it has.
        """
        try:
            return self.positions[:, self.skeleton.index(name)]
        except KeyError as error:
            raise InputError(str(error.args[0]), where=self.name) from None


def motion_of_table(
    table: PoseTable,
    skeleton: Skeleton,
    *,
    name: str,
    track: int | None = None,
    fitted: bool = True,
    is_measured: bool = False,
) -> Motion:
    """One track of a table.

    Args:
        table: tracked or not; without tracks every frame's first person is taken, as NeuroPose does.
        skeleton: the table's joints.
        name: what the table was read from.
        track: its id; None for the one that is seen in most frames (the first of equals).
        fitted: take the fitted skeleton where there is one, else what the pose model said.
        is_measured: whether the table holds motion capture rather than poses of pictures.

    Raises:
        InputError: there is no such track.
    """
    rows = table.rows_of_track(track, where=name)
    poses = table.best_poses3d() if fitted else table.poses.poses3d
    positions, scores = table.by_frame(poses, rows), table.by_frame(table.poses.joint_scores, rows)
    return Motion(name, skeleton, table.timestamps_s, positions, scores, is_measured)
