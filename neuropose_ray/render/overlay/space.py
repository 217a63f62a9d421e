"""The poses in space, seen from a side of the person, as a panel beside the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.colours import Colour
from neuropose_ray.render.overlay.drawing import SkeletonStyle, depth_within, draw_skeleton, fixed_point
from neuropose_ray.render.overlay.following import Followed, follow
from neuropose_ray.render.overlay.labels import draw_label
from neuropose_ray.render.overlay.settings import View
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

Floats = NDArray[np.float64]

# Width of the panel for the height of the picture, and at most for its width.
_WIDTH_PER_HEIGHT, _WIDTH_PER_WIDTH = 0.7, 1.0
# What the panel shows at least: arms held out sideways, and overhead with some air.
_SHOWN_WIDTH_MM, _SHOWN_HEIGHT_MM = 1900.0, 2600.0
# How wide the bones of a person of this height are.
_PERSON_MM = 1750.0
# Where the floor is, as a part of the panel's height, and how far from above it is seen: just enough to see that it
# is a floor.
_FLOOR_AT, _ELEVATION_DEG = 0.88, 8.0
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

    The projection is orthographic, the scale the same in all frames, and the view keeps its side of the person as
    the person turns.
    """

    def __init__(self, table: PoseTable, skeleton: Skeleton, view: View, *, joint_score: float) -> None:
        """Follow the person through the whole video.

        Args:
            table: the poses.
            skeleton: the poses'.
            view: where from.
            joint_score: bones to joints under it are faint.
        """
        self._table, self._view = table, view
        self._style = SkeletonStyle.of(skeleton)
        self._sure = ~(table.poses.joint_scores < joint_score)
        self._poses = table.best_poses3d()
        self._followed = _follow_most_seen(table, self._poses, skeleton)

    def draw(self, panel: Frame, frame: int) -> None:
        """Draw one frame's people, the floor, and where they are seen from; in place, all of the panel."""
        import cv2

        # Many times faster than assigning a colour to an array.
        cv2.rectangle(panel, (0, 0), panel.shape[1::-1], _GROUND, cv2.FILLED)
        projection = self._projection(panel, frame)
        _draw_grid(panel, projection, self._followed.centre[frame])
        first, last = np.searchsorted(self._table.poses.frame, [frame, frame + 1])
        poses_px = projection(self._poses[first:last].astype(np.float64))
        size = _PERSON_MM * projection.scale
        farthest_first = np.argsort(
            -np.where(np.isfinite(poses_px[..., 2]), poses_px[..., 2], 0).max(axis=1, initial=0)
        )
        for person in farthest_first.tolist():
            points = poses_px[person]
            draw_skeleton(panel, points[:, :2], depth_within(points), self._sure[first + person], size, self._style)
        draw_label(panel, _WORDS[self._view], (panel.shape[1] / 2, panel.shape[0]), _GROUND)

    def _projection(self, panel: Frame, frame: int) -> _Projection:
        height, width = panel.shape[:2]
        turning = 360 * float(self._table.timestamps_s[frame]) / _TURN_S
        above = self._view is View.TOP
        return _Projection.of(
            across=self._followed.across[frame],
            yaw_deg=turning if self._view is View.TURNING else _YAW_DEG[self._view],
            elevation_deg=90.0 if above else _ELEVATION_DEG,
            centre=self._followed.centre[frame],
            origin=(width / 2, height * (0.5 if above else _FLOOR_AT)),
            scale=min(width / _SHOWN_WIDTH_MM, height / _SHOWN_HEIGHT_MM),
        )


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


def _draw_grid(panel: Frame, projection: _Projection, centre: Floats) -> None:
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
        cv2.line(panel, first_corner, last_corner, _GRID, 1, cv2.LINE_AA, 4)
