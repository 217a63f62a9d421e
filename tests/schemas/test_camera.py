import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from schemas.pose_tables import properties

from neuropose_ray.schemas.camera import Camera

cameras = st.builds(
    Camera.from_field_of_view,
    width=st.integers(16, 4096),
    height=st.integers(16, 4096),
    degrees=st.floats(5, 150),
)


@properties
@given(cameras, st.floats(5, 150))
def test_the_field_of_view_comes_back(camera, degrees):
    again = Camera.from_field_of_view(camera.width, camera.height, degrees)
    assert again.field_of_view_degrees == pytest.approx(degrees)


def test_the_field_of_view_spans_the_larger_side_of_a_portrait_frame_too():
    for camera in (Camera.from_field_of_view(1000, 500, 90), Camera.from_field_of_view(500, 1000, 90)):
        assert camera.focal_x == camera.focal_y == pytest.approx(500)
        assert (camera.centre_x, camera.centre_y) == (camera.width / 2, camera.height / 2)


@properties
@given(cameras, st.floats(-500, 500), st.floats(-500, 500), st.floats(100, 1e4))
def test_projection_is_the_intrinsic_matrix_in_homogeneous_coordinates(camera, x, y, z):
    u, v, w = camera.matrix @ [x, y, z]
    np.testing.assert_allclose(camera.project(np.array([x, y, z])), [u / w, v / w], atol=1e-6)


def test_x_is_right_and_y_is_down():
    camera = Camera.from_field_of_view(640, 480, 55)
    u, v = camera.project(np.array([100.0, 100.0, 1000.0]))
    assert u > camera.centre_x
    assert v > camera.centre_y


@pytest.mark.parametrize("z", [0.0, -1.0, math.nan])
def test_what_is_not_before_the_camera_has_no_pixel(z):
    points = np.array([[[1.0, 2.0, z], [0.0, 0.0, 5.0]]])
    pixels = Camera.from_field_of_view(640, 480, 55).project(points)
    assert np.isnan(pixels[0, 0]).all()
    np.testing.assert_allclose(pixels[0, 1], [320, 240])


def test_a_camera_without_focal_length_is_refused():
    with pytest.raises(ValidationError, match="focal_x"):
        Camera(width=640, height=480, focal_x=0, focal_y=500, centre_x=320, centre_y=240)


@properties
@given(cameras, st.floats(-500, 500), st.floats(-500, 500), st.floats(100, 1e4))
def test_viewing_directions_are_the_way_back_from_a_projection(camera, x, y, z):
    directions = camera.viewing_directions(camera.project(np.array([[[x, y, z]]])))
    np.testing.assert_allclose(directions, [[[x / z, y / z]]], atol=1e-9)


def test_viewing_directions_are_free_of_lens_distortion():
    import cv2

    camera = Camera.from_field_of_view(640, 480, 55).model_copy(update={"distortion": (-0.2, 0.05, 0.001, -0.002)})
    points = np.random.default_rng(0).uniform([-300, -200, 900], [300, 200, 1500], (3, 4, 3))
    pixels, _ = cv2.projectPoints(
        points.reshape(-1, 1, 3), np.zeros(3), np.zeros(3), camera.matrix, np.array(camera.distortion)
    )
    directions = camera.viewing_directions(pixels.reshape(3, 4, 2))
    np.testing.assert_allclose(directions, points[..., :2] / points[..., 2:], atol=1e-5)
