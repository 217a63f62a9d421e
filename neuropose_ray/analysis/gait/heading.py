"""Where a person walks to: up, forward and right over time, in any direction before any camera."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.gait.records import OTHER
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.analysis.motion import Motion

Array = NDArray[np.float64]

#: The spread of the feet's path at which the floor's slope is half believed, in mm: the feet go up and down by
#: 50 mm, cameras are pitched by a quarter of a radian at most.
_LEVELLING_SPREAD_MM = 200.0
#: Cosine between heading and line of sight from which a foot that is lifted moves in the picture as one that comes
#: nearer or goes away (20 degrees).
STRAIGHT_ALONG_SIGHT = 0.94


@dataclass(frozen=True, slots=True)
class Directions:
    """Unit vectors in the axes of the positions.

    Attributes:
        up: ``(3,)`` away from the floor.
        forward: ``(frames, 3)`` along the floor, NaN where nobody is seen within the heading's window.
        right: ``(frames, 3)`` along the floor, square to ``forward``, to the person's right.
        travelling: ``(frames,)`` whether ``forward`` is the direction of travel, not that of the body.
        backwards: ``(frames,)`` whether the person travels against the body's own forward direction.
    """

    up: Array
    forward: Array
    right: Array
    travelling: NDArray[np.bool_]
    backwards: NDArray[np.bool_]


def pelvis_mm(motion: Motion) -> Array:
    """``(frames, 3)`` in mm, the middle of the hips, NaN where one is missing.

    Raises:
        InputError: the skeleton has no hips.
    """
    return (motion.joint("right_hip") + motion.joint("left_hip")) / 2


def foot_point(motion: Motion, side: str, part: str) -> str:
    """The landmark that stands for a foot's "heel" or "toe": the ankle where the skeleton has none."""
    return f"{side}_{part}" if motion.skeleton.has(f"{side}_{part}") else f"{side}_ankle"


def walking_directions(motion: Motion, settings: GaitSettings) -> Directions:
    """Up from the feet's path; forward from the pelvis's travel, or from hips and feet where it hardly travels.

    The travel is the slope of a straight line through the pelvis's positions in a window around each frame, the
    body's own forward direction the mean over that window of what is square to the line between the hips, and of the
    directions from heels to toes where the skeleton has both. NaN frames are left out of both.

    Raises:
        InputError: the skeleton has no hips or no ankles.
    """
    times = motion.timestamps_s
    up = levelled_up(motion, settings.up)
    pelvis = pelvis_mm(motion)
    travel = _on_floor(_windowed_slope(times, pelvis, settings.heading_window_s), up) / 1000
    body = _unit(_windowed_mean(times, _body_forward(motion, up), settings.heading_window_s))
    with np.errstate(invalid="ignore"):
        travelling = np.linalg.norm(travel, axis=1) > settings.travel_speed_m_per_s
    forward = np.where(travelling[:, None], _unit(travel), body)
    with np.errstate(invalid="ignore"):
        backwards = (forward * body).sum(1) < -0.5  # more than 120 degrees away: not merely sideways
    right = np.cross(forward, up) * np.where(backwards, -1, 1)[:, None]
    return Directions(up, forward, right, travelling, backwards)


def along_sight(motion: Motion, frames: NDArray[np.int64], directions: Directions) -> float:
    """The mean absolute cosine between heading and line of sight of some frames, both in the plane of the floor."""
    sight = _on_floor(pelvis_mm(motion)[frames], directions.up)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.abs((sight * directions.forward[frames]).sum(1)) / np.linalg.norm(sight, axis=1)
    known = np.isfinite(cosine)
    return float(cosine[known].mean()) if known.any() else float("nan")


def levelled_up(motion: Motion, up: tuple[float, float, float]) -> Array:
    """``(3,)`` away from the floor: square to the path of the middle of the feet, as far as that goes, else as given.

    Ridge regression of height on place: what a path does not reach, no slope is read from.

    Args:
        motion: one person.
        up: roughly away from the floor, in the axes of the positions.

    Raises:
        InputError: the skeleton has no ankles.
    """
    rough: Array = np.array(up) / np.linalg.norm(np.array(up))
    feet = np.mean([motion.joint(foot_point(motion, s, p)) for s in OTHER for p in ("heel", "toe")], axis=0)
    feet = feet[np.isfinite(feet).all(1)]
    if not len(feet):
        return rough
    feet = feet - feet.mean(0)
    level = _on_floor(feet, rough)
    spread = level.T @ level / len(feet) + _LEVELLING_SPREAD_MM**2 * np.eye(3)
    slope = np.linalg.solve(spread, level.T @ (feet @ rough) / len(feet))
    levelled = rough - _on_floor(slope, rough)
    return np.asarray(levelled / np.linalg.norm(levelled))


def _body_forward(motion: Motion, up: Array) -> Array:
    across = _on_floor(motion.joint("right_hip") - motion.joint("left_hip"), up)
    votes = [_unit(np.cross(up, across))]
    votes += [
        _unit(_on_floor(motion.joint(f"{side}_toe") - motion.joint(f"{side}_heel"), up))
        for side in OTHER
        if motion.skeleton.has(f"{side}_heel", f"{side}_toe")
    ]
    known = np.isfinite(votes)
    return np.where(known.any(0), np.where(known, votes, 0).sum(0), np.nan)


def _on_floor(vectors: Array, up: Array) -> Array:
    return np.asarray(vectors - (vectors @ up)[..., None] * up)


def _unit(vectors: NDArray[np.floating]) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _windows(times: Array, width: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and one past the last frame of the window around each frame; whole windows also at both ends."""
    if not len(times):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    start = np.clip(times - width / 2, times[0], max(times[-1] - width, times[0]))
    return np.searchsorted(times, start - 1e-9), np.searchsorted(times, start + width + 1e-9, side="right")


def _window_sums(values: Array, first: NDArray[np.int64], past: NDArray[np.int64]) -> Array:
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0)])
    return np.asarray(sums[past] - sums[first])


def _windowed_mean(times: Array, vectors: Array, width: float) -> Array:
    known: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
    first, past = _windows(times, width)
    count = _window_sums(known.astype(float), first, past)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _window_sums(np.where(known[:, None], vectors, 0), first, past) / count[:, None]


def _windowed_slope(times: Array, vectors: Array, width: float) -> Array:
    """The least-squares slope per second of the known vectors in each frame's window; NaN with fewer than two."""
    known: NDArray[np.bool_] = np.asarray(np.isfinite(vectors).all(axis=1))
    if not known.any():
        return np.full(vectors.shape, np.nan)
    first, past = _windows(times, width)
    # Sums of squares lose digits far from zero.
    t = np.where(known, times - times[known].mean(), 0)
    x = np.where(known[:, None], vectors - vectors[known].mean(0), 0)
    columns = np.column_stack([known, t, t * t, x, t[:, None] * x])
    sums = _window_sums(columns, first, past)
    n, st, stt, sx, stx = sums[:, :1], sums[:, 1:2], sums[:, 2:3], sums[:, 3:6], sums[:, 6:9]
    spread = n * stt - st**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((n > 1) & (spread > 1e-9), (n * stx - st * sx) / spread, np.nan)
