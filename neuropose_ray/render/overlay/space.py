"""The poses in space, seen from a side of the person, as a panel beside the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.body import Head, attached, body_edges, head_of, head_radius_mm, trunk_joints
from neuropose_ray.render.colours import RGB, Colour, Ink
from neuropose_ray.render.overlay.choices import View
from neuropose_ray.render.overlay.drawing import (
    SkeletonStyle,
    depth_within,
    draw_head,
    draw_skeleton,
    fixed_point,
)
from neuropose_ray.render.overlay.following import Followed, follow
from neuropose_ray.render.overlay.labels import draw_label
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.float64]

# Width of the panel for the height of the picture, and at most for its width.
_WIDTH_PER_HEIGHT, _WIDTH_PER_WIDTH = 0.7, 1.0
# What the panel shows at least, mm before the camera that looks at it: arms held out sideways, and overhead with some
# air; below the feet so much of the floor that it is seen to be one. From above the same to all sides.
_SHOWN_MM = ((-950.0, -2290.0), (950.0, 310.0))
_SHOWN_FROM_ABOVE_MM = ((-950.0, -1300.0), (950.0, 1300.0))
# Around the joints of all people, for hands, feet and the head; shares of the people's frames that may be cut off;
# and how many frames are looked at.
_MARGIN_MM, _CUT_OFF_PERCENT, _LOOKED_AT = 220.0, 2.0, 500
# Whoever is so far away that all would have to be smaller than this part of the usual size is not fitted in.
_SMALLEST = 0.3
# How wide the bones of a person of this height are.
_PERSON_MM = 1750.0
# From how far above the floor is seen: just enough to see that it is one.
_ELEVATION_DEG = 8.0
_TURN_S = 12.0
# The floor's grid: the distance of its lines, and how far it reaches from the person.
_GRID_MM, _GRID_REACH_MM = 500.0, 1500.0
_GROUND: Colour = (38, 40, 44)
_GRID: Colour = (84, 88, 94)

#: Degrees by which the viewer walks around the person from the front, to the person's left.
_YAW_DEG: Mapping[View, float] = MappingProxyType(
    {View.FRONT: 0.0, View.LEFT: 90.0, View.BACK: 180.0, View.RIGHT: 270.0, View.TOP: 180.0}
)
_WORDS: Mapping[View, str] = MappingProxyType(
    {
        View.FRONT: "from the front", View.BACK: "from behind", View.LEFT: "from the left",
        View.RIGHT: "from the right", View.TOP: "from above", View.TURNING: "turning",
    }
)  # fmt: skip


def panel_width(width: int, height: int) -> int:
    """How wide the panel beside a picture is, an even number of pixels."""
    return round(min(_WIDTH_PER_HEIGHT * height, _WIDTH_PER_WIDTH * width)) // 2 * 2


class SpacePanel:
    """Draws the people of a frame in space, around the one who is seen in most frames.

    The projection is orthographic, the scale the same in all frames and such that everybody fits, and the view keeps
    its side of the person as the person turns.
    """

    def __init__(self, table: PoseTable, skeleton: Skeleton, view: View, *, joint_score: float) -> None:
        """Follow the person through the whole video.

        Args:
            table: the poses.
            skeleton: the poses'.
            view: where from.
            joint_score: bones to joints under it are faint.
        """
        self._table, self._view, self._ink = table, view, RGB
        self._edges, self._trunk, self._head = body_edges(skeleton), trunk_joints(skeleton), head_of(skeleton)
        self._style = SkeletonStyle.of(skeleton, edges=self._edges)
        self._sure = ~(table.poses.joint_scores < joint_score)
        self._poses = table.best_poses3d()
        self._head_radius_mm = head_radius_mm(self._poses, skeleton)
        self._followed = _follow_most_seen(table, self._poses, skeleton)
        self._shown = self._fit_everybody()

    def with_ink(self, ink: Ink) -> SpacePanel:
        """The same for panels in another space of colours; at first they are in RGB."""
        panel = copy(self)
        panel._ink, panel._style = ink, replace(self._style, ink=ink)
        return panel

    def draw(self, panel: Frame, frame: int) -> None:
        """Draw one frame's people, the floor, and where they are seen from; in place, all of the panel."""
        import cv2

        # Many times faster than assigning a colour to an array.
        cv2.rectangle(panel, (0, 0), panel.shape[1::-1], self._ink(_GROUND), cv2.FILLED)
        projection = self._projection(panel, frame)
        _draw_grid(panel, projection, self._followed.centre[frame], self._ink(_GRID))
        first, last = np.searchsorted(self._table.poses.frame, [frame, frame + 1])
        poses_px = projection(self._poses[first:last].astype(np.float64))
        farthest_first = np.argsort(
            -np.where(np.isfinite(poses_px[..., 2]), poses_px[..., 2], 0).max(axis=1, initial=0)
        )
        for person in farthest_first.tolist():
            self._draw_person(panel, poses_px[person], self._sure[first + person], projection.scale)
        draw_label(panel, _WORDS[self._view], (panel.shape[1] / 2, panel.shape[0]), _GROUND, ink=self._ink)

    def _draw_person(self, panel: Frame, points: Floats, sure: NDArray[np.bool_], scale: float) -> None:
        known: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=1))
        hangs = attached(known, self._edges, self._trunk)
        size, body = _PERSON_MM * scale, points.copy()
        body[~hangs] = np.nan
        if self._head is not None:
            body[list(self._head.joints)] = np.nan
        head = None if self._head is None else _HeadPlace.of(self._head, points, hangs, self._head_radius_mm * scale)
        if head is not None and head.is_behind:
            head.draw(panel, size, self._ink)
        draw_skeleton(panel, body[:, :2], depth_within(body), sure, size, self._style)
        if head is not None and not head.is_behind:
            head.draw(panel, size, self._ink)

    def _projection(self, panel: Frame, frame: int) -> _Projection:
        height, width = panel.shape[:2]
        (left, top), (right, bottom) = self._shown
        scale = min(width / (right - left), height / (bottom - top))
        origin = (width / 2 - scale * (left + right) / 2, height / 2 - scale * (top + bottom) / 2)
        return self._seen(frame, scale, origin)

    def _seen(self, frame: int, scale: float, origin: tuple[float, float]) -> _Projection:
        turning = 360 * float(self._table.timestamps_s[frame]) / _TURN_S
        return _Projection.of(
            across=self._followed.across[frame],
            yaw_deg=turning if self._view is View.TURNING else _YAW_DEG[self._view],
            elevation_deg=90.0 if self._view is View.TOP else _ELEVATION_DEG,
            centre=self._followed.centre[frame],
            origin=origin,
            scale=scale,
        )

    def _fit_everybody(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The least and the largest x and y that are shown, mm in the view, the followed person's place being 0."""
        least = np.array(_SHOWN_FROM_ABOVE_MM if self._view is View.TOP else _SHOWN_MM)
        frames = np.unique(self._table.poses.frame)
        corners = []
        for frame in frames[:: max(1, len(frames) // _LOOKED_AT)].tolist():
            first, last = np.searchsorted(self._table.poses.frame, [frame, frame + 1])
            points = self._seen(frame, 1.0, (0.0, 0.0))(self._poses[first:last].astype(np.float64))[..., :2]
            known = points[np.asarray(np.isfinite(points).all(axis=2)).any(axis=1)]
            corners += [(np.nanmin(person, axis=0), np.nanmax(person, axis=0)) for person in known]
        if not corners:
            return _corners(least)
        low = np.percentile(np.array(corners)[:, 0], _CUT_OFF_PERCENT, axis=0) - _MARGIN_MM
        high = np.percentile(np.array(corners)[:, 1], 100 - _CUT_OFF_PERCENT, axis=0) + _MARGIN_MM
        shown = np.array([np.minimum(least[0], low), np.maximum(least[1], high)])
        limit = (least[1] - least[0]) / _SMALLEST
        return _corners(np.array([np.maximum(shown[0], -limit / 2), np.minimum(shown[1], limit / 2)]))


@dataclass(frozen=True, slots=True)
class _HeadPlace:
    """A head in the panel, in pixels and depth.

    Attributes:
        centre: ``(2,)``.
        radius: of the ball.
        neck: ``(2,)`` where it begins, None where that is not known.
        nose: ``(2,)`` None where it is not known or behind the head.
        is_behind: whether the shoulders are nearer.
    """

    centre: Floats
    radius: float
    neck: Floats | None
    nose: Floats | None
    is_behind: bool

    @classmethod
    def of(cls, head: Head, points: Floats, hangs: NDArray[np.bool_], radius: float) -> _HeadPlace | None:
        """Where the head of projected points is; None where it is not known, or nothing is there to hang it on."""
        known = [joint for joint in head.middle if np.isfinite(points[joint]).all()]
        has_neck = bool(head.shoulders) and bool(hangs[list(head.shoulders)].all())
        on_body = hangs.copy()
        on_body[list(head.joints)] = False
        if not known or (not has_neck and on_body.any()):
            return None
        centre = points[known].mean(axis=0)
        neck = points[list(head.shoulders)].mean(axis=0) if has_neck else None
        nose = points[head.nose] if head.nose is not None and np.isfinite(points[head.nose]).all() else None
        return cls(
            centre=centre[:2],
            radius=radius,
            neck=None if neck is None else neck[:2],
            nose=None if nose is None or nose[2] > centre[2] else nose[:2],
            is_behind=neck is not None and bool(centre[2] > neck[2]),
        )

    def draw(self, panel: Frame, size: float, ink: Ink) -> None:
        """Draw it in place; ``size`` is the person's in pixels."""
        draw_head(panel, self.centre, self.radius, self.neck, self.nose, size, ink)


@dataclass(frozen=True, slots=True)
class _Projection:
    """From mm in camera axes to pixels of the panel and mm away from the viewer.

    Attributes:
        axes: ``(3, 3)`` rows: the panel's right, its down, and away from the viewer, in camera axes.
        centre: ``(3,)`` mm, what is shown at ``origin``.
        origin: ``(2,)`` pixels.
        scale: pixels for a mm.
    """

    axes: Floats
    centre: Floats
    origin: tuple[float, float]
    scale: float

    @classmethod
    def of(
        cls, *, across: Floats, yaw_deg: float, elevation_deg: float, centre: Floats,
        origin: tuple[float, float], scale: float,
    ) -> _Projection:  # fmt: skip
        """Look at a person whose left is at ``across``, from ``yaw_deg`` around and ``elevation_deg`` above."""
        left = np.array([across[0], 0, across[1]])
        behind = np.array([-across[1], 0, across[0]])
        yaw, elevation = math.radians(yaw_deg), math.radians(elevation_deg)
        right = math.cos(yaw) * left + math.sin(yaw) * behind
        away = math.cos(yaw) * behind - math.sin(yaw) * left
        down = np.array([0, 1.0, 0])
        return cls(
            axes=np.stack([
                right,
                math.cos(elevation) * down - math.sin(elevation) * away,
                math.cos(elevation) * away + math.sin(elevation) * down,
            ]),
            centre=centre, origin=origin, scale=scale,
        )  # fmt: skip

    def __call__(self, points: Floats) -> Floats:
        """``(..., 3)``: x and y in pixels, and mm away."""
        in_view: Floats = (points - self.centre) @ self.axes.T
        in_view[..., :2] = in_view[..., :2] * self.scale + self.origin
        return in_view


def _follow_most_seen(table: PoseTable, poses: NDArray[np.floating], skeleton: Skeleton) -> Followed:
    """Follow the track with the most frames; without tracks, the first person of each frame."""
    person = table.by_frame(poses, table.rows_of_person())
    return follow(person, skeleton, table.timestamps_s)


def _corners(values: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
    (left, top), (right, bottom) = values.tolist()
    return (left, top), (right, bottom)


def _draw_grid(panel: Frame, projection: _Projection, centre: Floats, pixel: Colour) -> None:
    """Lines of the floor, which stay where they are in the room while the person moves over them."""
    import cv2

    lines = []
    for axis, across in ((0, 2), (2, 0)):
        first = math.ceil((centre[axis] - _GRID_REACH_MM) / _GRID_MM) * _GRID_MM
        for value in np.arange(first, centre[axis] + _GRID_REACH_MM, _GRID_MM):
            for end in (-_GRID_REACH_MM, _GRID_REACH_MM):
                point = centre.copy()
                point[axis], point[across] = value, centre[across] + end
                lines.append(point)
    corners = fixed_point(projection(np.array(lines))[:, :2])
    for first_corner, last_corner in zip(corners[::2], corners[1::2], strict=True):
        cv2.line(panel, first_corner, last_corner, pixel, 1, cv2.LINE_AA, 4)
