"""The problem of a short squat, from which solvers and terms start."""

import pytest
from fitting.distorted import even_times, observe

from neuropose_ray.fitting import FittingSettings
from neuropose_ray.fitting.body import body_of
from neuropose_ray.fitting.clip import clip_of, usable
from neuropose_ray.fitting.start import Start, start_of
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture(scope="session")
def squat_start() -> Start:
    """One second of a phantom's squat through a network's eyes, 12 frames."""
    body = body_of(PHANTOM_SKELETON)
    track = observe(Squatting(), even_times(1, 12), view_deg=30)
    detected = usable(*track.inputs[:3])
    clip = clip_of(*track.inputs[:4], detected, track.camera, body.joints[body.hips], 2.0)
    return start_of(clip, body, FittingSettings(height_m=1.741))
