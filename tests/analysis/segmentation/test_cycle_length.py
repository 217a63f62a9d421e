import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.segmentation.cycle_length import (
    autocorrelation,
    cycle_length,
    noise_after,
    noise_level,
    smoothed,
)


@settings(max_examples=30)
@given(period=st.integers(8, 90), noise=st.floats(0, 0.5), drift=st.floats(-5, 5), seed=st.integers(0, 99))
def test_the_length_is_found_under_noise_and_drift(period, noise, drift, seed):
    frames = np.arange(300)
    signal = np.sin(2 * np.pi * frames / period) + drift * frames / 300
    signal += np.random.default_rng(seed).normal(0, noise, 300)
    assert cycle_length(signal) == pytest.approx(period, rel=0.15, abs=2)


def test_a_single_bump_is_as_long_as_the_sine_that_vanishes_alike():
    bump = np.exp(-0.5 * ((np.arange(400) - 200) / 20) ** 2)
    assert 80 < cycle_length(bump) < 400


def test_noise_has_no_cycle():
    assert cycle_length(np.random.default_rng(0).normal(0, 1, 500)) < 12


def test_the_autocorrelation_starts_at_one_and_a_flat_signal_has_none():
    signal = np.random.default_rng(0).normal(0, 1, 64)
    centred = signal - np.polyval(np.polyfit(np.arange(64), signal, 1), np.arange(64))
    lag_3 = (centred[3:] * centred[:-3]).sum() / 61 / (centred @ centred / 64)
    assert autocorrelation(signal)[[0, 3]] == pytest.approx([1, lag_3])
    assert not autocorrelation(np.full(20, 7.0)).any()


def test_noise_is_told_from_movement():
    movement = 100 * np.sin(np.arange(2000) / 15)
    noise = np.random.default_rng(1).normal(0, 8, 2000)
    assert noise_level(movement + noise) == pytest.approx(8, rel=0.1)
    assert np.std(smoothed(noise, 3.0)) == pytest.approx(noise_after(8, 3.0), rel=0.1)
    assert noise_level(np.zeros(2)) == 0


def test_smoothing_makes_no_new_extremum_and_no_delay():
    step = np.repeat([0.0, 1.0], 50)
    assert (np.diff(smoothed(step, 4)) >= 0).all()
    assert smoothed(step, 4)[49:51].mean() == pytest.approx(0.5)
    assert smoothed(step, 0.1) is not step
