"""Poses as arrays: what flows from a pose model through the pipeline into analysis, export and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError

Frame = NDArray[np.uint8]
"""One upright picture, ``(height, width, 3)``, RGB."""
Luma = NDArray[np.uint8]
"""How bright an upright picture is, ``(height, width)``, 0 (black) to 255 (white)."""


@dataclass(frozen=True, slots=True)
class Poses:
    """The people in a stretch of frames, one row per person and frame, in the order of the frames.

    Attributes:
        frame: ``(n,)`` int64, the position of each row's frame in the stretch, ascending.
        boxes: ``(n, 5)`` float32, left, top, width, height in pixels, and the person's score in 0..1.
        poses2d: ``(n, joints, 2)`` float32, pixels of the upright frame.
        poses3d: ``(n, joints, 3)`` float32, millimetres, camera axes (x right, y down, z forward).
        joint_scores: ``(n, joints)`` float32 in 0..1.
    """

    frame: NDArray[np.int64]
    boxes: NDArray[np.float32]
    poses2d: NDArray[np.float32]
    poses3d: NDArray[np.float32]
    joint_scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def empty(cls, joints: int) -> Poses:
        """A table without persons."""
        return cls(
            np.zeros(0, np.int64), np.zeros((0, 5), np.float32), np.zeros((0, joints, 2), np.float32),
            np.zeros((0, joints, 3), np.float32), np.zeros((0, joints), np.float32),
        )  # fmt: skip

    @classmethod
    def concatenate(cls, parts: Sequence[Poses], offsets: Sequence[int]) -> Poses:
        """One stretch out of several; ``offsets`` are added to each part's frame positions."""
        return cls(
            np.concatenate([part.frame + offset for part, offset in zip(parts, offsets, strict=True)]),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in _PER_PERSON),
        )

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Poses:
        """Some of the rows."""
        return Poses(self.frame[rows], *(getattr(self, name)[rows] for name in _PER_PERSON))


_PER_PERSON = ("boxes", "poses2d", "poses3d", "joint_scores")


@dataclass(frozen=True, slots=True)
class PoseTable:
    """All frames of a video or chunk with the people in them.

    Attributes:
        timestamps_s: ``(frames,)`` float64, the presentation time of every frame, also of those with nobody.
        poses: rows whose ``frame`` points into ``timestamps_s``.
        track_ids: ``(n,)`` int32 person ids over time, or None before tracking.
        poses3d_fitted: ``(n, joints, 3)`` float32 millimetres, NaN where not fitted, or None before fitting.
    """

    timestamps_s: NDArray[np.float64]
    poses: Poses
    track_ids: NDArray[np.int32] | None = None
    poses3d_fitted: NDArray[np.float32] | None = None

    @classmethod
    def concatenate(cls, parts: Sequence[PoseTable]) -> PoseTable:
        """One table out of consecutive, not yet tracked ones."""
        offsets = np.cumsum([0, *(part.frame_count for part in parts)])[:-1]
        poses = Poses.concatenate([part.poses for part in parts], [int(offset) for offset in offsets])
        return cls(np.concatenate([part.timestamps_s for part in parts]), poses)

    @property
    def frame_count(self) -> int:
        """Frames that were decoded."""
        return len(self.timestamps_s)

    @property
    def nbytes(self) -> int:
        """The memory of its arrays, bytes."""
        poses = self.poses
        arrays = (
            self.timestamps_s, poses.frame, poses.boxes, poses.poses2d, poses.poses3d, poses.joint_scores,
            self.track_ids, self.poses3d_fitted,
        )  # fmt: skip
        return sum(values.nbytes for values in arrays if values is not None)

    def best_poses3d(self) -> NDArray[np.float32]:
        """``(n, joints, 3)`` mm: the fitted joints, and those of the pose model where none was fitted."""
        fitted, poses = self.poses3d_fitted, self.poses.poses3d
        return poses if fitted is None else np.where(np.isfinite(fitted), fitted, poses)

    def persons_per_frame(self) -> NDArray[np.int64]:
        """How many people each frame shows."""
        return np.bincount(self.poses.frame, minlength=self.frame_count)

    def positions_in_frame(self) -> NDArray[np.int64]:
        """``(n,)`` the position of each row among those of its frame, from 0."""
        return np.arange(len(self.poses)) - np.searchsorted(self.poses.frame, self.poses.frame)

    def person_ids(self) -> NDArray[np.int64]:
        """``(n,)`` whose each row is: the track, or without tracks the position in the frame, as in NeuroPose."""
        return self.positions_in_frame() if self.track_ids is None else self.track_ids.astype(np.int64)

    def persons_by_frames(self) -> list[int]:
        """The ids of all persons, who is seen in most frames first, the smallest id first among equals."""
        persons, frames = np.unique(self.person_ids(), return_counts=True)
        ids: list[int] = persons[np.argsort(-frames, kind="stable")].tolist()
        return ids

    def rows_of_person(self, person: int | None = None, *, where: str | None = None) -> NDArray[np.int64]:
        """The rows of one person, at most one for each frame.

        Args:
            person: one of :meth:`person_ids`; None for who is seen in most frames: no rows where nobody is seen.
            where: what the table was read from, for the error.

        Raises:
            InputError: there is no such person.
        """
        persons = self.persons_by_frames()
        if person is None:
            person = persons[0] if persons else -1
        elif person not in persons:
            kind = "person" if self.track_ids is None else "track"
            listed = ", ".join(map(str, sorted(persons))) or "none"
            raise InputError(f"there is no {kind} {person}", where=where, hint=f"there are: {listed}")
        return np.flatnonzero(self.person_ids() == person)

    def rows_of_track(self, track: int | None = None, *, where: str | None = None) -> NDArray[np.int64]:
        """The rows of one track; without an id those of :meth:`rows_of_person`.

        Raises:
            InputError: there is no such track, or none at all.
        """
        if track is not None and self.track_ids is None:
            raise InputError(f"there is no track {track}", where=where, hint="it holds no tracks at all")
        return self.rows_of_person(track, where=where)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> PoseTable:
        """The same frames with some of the rows alone."""
        fitted, tracks = self.poses3d_fitted, self.track_ids
        return PoseTable(
            timestamps_s=self.timestamps_s,
            poses=self.poses.take(rows),
            track_ids=None if tracks is None else tracks[rows],
            poses3d_fitted=None if fitted is None else fitted[rows],
        )

    def by_frame(
        self, values: NDArray[np.floating], rows: NDArray[np.int64] | NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """One person's numbers in every frame.

        Args:
            values: ``(n, ...)``, an entry for each row of the table.
            rows: those of one person, at most one for each frame.

        Returns:
            ``(frames, ...)``, NaN where the person is not seen.
        """
        frames = np.full((self.frame_count, *values.shape[1:]), np.nan)
        frames[self.poses.frame[rows]] = values[rows]
        return frames

    def with_tracks(self, track_ids: NDArray[np.int32]) -> PoseTable:
        """The same table with person ids."""
        return replace(self, track_ids=track_ids)

    def with_fitted(self, poses3d_fitted: NDArray[np.float32]) -> PoseTable:
        """The same table with fitted poses."""
        return replace(self, poses3d_fitted=poses3d_fitted)
