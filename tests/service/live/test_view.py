"""A part of the picture is looked at as its camera would have taken it, and ids belong to an epoch."""

import numpy as np
import pytest
from support.grey_model import GreySpec

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.service.live.attachments import ViewKey
from neuropose_ray.service.live.view import View, cutout, in_frame
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.tracking import TrackingSettings

IMAGE = np.zeros((100, 200, 3), np.uint8)


def person(left: float = 10.0) -> Poses:
    joints = len(GreySpec().load().info.skeleton)
    return Poses(
        np.zeros(1, np.int64), np.array([[left, 10, 20, 40, 0.9]], np.float32),
        np.full((1, joints, 2), 15, np.float32), np.full((1, joints, 3), 2000, np.float32),
        np.ones((1, joints), np.float32),
    )  # fmt: skip


def test_a_crop_has_the_cameras_centre_shifted_and_its_poses_are_of_the_whole_picture():
    cut = cutout(IMAGE, ViewKey((50, 20, 150, 500), 60.0), 55.0)
    whole = cutout(IMAGE, ViewKey(None, 60.0), 55.0)
    assert (cut.image.shape, cut.camera.width, cut.camera.height) == ((80, 100, 3), 100, 80)
    # The same point in space falls on the same pixel of the picture.
    point = np.array([100.0, 50.0, 1000.0])
    assert cut.camera.project(point) + (50, 20) == pytest.approx(whole.camera.project(point))
    moved = in_frame(person(), cut)
    assert (moved.boxes[0, :2].tolist(), moved.poses2d[0, 0].tolist()) == ([60, 30], [65, 35])
    assert moved.poses3d.tolist() == person().poses3d.tolist()


def test_a_crop_outside_of_the_picture_shows_nothing():
    assert cutout(IMAGE, ViewKey((200, 0, 300, 50)), 55.0) is None


def test_a_new_epoch_knows_nobody_and_gives_no_id_twice():
    view = View(ViewKey(), LiveModel(GreySpec().load().info, 60.0), TrackingSettings())
    ids = [view.follow(epoch, 1000 + at / 10, person()).tracks[0].track_id for epoch, at in ((1, 0), (1, 1), (2, 2))]
    assert ids == [0, 0, 1]
