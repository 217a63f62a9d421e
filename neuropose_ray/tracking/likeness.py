"""The likeness of two stretches: how likely it is that they show one person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking.affinity import costs
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.stretches import Stretch

#: Colours of people by their rows: ``(n, 6)`` L, a, b (CIE 1976) of the trunk and of the thighs, NaN where not known.
Colours = Callable[[NDArray[np.int64]], NDArray[np.float64]]

#: Rows at an end of a stretch that say where the person was and how large.
END_ROWS = 5
#: Rows of a stretch that are looked at for colours.
COLOUR_ROWS = 3

# Log-odds that two stretches show one person, as sums over the evidence. Before any: most people who are missing for
# a moment come back at once; who comes after a longer absence is rather somebody else.
_PRIOR_AFTER_GAP, _PRIOR_AFTER_ABSENCE = 1.0, -1.0
# Place: by the cost of the assignment (0 to 2) after a gap, by the way in heights of the person after an absence; who
# left may come back from another side, so that a far place says less against than a near one says for it.
_PLACE, _PLACE_STEEPNESS, _PLACE_LEAST = 2.0, 2.0, -2.0
# Size and proportions: by the difference of logarithms. Nobody's scale changes by a half while unseen for a second;
# who was away may be nearer or farther.
_SIZE, _SIZE_STEEPNESS, _SIZE_LEAST = 1.0, 5.0, -6.0
_PROPORTIONS, _PROPORTIONS_STEEPNESS, _PROPORTIONS_LEAST = 0.5, 10.0, -3.0
# Colours: by their difference (CIE76), the mean of trunk and thighs. Of one person it is under 8 in changing light,
# of two in different clothes mostly over 15.
# Who jumps out of the shadow changes by 16 within a moment, so that after a gap differences say less.
_COLOUR, _COLOUR_STEEPNESS, _COLOUR_STEEPNESS_AFTER_GAP, _COLOUR_LEAST = 2.5, 0.25, 0.2, -6.0
_NO_COLOUR_AFTER_ABSENCE = -0.5


@dataclass(frozen=True, slots=True)
class Ends:
    """What is compared of a stretch.

    Attributes:
        stretch: which.
        begin_s, end_s: presentation times of its first and last row.
        middles: ``(2, 2)`` box middles at its begin and end, px.
        scales: ``(2,)`` px per mm at its begin and end.
        height_px: median box height.
        proportions: logarithms of its bones' lengths against their sum, NaN for tiny ones.
    """

    stretch: Stretch
    begin_s: float
    end_s: float
    middles: NDArray[np.float64]
    scales: NDArray[np.float64]
    height_px: float
    proportions: NDArray[np.float64]

    @property
    def duration_s(self) -> float:
        """From its first to its last row."""
        return self.end_s - self.begin_s


def ends_of(stretch: Stretch, table: PoseTable, skeleton: Skeleton) -> Ends:
    """What is compared of a stretch."""
    poses, rows = table.poses, np.array(stretch.rows)
    times = table.timestamps_s[poses.frame[rows]]
    parts = (rows[:END_ROWS], rows[-END_ROWS:])
    boxes = poses.boxes[rows].astype(np.float64)
    return Ends(
        stretch,
        float(times[0]),
        float(times[-1]),
        np.array(
            [np.median(part[:, :2] + part[:, 2:4] / 2, axis=0) for part in (boxes[:END_ROWS], boxes[-END_ROWS:])]
        ),
        np.array([_scale(table, part) for part in parts]),
        float(np.median(boxes[:, 3])),
        _proportions(table, rows, skeleton),
    )


def _scale(table: PoseTable, rows: NDArray[np.int64]) -> float:
    """Pixels of a millimetre across the line of sight, NaN where not known."""
    pixels, points = table.poses.poses2d[rows].astype(np.float64), table.poses.poses3d[rows].astype(np.float64)
    spreads = [np.nanstd(values, axis=1).sum(-1) for values in (pixels, points[..., :2])]
    with np.errstate(invalid="ignore", divide="ignore"):
        scales = spreads[0] / spreads[1]
    scales = scales[np.isfinite(scales)]
    return float(np.median(scales)) if len(scales) else float("nan")


def _proportions(table: PoseTable, rows: NDArray[np.int64], skeleton: Skeleton) -> NDArray[np.float64]:
    edges = np.array(skeleton.edges, np.int64).reshape(-1, 2)
    points = table.poses.poses3d[rows].astype(np.float64)
    if not len(edges) or edges.max() >= points.shape[1]:
        return np.zeros(0)
    bones = np.linalg.norm(points[:, edges[:, 0]] - points[:, edges[:, 1]], axis=-1)
    known = np.isfinite(bones).all(1)
    if not known.any():
        return np.full(len(edges), np.nan)
    lengths = np.median(bones[known], axis=0)
    shares = lengths / max(lengths.sum(), 1e-9)
    return np.where(shares > 1 / (2 * len(edges)), np.log(np.maximum(shares, 1e-9)), np.nan)


def log_odds(before: Ends, after: Ends, table: PoseTable, settings: TrackingSettings) -> float:
    """Of two stretches that follow each other, that they show one person; colours are not in it.

    Minus infinity where they cannot: one begins before the other ends, or too long after.
    """
    unseen_s = after.begin_s - before.end_s
    if unseen_s <= 0 or unseen_s > max(settings.max_gap_s, settings.max_return_s):
        return float("-inf")
    if unseen_s > settings.max_gap_s and min(before.duration_s, after.duration_s) < settings.settled_s:
        return float("-inf")  # a flicker is nobody who came back
    if unseen_s <= settings.max_gap_s:
        place = _place_after_gap(before, after, table, settings)
        odds = _PRIOR_AFTER_GAP + place
    else:
        way = float(np.linalg.norm(after.middles[0] - before.middles[1])) / max(
            before.height_px, after.height_px, 1.0
        )
        odds = _PRIOR_AFTER_ABSENCE + max(_PLACE - _PLACE_STEEPNESS * way, _PLACE_LEAST)
    size = _difference(np.log(before.scales[1:]), np.log(after.scales[:1]))
    shape = _difference(before.proportions, after.proportions)
    odds += max(_SIZE - _SIZE_STEEPNESS * max(size - 0.1, 0.0), _SIZE_LEAST)
    odds += max(_PROPORTIONS - _PROPORTIONS_STEEPNESS * max(shape - 0.1, 0.0), _PROPORTIONS_LEAST)
    return odds


def _place_after_gap(before: Ends, after: Ends, table: PoseTable, settings: TrackingSettings) -> float:
    row = after.stretch.rows[0]
    box, joints = (stacked[None] for stacked in before.stretch.predicted(after.begin_s))
    unseen = np.array([after.begin_s - before.end_s])
    now = table.poses.boxes[row, :4].astype(np.float64)[None], table.poses.poses3d[row].astype(np.float64)[None]
    cost = float(costs(box, joints, unseen, *now, settings)[0, 0])
    return _PLACE - _PLACE_STEEPNESS * cost if cost <= 2 else float("-inf")


def _difference(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The mean absolute difference of what is known of both, 0 where nothing is."""
    apart = np.abs(first - second) if first.shape == second.shape else np.zeros(0)
    known = np.isfinite(apart)
    return float(apart[known].mean()) if known.any() else 0.0


def colour_log_odds(first: NDArray[np.float64], second: NDArray[np.float64], unseen_s: float, gap_s: float) -> float:
    """What the colours ``(n, 6)`` and ``(m, 6)`` of two stretches say for one person."""
    with np.errstate(all="ignore"):
        medians = [_median(colours) for colours in (first, second)]
    apart = np.linalg.norm((medians[0] - medians[1]).reshape(2, 3), axis=1)
    apart = apart[np.isfinite(apart)]
    if not len(apart):
        return 0.0 if unseen_s <= gap_s else _NO_COLOUR_AFTER_ABSENCE
    steepness = _COLOUR_STEEPNESS_AFTER_GAP if unseen_s <= gap_s else _COLOUR_STEEPNESS
    return max(_COLOUR - steepness * float(apart.mean()), _COLOUR_LEAST)


def _median(colours: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(colours).any(0) if len(colours) else np.zeros(6, np.bool_)
    median = np.full(6, np.nan)
    if known.any():
        median[known] = np.nanmedian(colours[:, known], axis=0)
    return median
