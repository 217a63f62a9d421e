import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.derivatives import derivative, known_stretches


@given(st.lists(st.floats(-10, 10), min_size=4, max_size=4), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_a_cubic_path_has_its_own_derivatives_up_to_the_ends_at_uneven_times(coefficients, seed):
    times = np.cumsum(np.random.default_rng(seed).uniform(0.02, 0.05, 12))
    path = np.polynomial.Polynomial(coefficients)
    for order in (1, 2):
        np.testing.assert_allclose(derivative(path(times), times, order), path.deriv(order)(times), atol=1e-6)


def test_a_fast_swing_at_30_frames_a_second_is_right_to_a_thousandth():
    times = np.arange(0, 3, 1 / 30)
    inside = slice(5, -5)
    found = derivative(np.sin(2 * np.pi * times), times)
    np.testing.assert_allclose(found[inside], 2 * np.pi * np.cos(2 * np.pi * times[inside]), atol=2e-3 * np.pi)


def test_gaps_stay_gaps_and_do_not_reach_what_is_beside_them():
    times = np.arange(20) / 10
    values = np.stack([times**2, times], axis=1)
    values[8:10, 1] = np.nan
    found = derivative(values, times)
    assert np.isnan(found[8:10]).all()
    known = np.r_[0:8, 10:20]
    np.testing.assert_allclose(found[known], np.stack([2 * times, np.ones(20)], axis=1)[known], atol=1e-9)


@pytest.mark.parametrize(("frames", "known"), [(0, False), (1, False), (2, False), (3, True)])
def test_too_few_frames_have_no_derivative(frames, known):
    times = np.arange(frames) / 10
    assert np.isfinite(derivative(3 * times, times)).all() == (known or frames == 0)
    assert np.isnan(derivative(3 * times, times, 2)).all()


def test_stretches_are_those_in_which_all_of_a_frame_is_known():
    values = np.array([[1, 1], [1, np.nan], [1, 1], [1, 1], [np.nan, np.nan]])
    assert known_stretches(values) == [(0, 1), (2, 4)]
    assert known_stretches(np.zeros((0, 3))) == []
