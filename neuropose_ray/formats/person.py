"""One person at a constant rate: what files of biomechanics and animation are made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.formats.axes import camera_to_y_up
from neuropose_ray.formats.floor import floor_height_mm
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.uniform_timebase import UniformTimebase, uniform_timebase
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class EvenPerson:
    """One person's joints at a constant rate, NaN where missing.

    Attributes:
        skeleton: names of the joints.
        clock: the frames.
        positions: ``(frames, joints, 3)`` mm, camera axes (x right, y down, z forward).
        places: ``(frames, joints, 2)`` px of the upright frame.
        scores: ``(frames, joints)`` in 0 to 1.
    """

    skeleton: Skeleton
    clock: UniformTimebase
    positions: NDArray[np.float64]
    places: NDArray[np.float64]
    scores: NDArray[np.float64]

    @property
    def missing_frames(self) -> int:
        """Frames in which no joint is known."""
        return int((~np.isfinite(self.positions).all(-1).any(-1)).sum())

    def space(self) -> Trajectories:
        """The joints in mm, y up: see :func:`~neuropose_ray.formats.axes.camera_to_y_up`."""
        names, clock = self.skeleton.joint_names, self.clock
        return Trajectories(names, clock.rate_hz, clock.start_s, camera_to_y_up(self.positions))

    def on_floor(self) -> Trajectories:
        """The same with the floor at y = 0, where the feet show it: see :func:`.floor.floor_height_mm`."""
        points = self.space()
        height = floor_height_mm(self.skeleton, points.positions)
        if height is None:
            return points
        return replace(points, positions=points.positions - np.array([0.0, height, 0.0]), on_floor=True)

    def image(self) -> Trajectories:
        """The joints in px of the upright frame: x right, y down, z 0."""
        names, clock = self.skeleton.joint_names, self.clock
        flat = np.where(np.isfinite(self.places).all(-1, keepdims=True), 0.0, np.nan)
        return Trajectories(names, clock.rate_hz, clock.start_s, np.concatenate([self.places, flat], -1), units="px")


def person_at_even_rate(table: PoseTable, header: PredictionsHeader, *, track: int | None, where: str) -> EvenPerson:
    """One person of a table at the times of what was filmed, resampled to their median rate where they are uneven.

    Args:
        table: the poses of all; fitted ones are taken where there are any.
        header: their description.
        track: a track id; None for the one seen in most frames.
        where: what the table was read from, for the errors.

    Raises:
        InputError: nobody was found, there is no such track, or the times of the frames are of no use.
    """
    if not len(table.poses):
        raise InputError("nobody was found in this video", where=where, hint="there is nothing to write")
    rows = table.rows_of_track(track, where=where)
    seconds = header.metadata.seconds_of_a_second()
    times_s, fps = table.timestamps_s * seconds, header.metadata.fps / seconds
    clock = uniform_timebase(times_s, fps=fps, where=where)
    return EvenPerson(
        skeleton=header.skeleton,
        clock=clock,
        positions=clock.of(table.by_frame(table.best_poses3d(), rows)),
        places=clock.of(table.by_frame(table.poses.poses2d, rows)),
        scores=clock.of(table.by_frame(table.poses.joint_scores, rows)),
    )
