"""One look at a stream: the part of the picture that the pose model sees, and the people who are followed in it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.service.live.attachments import ViewKey
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.tracking import OnlineTrack, OnlineTracker, TrackingSettings


@dataclass(frozen=True, slots=True)
class Cutout:
    """What of a frame is shown to the pose model, and the camera that would have taken it.

    Attributes:
        image: ``(height, width, 3)`` uint8, RGB.
        left: of the cutout in the frame, px.
        top: of the cutout in the frame, px.
        camera: of the cutout: the frame's, with its centre shifted.
    """

    image: Frame
    left: int
    top: int
    camera: Camera


def cutout(image: Frame, key: ViewKey, usual_degrees: float) -> Cutout | None:
    """The cutout of a view; None where its crop lies outside of the frame.

    Args:
        image: the frame.
        key: of the view.
        usual_degrees: field of view of a camera of which nothing is known.
    """
    height, width = image.shape[:2]
    degrees = key.field_of_view_degrees
    camera = (
        Camera.from_field_of_view(width, height, usual_degrees, source="assumed")
        if degrees is None
        else Camera.from_field_of_view(width, height, degrees)
    )
    if key.crop is None:
        return Cutout(image, 0, 0, camera)
    left, top, right, bottom = key.crop
    right, bottom = min(right, width), min(bottom, height)
    if left >= right or top >= bottom:
        return None
    moved = {"width": right - left, "height": bottom - top}
    centre = {"centre_x": camera.centre_x - left, "centre_y": camera.centre_y - top}
    part = np.ascontiguousarray(image[top:bottom, left:right])
    return Cutout(part, left, top, camera.model_copy(update=moved | centre))


def in_frame(poses: Poses, cut: Cutout) -> Poses:
    """Poses of a cutout, their pixels those of the whole frame; millimetres are the camera's either way."""
    if not cut.left and not cut.top:
        return poses
    offset = np.array([cut.left, cut.top], np.float32)
    boxes = poses.boxes.copy()
    boxes[:, :2] += offset
    return replace(poses, boxes=boxes, poses2d=poses.poses2d + offset)


@dataclass(frozen=True, slots=True)
class Viewed:
    """The people of one frame.

    Attributes:
        at: Unix seconds, by the camera's steps.
        poses: in pixels of the whole frame.
        tracks: who they are, and who is expected.
    """

    at: float
    poses: Poses
    tracks: tuple[OnlineTrack, ...]


class View:
    """Follows the people of one look at a stream.

    Args:
        key: what is looked at.
        model: that finds the people.
        settings: of tracking.
    """

    def __init__(self, key: ViewKey, model: LiveModel, settings: TrackingSettings) -> None:
        self.key, self._usual_degrees = key, model.field_of_view_degrees
        self._tracker = OnlineTracker(model.info.skeleton, settings)
        self._epoch = 0
        self.latest: Viewed | None = None

    def cutout(self, image: Frame) -> Cutout | None:
        """What the pose model is shown of a frame; None where the crop lies outside of it."""
        return cutout(image, self.key, self._usual_degrees)

    def follow(self, epoch: int, at: float, poses: Poses) -> Viewed:
        """Give the people of the next frame their ids.

        Args:
            epoch: of the stream; in a new one nobody is remembered.
            at: of the frame, Unix seconds.
            poses: in pixels of the whole frame.
        """
        if epoch != self._epoch:
            self._tracker.reset()
            self._epoch = epoch
        self.latest = Viewed(at, poses, self._tracker.update(poses, at))
        return self.latest
