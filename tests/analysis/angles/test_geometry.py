"""Angles of vectors: against rotations whose angle is known, and at the edges where none is defined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.analysis.angles.geometry import (
    angle_between_deg,
    angle_in_plane_deg,
    angle_out_of_plane_deg,
    axes_about,
    dot,
    unit,
    unwrapped_deg,
)

X, Y, Z = np.eye(3)[:, None]
SIZES = st.floats(1e-3, 1e4)


def test_directions_have_unit_length_and_nothing_has_none():
    directions = unit(np.array([[3.0, 0.0, 4.0], [0.0, 0.0, 0.0], [np.nan, 1.0, 0.0]]))
    np.testing.assert_allclose(directions[0], [0.6, 0, 0.8])
    assert np.isnan(directions[1:]).all()


def test_scalar_products_are_taken_frame_by_frame():
    np.testing.assert_array_equal(
        dot(np.array([[1.0, 2, 3], [0, 1, 0]]), np.array([[4.0, 5, 6], [0, 2, 0]])), [32, 2]
    )


@given(st.floats(0, 180), SIZES, SIZES, st.integers(0, 1000))
def test_the_angle_between_vectors_is_that_by_which_one_was_turned_from_the_other(degrees, length, other, seed):
    random = np.random.default_rng(seed)
    vector = unit(random.normal(size=(1, 3)))
    axis = unit(np.cross(vector, random.normal(size=3)))
    turned = Rotation.from_rotvec(np.radians(degrees) * axis[0]).apply(vector)
    assert angle_between_deg(length * vector, other * turned)[0] == pytest.approx(degrees, abs=1e-6)


def test_nearly_parallel_vectors_keep_their_angle():
    tiny = np.radians(1e-7)
    assert angle_between_deg(X, np.array([[np.cos(tiny), np.sin(tiny), 0]]))[0] == pytest.approx(1e-7, rel=1e-6)


def test_the_angle_out_of_a_plane_has_the_sign_of_the_normals_side():
    vectors = np.array([[1.0, 0, 0], [1, 1, 0], [0, 2, 0], [1, -1, 0], [0, 0, 0]])
    degrees = angle_out_of_plane_deg(vectors, np.repeat(Y, 5, 0))
    np.testing.assert_allclose(degrees, [0, 45, 90, -45, np.nan], atol=1e-12)


@given(st.floats(-179.9, 179.9), SIZES, st.floats(-2, 2))
def test_the_angle_in_a_plane_does_not_see_what_is_square_to_the_plane(degrees, length, out_of_plane):
    turn = np.radians(degrees)
    vector = length * np.array([[np.cos(turn), np.sin(turn), out_of_plane]])
    assert angle_in_plane_deg(vector, X, Y, min_off_axis_deg=1)[0] == pytest.approx(degrees, abs=1e-6)


def test_the_range_of_an_angle_in_a_plane_begins_where_it_is_told():
    vector = np.array([[-1.0, -1, 0]])
    assert angle_in_plane_deg(vector, X, Y, min_off_axis_deg=1)[0] == pytest.approx(-135)
    assert angle_in_plane_deg(vector, X, Y, min_off_axis_deg=1, lowest=-90)[0] == pytest.approx(225)


@pytest.mark.parametrize(("off_axis_deg", "known"), [(4, False), (6, True)])
def test_a_vector_along_the_normal_has_no_angle_in_the_plane(off_axis_deg, known):
    lean = np.radians(off_axis_deg)
    vector = np.array([[np.sin(lean), 0, np.cos(lean)]])
    assert np.isfinite(angle_in_plane_deg(vector, X, Y, min_off_axis_deg=5)[0]) == known


def test_axes_about_a_vertical_are_square_and_right_handed():
    axes = axes_about(Y, np.array([[2.0, 1.0, 0.0]]), min_off_axis_deg=10)
    np.testing.assert_allclose(axes.right, X)
    np.testing.assert_allclose(axes.forward, -Z)
    np.testing.assert_allclose(np.cross(axes.right, axes.up), Z)


@pytest.mark.parametrize("towards", [[0.0, 1, 0], [0.1, 1, 0], [0, 0, 0], [np.nan, 0, 0]])
def test_axes_are_not_defined_by_what_lies_along_the_vertical(towards):
    axes = axes_about(Y, np.array([towards]), min_off_axis_deg=10)
    assert np.isnan(axes.right).all()
    assert np.isnan(axes.forward).all()


def test_an_angle_that_crosses_the_end_of_its_range_is_carried_on():
    course = 170 + 20 * np.sin(np.arange(60) / 6)
    np.testing.assert_allclose(unwrapped_deg((course + 180) % 360 - 180, -180), course)


def test_an_angle_that_errors_carry_round_comes_back_into_its_range():
    course = np.concatenate([np.full(20, 20.0), [100.0, 175.0, -120.0, -60.0], np.full(20, 18.0)])
    found = unwrapped_deg(course, -180)
    np.testing.assert_allclose(found[:20], 20)
    np.testing.assert_allclose(found[-20:], 18)


def test_unknown_frames_stay_unknown_and_nothing_known_is_nothing():
    np.testing.assert_array_equal(
        unwrapped_deg(np.array([np.nan, 160, np.nan, -170]), -180), [np.nan, 160, np.nan, 190]
    )
    assert np.isnan(unwrapped_deg(np.full(3, np.nan), -180)).all()
