"""From where somebody was seen, which side is hidden, and which frames are in doubt."""

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.uncertainty.conditions import (
    MEASURED,
    Conditions,
    conditions_of,
    doubtful_frames,
    near_side,
    view_deg,
)
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.fitting import TrackFit
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata


def seen_from(view):
    times = np.arange(0, 2, 1 / 30)
    truth = Scene((Person(Squatting()),), PhantomCamera(view_deg=view)).truth(times, 720, 1280).persons[0]
    return Motion("squat", PHANTOM_SKELETON, times, truth.joints3d_mm, np.ones(truth.joints3d_mm.shape[:2]))


@pytest.mark.parametrize(("camera_deg", "angle_deg", "view", "near"), [
    (10, 10, "front", None), (170, 10, "front", None), (45, 45, "oblique", "left"), (300, 60, "oblique", "right"),
    (90, 90, "side", "left"), (270, 90, "side", "right"),
])  # fmt: skip
def test_the_camera_of_a_phantom_is_found_where_it_stands(camera_deg, angle_deg, view, near):
    motion = seen_from(camera_deg)
    conditions = Conditions(from_video=True, view_deg=view_deg(motion), near=near_side(motion))
    assert conditions.view_deg == pytest.approx(angle_deg, abs=3)
    assert conditions.view == view
    if near is not None:
        assert conditions.near == near
        assert conditions.view_of(near) == f"{view} near"
    assert conditions.view_of("both") == view


def test_nobody_is_seen_from_nowhere():
    nobody = Motion("nobody", PHANTOM_SKELETON, np.arange(3.0), np.full((3, 21, 3), np.nan), np.ones((3, 21)))
    assert np.isnan(view_deg(nobody))
    assert near_side(nobody) is None
    assert MEASURED.view == "oblique"


def test_doubtful_frames_of_the_fit_are_the_nearest_ones_of_the_cleaned_motion():
    motion = seen_from(45)
    fit = TrackFit(
        track_id=0, improved=True, frame_index=(0, 10, 20, 30), residual_px=(1, 1, 1, 1), flags=(0, 2, 4, 1)
    )
    header = PredictionsHeader(
        skeleton=PHANTOM_SKELETON, metadata=VideoMetadata(frame_count=60, fps=30, width=720, height=1280)
    )
    conditions = conditions_of(motion, header, fit)
    assert np.flatnonzero(doubtful_frames(motion, conditions)).tolist() == [10, 20]
    twice = Motion("twice", PHANTOM_SKELETON, np.arange(0, 2, 1 / 60), np.zeros((120, 21, 3)), np.ones((120, 21)))
    assert np.flatnonzero(doubtful_frames(twice, conditions)).tolist() == pytest.approx([20, 40], abs=1)
    assert not conditions.from_video, "neither a camera nor a pose model: measured joints"
