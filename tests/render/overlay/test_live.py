"""People of a single frame are drawn as those of a video are."""

import numpy as np

from neuropose_ray.render.overlay.live import LivePainter
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


def test_a_person_is_drawn_where_the_joints_are_and_missing_joints_are_passed_over():
    image = np.zeros((200, 200, 3), np.uint8)
    pixels = np.full((1, 33, 2), np.nan, np.float32)
    pixels[0, BLAZEPOSE_33.index("left_shoulder")] = (50, 100)
    pixels[0, BLAZEPOSE_33.index("left_elbow")] = (150, 100)
    poses = Poses(
        np.zeros(1, np.int64), np.array([[40, 60, 120, 120, 0.9]], np.float32), pixels,
        np.zeros((1, 33, 3), np.float32), np.ones((1, 33), np.float32),
    )  # fmt: skip
    LivePainter(BLAZEPOSE_33).paint(image, poses, 0, 3)
    assert image[100, 100].any()
    assert not image[170, 100].any()
