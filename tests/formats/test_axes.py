import numpy as np
import pytest

from neuropose_ray.formats.axes import camera_to_y_up, z_up_to_y_up


def test_what_is_high_in_the_picture_is_high_in_the_file_and_what_is_far_is_behind():
    turned = camera_to_y_up(np.array([100.0, -200.0, 3000.0]))
    np.testing.assert_array_equal(turned, [100, 200, -3000])
    np.testing.assert_array_equal(camera_to_y_up(turned), [100, -200, 3000])


def test_the_laboratorys_z_becomes_y():
    np.testing.assert_array_equal(z_up_to_y_up(np.array([[1.0, 2.0, 3.0]])), [[1, 3, -2]])


@pytest.mark.parametrize("turn", [camera_to_y_up, z_up_to_y_up])
def test_axes_are_turned_and_not_mirrored(turn):
    assert np.linalg.det(turn(np.eye(3))) == 1
    assert np.isnan(turn(np.array([np.nan, 0, 0]))).sum() == 1
