"""What one frame of the overlay shows: hidden faces, people, their angles, ids, repetitions, and the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.body import head_joints
from neuropose_ray.render.colours import BLACK, RGB, SIDE_COLOURS, Colour, Ink, track_colour
from neuropose_ray.render.overlay.angles import Number, apart, draw_arc, draws_angles, number
from neuropose_ray.render.overlay.drawing import (
    SkeletonStyle,
    depth_within,
    draw_box,
    draw_skeleton,
    person_extent,
    person_size,
)
from neuropose_ray.render.overlay.faces import hide_heads
from neuropose_ray.render.overlay.heads import Heads, find_heads
from neuropose_ray.render.overlay.labels import Label, draw_label, label_rows
from neuropose_ray.render.overlay.measurements import AngleCurve, Measurements
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.render.overlay.space import SpacePanel, panel_width
from neuropose_ray.render.sides import Side, joint_sides
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.video import PicturePart

# The count of repetitions is read from afar.
_COUNTER_SCALE = 1.6


class Painter:
    """Draws what is known of a frame into it."""

    def __init__(
        self,
        table: PoseTable,
        header: PredictionsHeader,
        settings: OverlaySettings,
        measured: Measurements,
    ) -> None:
        """Find the heads, if they are to be hidden, and follow the person, if seen in space.

        Args:
            table: the poses.
            header: of the poses.
            settings: what is shown and hidden.
            measured: what is written.

        Raises:
            InputError: faces cannot be hidden, since the skeleton has no head.
        """
        self._table, self._settings, self._measured, self._ink = table, settings, measured, RGB
        self._times_s = table.timestamps_s * header.metadata.seconds_of_a_second(settings.capture_fps)
        self._style = SkeletonStyle.of(header.skeleton)
        self._sides = joint_sides(header.skeleton)
        self._depth = depth_within(table.best_poses3d())
        # A model without scores of joints vouches for all of them.
        self._sure = ~(table.poses.joint_scores < settings.joint_score)
        self._poses2d = table.poses.poses2d
        self._heads: Heads | None = None
        if settings.blur_faces:
            # Landmarks drawn over a hidden face would draw the face.
            self._poses2d = self._poses2d.copy()
            self._poses2d[:, list(head_joints(header.skeleton))] = np.nan
            self._heads = find_heads(
                table, header.skeleton, hold_s=settings.hold_s, person_score=settings.person_score
            )
        self._panel: SpacePanel | None = None
        if settings.view is not None:
            self._panel = SpacePanel(table, header.skeleton, settings.view, joint_score=settings.joint_score)

    def with_ink(self, ink: Ink) -> Painter:
        """The same for images in another space of colours; at first they are in RGB."""
        painter = copy(self)
        painter._ink, painter._style = ink, replace(self._style, ink=ink)
        painter._panel = None if self._panel is None else self._panel.with_ink(ink)
        return painter

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of what :meth:`paint` returns for frames of that size."""
        return (width if self._panel is None else width + panel_width(width, height)), height

    def parts(self, image: Frame, frame: int) -> Sequence[PicturePart] | None:
        """The parts of an image outside which :meth:`paint` draws nothing; None where that may be anywhere.

        Only they need be converted. Hidden faces are never cut off: they always count as anywhere.
        """
        if self._heads is not None or self._panel is not None or self._measured.angles or self._measured.repetitions:
            return None
        height, width = image.shape[:2]
        poses, everywhere = self._table.poses, (0, width)
        parts = [PicturePart.covering(label_rows(image, 0), everywhere, height, width)]
        for row in range(*np.searchsorted(poses.frame, [frame, frame + 1])):
            pose, box = self._poses2d[row], poses.boxes[row]
            shown_box = box if self._settings.boxes else np.full(4, np.nan)
            if extent := person_extent(pose, shown_box, person_size(image, box)):
                (left, top), (right, bottom) = np.clip(extent, -1, (width, height)).tolist()
                parts.append(PicturePart.covering((top, bottom), (left, right), height, width))
            if self._table.track_ids is not None and math.isfinite(box[1]):
                parts.append(PicturePart.covering(label_rows(image, box[1]), everywhere, height, width))
        shown = [part for part in parts if part is not None]
        return shown if sum(part.area for part in shown) < width * height else None

    def paint(self, image: Frame, frame: int) -> Frame:
        """Hide the faces, then draw all the rest, in place.

        Returns:
            The image itself, or a wider one with the panel at its right.
        """
        if self._heads is not None:
            hide_heads(image, self._heads, frame)
        rows = range(*np.searchsorted(self._table.poses.frame, [frame, frame + 1]))
        for row in rows:
            self._paint_person(image, row)
        # Texts last: no other person's bones cross them.
        numbers = [angle for row in rows for angle in self._paint_arcs(image, row, frame, is_first=row == rows.start)]
        for angle in apart(numbers):
            angle.draw(image, self._ink)
        for row in rows:
            self._paint_id(image, row)
        time_s = float(self._times_s[frame])
        draw_label(image, f"frame {frame}   {time_s:.3f} s", (0, 0), BLACK, ink=self._ink)
        self._paint_counters(image, time_s)
        return image if self._panel is None else self._beside_panel(self._panel, image, frame)

    def _paint_person(self, image: Frame, row: int) -> None:
        poses = self._table.poses
        if self._settings.boxes:
            draw_box(image, poses.boxes[row], self._colour(row), self._ink)
        size = person_size(image, poses.boxes[row])
        draw_skeleton(image, self._poses2d[row], self._depth[row], self._sure[row], size, self._style)

    def _paint_arcs(self, image: Frame, row: int, frame: int, *, is_first: bool) -> list[Number]:
        """Draw one person's angles but for the numbers, which are given back."""
        pose, size = self._table.poses.poses2d[row], person_size(image, self._table.poses.boxes[row])
        if not self._measured.angles or not draws_angles(image, size):
            return []
        numbers = []
        for curve in self._measured.angles:
            if self._known(curve, row, frame, is_first=is_first):
                side = self._sides[curve.joint]
                draw_arc(image, pose, size, curve, SIDE_COLOURS[side], self._ink)
                degrees, above = float(curve.degrees[frame]), side is Side.RIGHT
                numbers.append(number(image, pose, degrees, curve, above=above, colour=SIDE_COLOURS[side]))
        return numbers

    def _known(self, curve: AngleCurve, row: int, frame: int, *, is_first: bool) -> bool:
        """Whether it is this person's, all its joints are sure and in the picture, and it has a number."""
        tracks, joints = self._table.track_ids, list(curve.joints)
        ours = is_first if tracks is None or curve.track is None else bool(tracks[row] == curve.track)
        sure: NDArray[np.bool_] = self._sure[row, joints] & np.isfinite(self._table.poses.poses2d[row, joints]).all(
            -1
        )
        return ours and bool(np.isfinite(curve.degrees[frame])) and bool(sure.all())

    def _paint_id(self, image: Frame, row: int) -> None:
        if self._table.track_ids is None:
            return
        left, top, width = self._table.poses.boxes[row, :3].tolist()
        if np.isfinite([left, top, width]).all():
            text, foot = f"id {self._table.track_ids[row]}", (left + width / 2, top)
            draw_label(image, text, foot, self._colour(row), ink=self._ink)

    def _paint_counters(self, image: Frame, time_s: float) -> None:
        """A line for each person who repeats something, coloured while a repetition is under way."""
        bottom, several = 0, len(self._measured.repetitions) > 1
        for curve in self._measured.repetitions:
            who = f"id {curve.track}  " if several and curve.track is not None else ""
            text = f"{who}{curve.movement} {curve.begun(time_s)} / {len(curve)}"
            label = Label.of(text, image, scale=_COUNTER_SCALE)
            bottom += label.size[1]
            colour = track_colour(curve.track or 0) if curve.under_way(time_s) else BLACK
            label.draw(image, (image.shape[1], bottom), colour, self._ink)

    def _beside_panel(self, panel: SpacePanel, image: Frame, frame: int) -> Frame:
        height, width = image.shape[:2]
        canvas = np.empty((height, self.size(width, height)[0], 3), np.uint8)
        canvas[:, :width] = image
        panel.draw(canvas[:, width:], frame)
        return canvas

    def _colour(self, row: int) -> Colour:
        return BLACK if self._table.track_ids is None else track_colour(int(self._table.track_ids[row]))
