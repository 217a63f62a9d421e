"""Angles and rotation matrices are each other's inverse."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.phantom.rotations import angles_yzx, angles_zxy, rotate, rotation_x, rotation_y, rotation_z

first_or_last = st.floats(-179, 179)
middle = st.floats(-89, 89)


@given(z=first_or_last, x=middle, y=first_or_last)
def test_angles_zxy_are_those_that_made_the_rotation(z, x, y):
    rotation = rotation_z(z) @ rotation_x(x) @ rotation_y(y)
    np.testing.assert_allclose(angles_zxy(rotation), (z, x, y), atol=1e-6)


@given(y=first_or_last, z=middle, x=first_or_last)
def test_angles_yzx_are_those_that_made_the_rotation(y, z, x):
    rotation = rotation_y(y) @ rotation_z(z) @ rotation_x(x)
    np.testing.assert_allclose(angles_yzx(rotation), (y, z, x), atol=1e-6)


def test_rotations_are_right_handed():
    np.testing.assert_allclose(rotate(rotation_z(90), [1, 0, 0]), [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(rotate(rotation_x(90), [0, 1, 0]), [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(rotate(rotation_y(90), [0, 0, 1]), [1, 0, 0], atol=1e-12)
