"""Poses as arrays: what flows from a pose model through the pipeline into analysis, export and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
"""One upright picture, ``(height, width, 3)``, RGB."""


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
        """Nobody."""
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

    def persons_per_frame(self) -> NDArray[np.int64]:
        """How many people each frame shows."""
        return np.bincount(self.poses.frame, minlength=self.frame_count)

    def with_tracks(self, track_ids: NDArray[np.int32]) -> PoseTable:
        """The same table with person ids."""
        return replace(self, track_ids=track_ids)

    def with_fitted(self, poses3d_fitted: NDArray[np.float32]) -> PoseTable:
        """The same table with fitted poses."""
        return replace(self, poses3d_fitted=poses3d_fitted)
