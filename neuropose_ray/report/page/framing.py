"""Where a person is and faces, so that anatomical views can be drawn: seen from the front is as the person has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.floating]

# Heading and place are means over so long: shorter than any turn of a walker, longer than the noise of a hip.
_WINDOW_S = 0.5
# The ground is where the lowest joint is most of so long, which is more than the flight of a jump. It may rise and
# sink slowly: one camera knows neither its own tilt nor distances well, and a walker seems to go up or down.
_GROUND_S, _GROUND_PERCENTILE = 1.5, 90.0
# Whoever is so far from the middle of the way, mm, for half of the time tells how the ground rises or sinks with the
# place. Most lowest joints are above it, swinging; steeper than a wheelchair's ramp it is not.
_ABOUT_MM, _ABOVE_GROUND, _STEEPEST = 200.0, 0.85, 0.15
_ROUNDS = 30
# Shares of the frames beyond which a joint counts as misplaced, and does not make the person small in the picture.
_OUTLIERS = 2.0
# Of a person who is nowhere: about a grown-up's height, so that the empty view has a sensible scale.
_USUAL_HEIGHT_MM = 1700.0


@dataclass(frozen=True, slots=True)
class Framing:
    """What a view needs to know of one person.

    Attributes:
        heading_rad: ``(frames,)`` the way the pelvis faces, about the vertical: 0 towards the camera, and positive
            when turned to the side of the camera's positive x. A frame without hips has its neighbours'.
        mean_heading_rad: over all frames.
        centre_mm: ``(frames, 3)`` the middle of the person, camera axes; without a gap, 0 for a person never seen.
        floor_mm: ``(frames,)`` the camera's y of the ground on which the person stands, without a gap.
        height_mm: the highest reach above the ground.
        reach_mm: farthest horizontal distance of a joint from the centre.
    """

    heading_rad: Floats
    mean_heading_rad: float
    centre_mm: Floats
    floor_mm: Floats
    height_mm: float
    reach_mm: float


def frame_person(positions: Floats, skeleton: Skeleton, timestamps_s: Floats) -> Framing:
    """Framing of one person.

    The person's right is from the left hip to the right one, made level; the front is square to it. Camera axes are
    taken for level, as all views are.

    Args:
        positions: ``(frames, joints, 3)`` mm, camera axes, NaN where missing.
        skeleton: one without hips faces the camera.
        timestamps_s: ``(frames,)``.
    """
    window = _window(timestamps_s, _WINDOW_S)
    front = _front(positions, skeleton)
    smooth = _smoothed(front, window, empty=(0.0, -1.0))
    middle = _mean_of_known(positions)
    centre = _smoothed(middle, window, empty=(0.0, 0.0, 0.0))
    mean = _mean_of_known(front)
    x, z = mean if np.isfinite(mean).all() else (0.0, -1.0)
    tilt = (centre[:, [0, 2]] - centre[:1, [0, 2]]) @ _slope(positions)
    floor, height = _ground(positions[..., 1] - tilt[:, None], _window(timestamps_s, _GROUND_S))
    return Framing(
        heading_rad=np.arctan2(smooth[:, 0], -smooth[:, 1]),
        mean_heading_rad=float(np.arctan2(x, -z)),
        centre_mm=centre,
        floor_mm=floor + tilt,
        height_mm=height,
        reach_mm=_reach(positions, centre),
    )


def _front(positions: Floats, skeleton: Skeleton) -> Floats:
    """``(frames, 2)`` unit vectors (x, z) of the way the person faces, NaN where the hips are not known."""
    if not skeleton.has("left_hip", "right_hip"):
        return np.full((len(positions), 2), np.nan)
    right = positions[:, skeleton.index("right_hip")] - positions[:, skeleton.index("left_hip")]
    front = np.stack([-right[:, 2], right[:, 0]], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return cast("Floats", front / np.linalg.norm(front, axis=1, keepdims=True))


def _window(timestamps_s: Floats, seconds: float) -> int:
    """An odd number of frames."""
    if len(timestamps_s) < 3:
        return 1
    interval = float(np.median(np.diff(timestamps_s)))
    return 2 * round(seconds / interval / 2) + 1


def _mean_of_known(values: Floats) -> Floats:
    """Mean over the last axis but one; NaN where nothing is known."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=-2) / known.sum(axis=-2))


def _smoothed(values: Floats, window: int, *, empty: tuple[float, ...]) -> Floats:
    """``(frames, n)`` without a gap, smoothed by a running mean; ``empty`` where there is no value at all."""
    bridged = _bridged(values)
    if bridged is None:
        return np.tile(np.array(empty), (len(values), 1))
    return np.asarray(
        np.lib.stride_tricks.sliding_window_view(_padded(bridged, window), window, axis=0).mean(axis=-1)
    )


def _slope(positions: Floats) -> Floats:
    """``(2,)`` how much the ground sinks (y points down) for each mm of x and of z, 0 for who stays in one place.

    The slope of the plane below which few of the lowest joints lie (quantile regression by reweighted least squares):
    a camera that looks down a little makes somebody who comes nearer sink.
    """
    known = np.isfinite(positions[..., 1]).any(axis=1)
    if not known.any():
        return np.zeros(2)
    seen = positions[known]
    lowest = seen[np.arange(len(seen)), np.nanargmax(seen[..., 1], axis=1)].astype(np.float64)
    lowest = lowest[np.isfinite(lowest).all(axis=1)]
    away = np.linalg.norm(lowest[:, [0, 2]] - np.median(lowest[:, [0, 2]], axis=0), axis=1)
    if len(lowest) < 3 or np.median(away) < _ABOUT_MM:
        return np.zeros(2)
    lowest = lowest[away < 4 * np.median(away)]  # without joints that are misplaced
    places = lowest - lowest.mean(axis=0)
    # Across the way that is walked nothing can be told: the smallest answer is taken there.
    _, spread, axes = np.linalg.svd(places[:, [0, 2]], full_matrices=False)
    axes = axes[spread > 0.3 * spread[0]]
    design = np.column_stack([np.ones(len(places)), places[:, [0, 2]] @ axes.T])
    weights = np.ones(len(places))
    solution = np.zeros(design.shape[1])
    for _ in range(_ROUNDS):
        solution = np.linalg.lstsq(design * weights[:, None], places[:, 1] * weights, rcond=None)[0]
        below = places[:, 1] - design @ solution
        shares = np.where(below > 0, _ABOVE_GROUND, 1 - _ABOVE_GROUND)
        weights = np.sqrt(shares / np.maximum(np.abs(below), 1.0))
    return np.asarray(np.clip(solution[1:] @ axes, -_STEEPEST, _STEEPEST))


def _ground(heights: Floats, window: int) -> tuple[Floats, float]:
    """The ground ``(frames,)`` under ``(frames, joints)`` heights (y points down), and the highest reach above it."""
    is_seen = np.isfinite(heights).any(axis=1)
    lowest, highest = np.full((2, len(heights), 1), np.nan)
    lowest[is_seen, 0], highest[is_seen, 0] = np.nanmax(heights[is_seen], axis=1), np.nanmin(heights[is_seen], axis=1)
    bridged = _bridged(lowest)
    if bridged is None:
        return np.full(len(heights), _USUAL_HEIGHT_MM / 2), _USUAL_HEIGHT_MM
    windows = np.lib.stride_tricks.sliding_window_view(_padded(bridged, window), window, axis=0)
    floor = _smoothed(np.percentile(windows, _GROUND_PERCENTILE, axis=-1), window, empty=(0.0,))[:, 0]
    return floor, float(np.percentile((floor - highest[:, 0])[is_seen], 100 - _OUTLIERS))


def _bridged(values: Floats) -> Floats | None:
    """``(frames, n)`` with gaps bridged by straight lines; None where nothing is known."""
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    if not len(known):
        return None
    frames = np.arange(len(values))
    return np.column_stack([np.interp(frames, known, column) for column in values[known].T])


def _padded(values: Floats, window: int) -> Floats:
    return np.pad(values, ((window // 2, window // 2), (0, 0)), mode="edge")


def _reach(positions: Floats, centre: Floats) -> float:
    away = np.linalg.norm((positions - centre[:, None])[..., [0, 2]], axis=-1)
    known = away[np.isfinite(away).any(axis=1)]
    return float(np.percentile(np.nanmax(known, axis=1), 100 - _OUTLIERS)) if len(known) else _USUAL_HEIGHT_MM / 2
