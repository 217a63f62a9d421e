"""Motions with exactly known truth, and what a camera makes of them."""

from collections.abc import Callable

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.phantom.video import even_times

MOTIONS = {"walking": Walking(), "squatting": Squatting(), "reaching": Reaching(), "sit_to_stand": SitToStand()}
#: Error of a single camera's 3D in mm: depth is the least sure.
CAMERA_NOISE_MM = np.array([8.0, 8.0, 20.0])


@pytest.fixture(scope="session")
def true_motion() -> Callable[..., Motion]:
    """``true_motion("walking", fps=30)``: a phantom's joints in camera axes, seen from the left, all scores 1."""

    def make(what: str, *, fps: float = 30, seconds: float = 4, view_deg: float = 90, times=None) -> Motion:
        times = even_times(seconds, fps) if times is None else times
        scene = Scene((Person(MOTIONS[what]),), PhantomCamera(view_deg=view_deg))
        joints = scene.truth(times, 720, 1280).persons[0].joints3d_mm
        return Motion(what, PHANTOM_SKELETON, times, joints, np.ones(joints.shape[:2]))

    return make
