import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from neuropose_ray.analysis.cleaning.interpolation import bridged, even_grid, fill_gaps, interpolate, is_even
from neuropose_ray.analysis.cleaning.settings import GapSettings

METHODS = ["linear", "pchip", "cubic"]


def with_gaps(frames, *missing):
    positions = np.linspace(0, 1000, frames)[:, None, None] * np.array([1.0, -2.0, 0.5]) + np.zeros((frames, 1, 3))
    for part in missing:
        positions[part] = np.nan
    return positions


@pytest.mark.parametrize("method", METHODS)
def test_gaps_up_to_the_limit_are_filled_and_longer_ones_and_the_ends_stay(method):
    times = np.arange(40) / 20
    short, long, start, end = slice(8, 12), slice(20, 25), slice(0, 2), slice(38, 40)
    positions = with_gaps(40, short, long, start, end)
    filled = fill_gaps(times, positions, GapSettings(max_gap_s=0.25, method=method))
    np.testing.assert_allclose(filled[short], with_gaps(40)[short], atol=1e-9)
    for part in (long, start, end):
        assert np.isnan(filled[part]).all()


def test_the_limit_counts_from_the_last_known_sample_to_the_next_in_seconds():
    positions = with_gaps(7, slice(3, 4))
    uneven = np.array([0, 0.1, 0.2, 0.3, 0.45, 0.55, 0.65])
    assert np.isfinite(fill_gaps(uneven, positions, GapSettings(max_gap_s=0.25))).all()
    assert np.isnan(fill_gaps(uneven, positions, GapSettings(max_gap_s=0.24))[3]).all()


@pytest.mark.parametrize("method", METHODS)
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(0, 2**32 - 1))
@examples(max_examples=30)
def test_known_samples_come_back_bit_by_bit(method, flags, seed):
    known = np.array(flags)
    positions = np.random.default_rng(seed).normal(0, 300, (len(known), 1, 3))
    positions[~known] = np.nan
    filled = fill_gaps(np.arange(len(known)) / 30, positions, GapSettings(method=method))
    np.testing.assert_array_equal(filled[known], positions[known])


def test_pchip_does_not_overshoot_a_step_as_cubic_does():
    times, positions = np.arange(20) / 20, np.zeros((20, 1, 3))
    positions[10:] = 100
    positions[7:9] = np.nan
    pchip = fill_gaps(times, positions, GapSettings(method="pchip"))
    cubic = fill_gaps(times, positions, GapSettings(method="cubic"))
    assert pchip.min() >= 0
    assert pchip.max() <= 100
    assert cubic.min() < 0


@pytest.mark.parametrize("method", METHODS)
def test_what_lies_beyond_a_long_gap_does_not_bend_the_curve(method):
    times = np.arange(40) / 20
    positions = with_gaps(40, slice(8, 10), slice(15, 25)) ** 2 / 1000
    other = positions.copy()
    other[25:] += 5000
    np.testing.assert_array_equal(
        fill_gaps(times, positions, GapSettings(method=method))[:20],
        fill_gaps(times, other, GapSettings(method=method))[:20],
    )


@pytest.mark.parametrize("method", METHODS)
def test_other_times_are_met_on_a_smooth_curve_and_not_across_long_gaps(method):
    times = np.sort(np.random.default_rng(1).uniform(0, 4, 200))
    times = times[(times < 1.5) | (times > 2.0)]
    curve = 300 * np.sin(2 * np.pi * times)
    grid = even_grid(times, 30)
    drawn = interpolate(times, curve[:, None, None].repeat(3, -1), grid, 0.3, method)[:, 0, 0]
    open_part = (grid > times[times < 1.5][-1] + 1e-6) & (grid < times[times > 2.0][0] - 1e-6)
    assert np.isnan(drawn[open_part]).all()
    np.testing.assert_allclose(drawn[~open_part], 300 * np.sin(2 * np.pi * grid[~open_part]), atol=25)


def test_times_in_whole_milliseconds_are_even_and_a_dropped_frame_is_not():
    times = np.round(np.arange(100) / 60, 3)
    assert is_even(times, 0.1)
    assert not is_even(np.delete(times, 50), 0.1)
    assert is_even(np.zeros(1), 0.1)


@given(st.floats(5, 240), st.integers(1, 500), st.floats(-10, 10))
@examples(max_examples=25)
def test_a_grid_of_the_same_rate_is_the_same_grid(rate, frames, start):
    times = start + np.arange(frames) / rate
    np.testing.assert_allclose(even_grid(times, rate), times, atol=1e-9)


def test_a_time_is_bridged_where_no_measured_neighbours_enclose_it():
    measured = np.array([[True], [True], [False], [True], [True]])
    at = np.array([-0.1, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.35, 0.4, 0.5])
    across = bridged(np.arange(5) / 10, measured, at, 0.15)[:, 0]
    assert across.tolist() == [True, False, False, False, True, True, False, False, False, True]
