"""Where the heads of all people are in every frame, told by their poses, also in frames that missed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.render.body import head_joints
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.float64]

# How far the rim of the face may lie beyond the known points of the head, mm: eyes, ears and mouth frame the face;
# one to three points are the middle or the top of the head, or markers on it, and the chin is far from them.
_MARGIN_MM, _COARSE_MARGIN_MM, _COARSE_POINTS = 110, 200, 3
# Half the width for half the height of what is hidden: a head is slimmer, a bowed or turned one is not.
_SLIMNESS = 0.85
# What is hidden grows while its person is not found, to this much at the end: the head goes on moving unseen.
_GROWTH = 1.5
# Around an uncertain pose the poses so near, in seconds, are not trusted either: somersaults turn them upside down.
_DOUBT_S = 0.15
# A person's course before and after is told from so many seconds beside it.
_COURSE_S = 0.25


@dataclass(frozen=True, slots=True)
class Heads:
    """Ellipses that hold the heads, one row per head and frame, in the order of the frames.

    Attributes:
        frame: ``(n,)`` positions of the frames, ascending.
        centre: ``(n, 2)`` pixels.
        half_height: ``(n,)`` pixels, along ``up``.
        up: ``(n, 2)`` the direction from the shoulders to the head, of any length.
    """

    frame: NDArray[np.int64]
    centre: Floats
    half_height: Floats
    up: Floats

    @property
    def half_width(self) -> Floats:
        """``(n,)`` pixels, across ``up``."""
        return _SLIMNESS * self.half_height


def find_heads(table: PoseTable, skeleton: Skeleton, *, hold_s: float, person_score: float) -> Heads:
    """The heads of everybody in every frame.

    Gaps of at most ``hold_s`` in a track are interpolated. Before the parts of a track, and after them, the head is
    carried on along its course for as long, and grows meanwhile. Where a person's score is under ``person_score``,
    or the head is not known, the ellipse holds the whole person: the pose may be wrong about which end is up.

    Args:
        table: the poses; without tracks every row counts as a track of its own.
        skeleton: the poses' skeleton.
        hold_s: seconds.
        person_score: 0..1.

    Raises:
        InputError: the skeleton has no joint on the head.
    """
    if not head_joints(skeleton):
        raise InputError(
            f"faces cannot be hidden: the skeleton {skeleton.name} has no joint on the head",
            hint="process the video with another skeleton",
        )
    frame, times_s = table.poses.frame, table.timestamps_s
    heads, whole_bodies = _heads(table.poses, skeleton), _whole(table.poses)
    known, boxed = _finite_rows(heads), _finite_rows(whole_bodies)
    tracks = np.arange(len(frame)) if table.track_ids is None else table.track_ids
    rows = np.lexsort((frame, tracks))
    rows = rows[(known | boxed)[rows]]
    breaks = (np.diff(times_s[frame[rows]]) > hold_s) | (np.diff(tracks[rows]) != 0)
    held = []
    for part in np.split(rows, np.flatnonzero(breaks) + 1) if len(rows) else ():
        low = ~(table.poses.boxes[part, 4] >= person_score)
        trusted = known[part] & ~(boxed[part] & _near(times_s[frame[part]], low))
        shapes = np.where(trusted[:, None], heads[part], whole_bodies[part])
        held.append(_held(times_s, frame[part], shapes, hold_s))
    frames = np.concatenate([np.zeros(0, np.int64), *(frames for frames, _ in held)])
    values = np.concatenate([np.zeros((0, 5)), *(values for _, values in held)])
    order = np.argsort(frames, kind="stable")
    return Heads(frames[order], values[order, :2], values[order, 2], values[order, 3:])


def _heads(poses: Poses, skeleton: Skeleton) -> Floats:
    """``(n, 5)`` centre x, y, half height, up x, y of each row's head, in pixels; NaN where it is not known."""
    joints = list(head_joints(skeleton))
    margin_mm = _MARGIN_MM if len(joints) > _COARSE_POINTS else _COARSE_MARGIN_MM
    points = np.ma.masked_invalid(poses.poses2d[:, joints].astype(np.float64))
    centre = (points.min(axis=1) + points.max(axis=1)) / 2
    reach = np.sqrt(((points - centre[:, None]) ** 2).sum(axis=2)).max(axis=1)
    half_height = np.ma.masked_invalid(reach.filled(np.nan) + margin_mm * _pixels_per_mm(poses))
    up = np.ma.masked_invalid(centre - _shoulders(poses, skeleton))
    heads: Floats = np.ma.column_stack([centre, half_height, up.filled(0)]).filled(np.nan)
    return heads


def _whole(poses: Poses) -> Floats:
    """``(n, 5)`` the same numbers for ellipses around whole boxes, NaN where there is no box."""
    boxes = poses.boxes.astype(np.float64)
    sides = boxes[:, 2:4]
    half_height = np.linalg.norm(sides, axis=1) / (2 * _SLIMNESS)
    return np.column_stack([boxes[:, :2] + sides / 2, half_height, np.zeros_like(sides)])


def _shoulders(poses: Poses, skeleton: Skeleton) -> Floats:
    """``(n, 2)`` pixels, the middle of the shoulders, NaN where it is not known."""
    if not skeleton.has("left_shoulder", "right_shoulder"):
        return np.full((len(poses), 2), np.nan)
    pair = [skeleton.index("left_shoulder"), skeleton.index("right_shoulder")]
    middle: Floats = poses.poses2d[:, pair].mean(axis=1, dtype=np.float64)
    return middle


def _pixels_per_mm(poses: Poses) -> Floats:
    """``(n,)`` the scale of each person, NaN where it is not known.

    It is that of a weak-perspective camera, the joints' spread in the picture for their spread across the view in
    space, so that neither the lens nor the distance need be known.
    """
    spread_px = np.ma.masked_invalid(poses.poses2d.astype(np.float64)).std(axis=1)
    spread_mm = np.ma.masked_invalid(poses.poses3d[..., :2].astype(np.float64)).std(axis=1)
    scale: Floats = np.ma.sqrt((spread_px**2).sum(axis=1) / (spread_mm**2).sum(axis=1)).filled(np.nan)
    return scale


def _finite_rows(values: Floats) -> NDArray[np.bool_]:
    return cast("NDArray[np.bool_]", np.isfinite(values).all(axis=1))


def _near(times_s: Floats, low: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each of ascending times is near one of those that are ``low``."""
    low_s = np.concatenate([[-np.inf], times_s[low], [np.inf]])
    after = np.searchsorted(low_s, times_s)
    near: NDArray[np.bool_] = np.minimum(times_s - low_s[after - 1], low_s[after] - times_s) <= _DOUBT_S
    return near


def _held(
    times_s: Floats, frames: NDArray[np.int64], shapes: Floats, hold_s: float
) -> tuple[NDArray[np.int64], Floats]:
    """One part of a track in all frames from ``hold_s`` before it to ``hold_s`` behind it."""
    known_s = times_s[frames]
    first = np.searchsorted(times_s, known_s[0] - hold_s)
    last = np.searchsorted(times_s, known_s[-1] + hold_s, side="right")
    within_s = np.clip(times_s[first:last], known_s[0], known_s[-1])
    values = np.column_stack([np.interp(within_s, known_s, column) for column in shapes.T])
    beyond_s = times_s[first:last] - within_s
    before, after = _course(known_s, shapes[:, :2]), _course(known_s[::-1], shapes[::-1, :2])
    values[:, :2] += beyond_s[:, None] * np.where(beyond_s[:, None] < 0, before, after)
    if hold_s:
        values[:, 2] *= 1 + (_GROWTH - 1) * np.abs(beyond_s) / hold_s
    return np.arange(first, last), values


def _course(known_s: Floats, centre: Floats) -> Floats:
    """The mean velocity ``(2,)`` over the first moments of a part of a track, 0 where it has only one."""
    near = np.flatnonzero(np.abs(known_s - known_s[0]) <= _COURSE_S)[-1]
    return (centre[near] - centre[0]) / (known_s[near] - known_s[0]) if near else np.zeros(2)
