"""People drawn into a single frame, of which nothing is known but its poses."""

from __future__ import annotations

from neuropose_ray.render.colours import track_colour
from neuropose_ray.render.overlay.drawing import SkeletonStyle, depth_within, draw_box, draw_skeleton, person_size
from neuropose_ray.render.overlay.labels import draw_label
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.schemas.skeleton import Skeleton


class LivePainter:
    """Draws people as the overlay of a video does.

    Args:
        skeleton: of the poses.
        settings: how.
    """

    def __init__(self, skeleton: Skeleton, settings: OverlaySettings | None = None) -> None:
        self._settings = settings or OverlaySettings()
        self._style = SkeletonStyle.of(skeleton)

    def paint(self, image: Frame, poses: Poses, row: int, track_id: int) -> None:
        """Draw one person, in place.

        Args:
            image: ``(height, width, 3)`` uint8, RGB.
            poses: of the frame, in its pixels.
            row: of the person.
            track_id: of the person, which is written above the head.
        """
        colour = track_colour(track_id)
        if self._settings.boxes:
            draw_box(image, poses.boxes[row], colour)
        sure = ~(poses.joint_scores[row] < self._settings.joint_score)
        depth = depth_within(poses.poses3d[row : row + 1])[0]
        draw_skeleton(image, poses.poses2d[row], depth, sure, person_size(image, poses.boxes[row]), self._style)
        left, top, width = poses.boxes[row, :3].tolist()
        draw_label(image, f"id {track_id}", (left + width / 2, top), colour)
