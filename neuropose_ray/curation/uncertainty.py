"""How unsure the poses of a frame are: low scores, joints that jump, left and right that are exchanged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.presence import person_quality
from neuropose_ray.curation.settings import SelectionSettings
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

#: Pairs of joints that lie nearer to each other, as parts of the person's height, look alike when exchanged.
_LEAST_WIDTH = 0.04
#: Exchanged, the joints must lie this much nearer to those of the frame before: noise exchanges nobody.
_FLIP_RATIO = 0.5


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """How unsure each frame of the predictions is, the least sure of its people.

    Attributes:
        confidence: ``(frames,)`` mean joint score in 0..1; NaN where nobody is.
        jump: ``(frames,)`` the distance of a joint from the middle between its positions in the frames before and
            after, in heights of the person; the largest but a tenth of the joints. NaN where not known.
        flip: ``(frames,)`` whether left and right are exchanged from the frame before to this one.
    """

    confidence: NDArray[np.float64]
    jump: NDArray[np.float64]
    flip: NDArray[np.bool_]

    def scores(self, settings: SelectionSettings) -> NDArray[np.float64]:
        """``(frames,)`` in 0..5: 1 for each kind at its threshold, at most 2 for what is worse, and 1 for a flip."""
        low = (1 - self.confidence) / max(1 - settings.low_confidence, 1e-9)
        jump = self.jump / settings.jump
        parts = [np.clip(np.nan_to_num(part), 0, 2) for part in (low, jump)]
        return np.asarray(parts[0] + parts[1] + self.flip)

    def reasons(self, frame: int, settings: SelectionSettings) -> tuple[str, ...]:
        """The kinds that are beyond their thresholds in one frame."""
        kinds = {
            "low_confidence": self.confidence[frame] < settings.low_confidence,
            "jump": self.jump[frame] > settings.jump,
            "left_right_flip": self.flip[frame],
        }
        return tuple(kind for kind, holds in kinds.items() if holds)


def uncertainty_of(table: PoseTable, skeleton: Skeleton) -> Uncertainty:
    """The uncertainty of every frame of predictions."""
    frames = table.frame_count
    confidence, jump = np.full(frames, np.inf), np.full(frames, -np.inf)
    flip = np.zeros(frames, np.bool_)
    quality = person_quality(table)
    np.minimum.at(confidence, table.poses.frame, np.where(np.isfinite(quality), quality, np.inf))
    pairs = left_right_pairs(skeleton)
    for person in np.unique(table.person_ids()).tolist():
        rows = np.flatnonzero(table.person_ids() == person)
        points = table.by_frame(table.poses.poses2d, rows)
        height = table.by_frame(table.poses.boxes[:, 3], rows)
        jump = np.fmax(jump, _jumps(points, height))
        flip |= _flips(points, height, pairs)
    unknown = np.full(frames, np.nan)
    return Uncertainty(
        np.where(np.isfinite(confidence), confidence, unknown), np.where(np.isfinite(jump), jump, unknown), flip
    )


def left_right_pairs(skeleton: Skeleton) -> list[tuple[int, int]]:
    """Left and right joint of each pair: ``left_knee`` and ``right_knee``, or ``lkne`` and ``rkne``."""
    names = skeleton.joint_names
    pairs = []
    for index, name in enumerate(names):
        mate = name.replace("left", "right") if "left" in name else "r" + name[1:] if name.startswith("l") else name
        if mate != name and mate in names:
            pairs.append((index, names.index(mate)))
    return pairs


def _jumps(points: NDArray[np.float64], height: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(frames,)`` of one person; constant speed is no jump."""
    jumps = np.full(len(points), np.nan)
    if len(points) < 3:
        return jumps
    offset = np.linalg.norm(points[1:-1] - (points[:-2] + points[2:]) / 2, axis=-1) / height[1:-1, None]
    known = np.isfinite(offset).any(1)
    jumps[1:-1][known] = np.nanquantile(offset[known], 0.9, axis=1)
    return jumps


def _flips(
    points: NDArray[np.float64], height: NDArray[np.float64], pairs: list[tuple[int, int]]
) -> NDArray[np.bool_]:
    """``(frames,)`` of one person: whether most pairs are nearer to those of the frame before when exchanged."""
    flips = np.zeros(len(points), np.bool_)
    if len(points) < 2 or not pairs:
        return flips
    left, right = (points[:, [pair[side] for pair in pairs]] for side in (0, 1))
    kept = _distance(left[1:], left[:-1]) + _distance(right[1:], right[:-1])
    exchanged = _distance(left[1:], right[:-1]) + _distance(right[1:], left[:-1])
    width = _distance(left[1:], right[1:])
    with np.errstate(invalid="ignore"):
        apart = width > _LEAST_WIDTH * height[1:, None]
        nearer = apart & (exchanged < _FLIP_RATIO * kept)
    flips[1:] = (nearer.sum(1) > 1) & (2 * nearer.sum(1) > apart.sum(1))
    return flips


def _distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.linalg.norm(first - second, axis=-1), np.float64)
