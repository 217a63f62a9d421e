"""A low-pass that needs no even time and keeps straight lines."""

import numpy as np
import pytest
from scipy.signal import butter, filtfilt

from neuropose_ray.fitting.smoothing import low_pass


def linked(times):
    return np.ones(len(times) - 1, bool)


def test_response_is_that_of_a_zero_lag_butterworth():
    times = np.arange(600) / 100
    path = np.random.default_rng(0).normal(size=(600, 1)).cumsum(axis=0)
    b, a = butter(2, 6 / 50)
    expected = filtfilt(b, a, path, axis=0)
    found = low_pass(path, np.diff(times), linked(times), 6.0)
    inner = slice(60, -60)
    assert np.abs(found - expected)[inner].std() < 0.03 * path.std()


@pytest.mark.parametrize("frequency", [3.0, 6.0, 12.0])
def test_gain_at_uneven_times(frequency):
    times = np.sort(np.random.default_rng(0).uniform(0, 6, 1800))
    wave = np.sin(2 * np.pi * frequency * times)
    found = low_pass(wave[:, None], np.maximum(np.diff(times), 1e-4), linked(times), 6.0)[:, 0]
    inner = slice(300, -300)
    gain = (found[inner] @ wave[inner]) / (wave[inner] @ wave[inner])
    assert gain == pytest.approx(1 / (1 + (frequency / 6) ** 4), abs=0.08)


def test_straight_lines_stay_and_stretches_do_not_touch():
    times = np.array([0.0, 0.1, 0.15, 0.3, 5.0, 5.1, 5.2, 5.4])
    joined = linked(times)
    joined[3] = False
    path = np.where(times < 1, 2 * times, 100 - 3 * times)
    found = low_pass(path[:, None], np.where(joined, np.diff(times), 1.0), joined, 2.0)[:, 0]
    np.testing.assert_allclose(found, path, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 2])
def test_too_short_to_bend_is_left_alone(frames):
    path = np.arange(frames)[:, None].astype(float)
    np.testing.assert_array_equal(low_pass(path, np.ones(frames - 1), np.ones(frames - 1, bool), 6.0), path)
