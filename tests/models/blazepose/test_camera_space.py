import numpy as np
import pytest

from neuropose_ray.models.blazepose.camera_space import NEAREST_MM, to_camera_space
from neuropose_ray.schemas.camera import Camera

CAMERA = Camera.from_field_of_view(1280, 720, 67)
BODY = np.random.default_rng(2).normal(scale=0.4, size=(3, 33, 3))
PLACES = np.array([[0.0, 0.0, 3000.0], [800.0, -300.0, 5000.0], [-500.0, 100.0, 2000.0]])


def test_a_body_is_put_where_its_projection_came_from():
    truth = BODY * 1000 + PLACES[:, None]
    placed = to_camera_space(BODY, CAMERA.project(truth), np.ones((3, 33)), CAMERA)
    np.testing.assert_allclose(placed, truth, atol=1e-3)


def test_lens_distortion_is_taken_off_first():
    import cv2

    lens = CAMERA.model_copy(update={"distortion": (-0.2, 0.05, 0.001, -0.001)})
    truth = BODY[:1] * 1000 + [0, 0, 6000.0]
    pixels, _ = cv2.projectPoints(truth[0], np.zeros(3), np.zeros(3), lens.matrix, np.array(lens.distortion))
    placed = to_camera_space(BODY[:1], pixels.reshape(1, 33, 2), np.ones((1, 33)), lens)
    np.testing.assert_allclose(placed, truth, atol=5.0)


def test_hidden_joints_hardly_count():
    truth = BODY * 1000 + PLACES[:, None]
    pixels, weights = CAMERA.project(truth), np.ones((3, 33))
    pixels[:, 5] += 400
    weights[:, 5] = 0
    assert np.abs(to_camera_space(BODY, pixels, weights, CAMERA) - truth).max() < 5


def test_nobody_is_put_behind_the_camera():
    pixels = np.full((1, 33, 2), 100.0) - BODY[:1, :, :2] * 1e5  # an upside-down projection asks for negative depth
    assert to_camera_space(BODY[:1], pixels, np.ones((1, 33)), CAMERA)[..., 2].min() == pytest.approx(NEAREST_MM)
