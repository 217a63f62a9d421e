"""Angles of single frames, as the analysis defines them."""

import numpy as np
import pytest

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.service.live.angles import angles_of
from neuropose_ray.service.live.view import Viewed
from neuropose_ray.tracking import OnlineTrack


def test_a_bent_knee_is_measured_and_a_missing_joint_is_null():
    joints = np.full((1, 33, 3), np.nan, np.float32)
    places = {"right_hip": (0, 0, 0), "right_knee": (0, 400, 0), "right_ankle": (0, 400, 400)}
    for name, place in places.items():
        joints[0, BLAZEPOSE_33.index(name)] = place
    poses = Poses(
        np.zeros(1, np.int64), np.ones((1, 5), np.float32), np.zeros((1, 33, 2), np.float32), joints,
        np.ones((1, 33), np.float32),
    )  # fmt: skip
    track = OnlineTrack(3, 0, "confirmed", 9, 0.0, np.zeros(4), np.zeros(2))
    angles = angles_of(Viewed(1.0, poses, (track,)), BLAZEPOSE_33)
    assert angles[3]["right_knee_flexion"] == pytest.approx(90, abs=0.1)
    assert angles[3]["left_knee_flexion"] is None
