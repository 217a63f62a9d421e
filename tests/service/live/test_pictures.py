"""Pictures as JPEG, with people where they are wanted."""

import cv2
import numpy as np

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.service.live.pictures import jpeg, painted_jpeg
from neuropose_ray.service.live.view import Viewed
from neuropose_ray.tracking import OnlineTrack


def decoded(content: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_a_picture_keeps_its_colours_and_is_made_smaller_never_larger():
    red = np.zeros((90, 160, 3), np.uint8)
    red[..., 0] = 255
    small, same = decoded(jpeg(red, 45)), decoded(jpeg(red, 1000))
    assert (small.shape, same.shape) == ((45, 80, 3), (90, 160, 3))
    assert small[20, 20, 0] > 200 > 50 > small[20, 20, 2]


def test_people_are_drawn_into_a_copy():
    image, rng = np.zeros((240, 320, 3), np.uint8), np.random.default_rng(1)
    pixels = (rng.random((1, 33, 2)) * (100, 150) + (100, 50)).astype(np.float32)
    poses = Poses(
        np.zeros(1, np.int64), np.array([[100, 50, 100, 150, 0.9]], np.float32), pixels,
        rng.random((1, 33, 3)).astype(np.float32), np.ones((1, 33), np.float32),
    )  # fmt: skip
    track = OnlineTrack(0, 0, "confirmed", 9, 0.0, np.zeros(4), np.zeros(2))
    painted = decoded(painted_jpeg(image, [Viewed(1.0, poses, (track,))], BLAZEPOSE_33, None, 90))
    assert painted.max() > 100
    assert image.max() == 0
