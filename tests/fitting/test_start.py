"""Before the fit: metres, camera axes, the person's size, and the scene's distance."""

import numpy as np
import pytest
from fitting.distorted import even_times, observe

from neuropose_ray.fitting import FittingSettings
from neuropose_ray.fitting.body import body_of
from neuropose_ray.fitting.clip import clip_of, usable
from neuropose_ray.fitting.start import start_of
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking

BODY = body_of(PHANTOM_SKELETON)


def begin(track, poses3d, **settings):
    detected = usable(track.poses2d, track.joint_scores, poses3d)
    hips = BODY.joints[BODY.hips]
    pixels = track.camera.project(track.truth)
    clip = clip_of(pixels, track.joint_scores, poses3d, track.timestamps_s, detected, track.camera, hips, 2.0)
    return start_of(clip, BODY, FittingSettings(**settings))


@pytest.fixture(scope="module")
def track():
    return observe(Walking(), even_times(1, 20), view_deg=90, place_mm=(-900.0, 0.0))


def from_hips(poses):
    return poses - poses[:, BODY.joints[BODY.hips]].mean(axis=1, keepdims=True)


def test_poses_in_camera_axes_keep_their_direction(track):
    model = begin(track, track.truth, model_axes="camera").model
    truth = from_hips(track.truth)
    cosine = (model * truth).sum() / np.linalg.norm(model) / np.linalg.norm(truth)
    assert cosine == pytest.approx(1, abs=1e-6)


def test_poses_along_the_ray_are_turned_to_the_camera(track):
    hips = track.truth[:, BODY.joints[BODY.hips]].mean(axis=1)
    ray = hips / np.linalg.norm(hips, axis=1, keepdims=True)
    assert np.ptp(ray[:, 0]) > 0.1
    start, truth = begin(track, track.truth), from_hips(track.truth)
    depth = (start.model * ray[:, None]).sum(axis=-1)
    np.testing.assert_allclose(depth / start.model.std(), truth[..., 2] / truth.std(), atol=1e-3)


def test_height_sets_size_and_distance(track):
    small, large = (begin(track, track.truth, height_m=height) for height in (1.5, 1.8))
    assert large.model.std() / small.model.std() == pytest.approx(1.2, rel=1e-6)
    assert np.median(large.positions[:, 2] / small.positions[:, 2]) == pytest.approx(1.2, rel=1e-3)


def test_feet_that_stand_are_found_and_only_these(track):
    contact = begin(track, track.truth, height_m=1.741).problem.contact
    speed = np.linalg.norm(np.diff(track.truth[:, BODY.joints], axis=0), axis=-1) * 20 / 1000  # m/s
    feet = np.isin(np.arange(len(BODY.landmarks)), BODY.feet)
    assert not contact[~feet].any()
    assert contact[feet, :-1][speed.T[feet] < 0.05].mean() > 0.7
    assert not contact[feet, :-1][speed.T[feet] > 1.5].any()


def test_a_moving_camera_sees_no_foot_stand(track):
    assert not begin(track, track.truth, moving_camera=True).problem.contact.any()
