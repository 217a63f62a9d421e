import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy.signal import butter, filtfilt

from neuropose_ray.analysis.cleaning.settings import (
    ButterworthSettings,
    MedianSettings,
    OneEuroSettings,
    SavitzkyGolaySettings,
)
from neuropose_ray.analysis.cleaning.smoothing import low_pass, one_euro, running_median, savitzky_golay
from neuropose_ray.errors import SettingsError

RATE = 100.0
SMOOTHERS = {
    "butterworth": lambda positions: low_pass(positions, RATE, ButterworthSettings()),
    "one_euro": lambda positions: one_euro(np.arange(len(positions)) / RATE, positions, OneEuroSettings()),
    "savitzky_golay": lambda positions: savitzky_golay(positions, SavitzkyGolaySettings()),
    "median": lambda positions: running_median(positions, MedianSettings()),
}
LINEAR = [name for name in SMOOTHERS if name in {"butterworth", "savitzky_golay"}]


def response(frequency_hz, rate_hz, settings):
    """Complex gain measured on a long sine, away from its ends."""
    times = np.arange(int(40 * rate_hz)) / rate_hz
    sine = np.sin(2 * np.pi * frequency_hz * times)
    filtered = low_pass(np.repeat(sine[:, None, None], 3, -1), rate_hz, settings)[:, 0, 0]
    middle = (times >= 10) & (times < 30)
    wave = np.exp(-2j * np.pi * frequency_hz * times[middle])
    return (filtered[middle] @ wave) / (sine[middle] @ wave)


@pytest.mark.parametrize("order", [2, 4, 6, 8])
@pytest.mark.parametrize(("rate", "cutoff"), [(100, 6), (60, 6), (30, 6), (15, 6), (240, 12)])
def test_the_gain_at_the_cutoff_is_the_root_of_a_half_without_lag(order, rate, cutoff):
    gain = response(cutoff, rate, ButterworthSettings(cutoff_hz=cutoff, order=order))
    assert abs(gain) == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert abs(np.angle(gain)) < 1e-3


@pytest.mark.parametrize("order", [2, 4, 6, 8])
def test_the_order_is_that_of_the_whole_filter(order):
    """Far above the cut-off the gain falls by 2^order an octave, here measured far below half the frame rate."""
    settings = ButterworthSettings(cutoff_hz=1, order=order)
    octave = abs(response(10, 1000, settings)) / abs(response(20, 1000, settings))
    assert octave == pytest.approx(2**order, rel=0.05)


def test_order_four_is_winters_second_order_section_run_both_ways():
    noise = np.random.default_rng(0).normal(0, 100, (4000, 1, 3))
    sections = butter(2, 6 / 0.802, fs=1000)
    ours = low_pass(noise, 1000, ButterworthSettings(cutoff_hz=6))
    np.testing.assert_allclose(ours[500:-500], filtfilt(*sections, noise, axis=0)[500:-500], atol=0.05)


@pytest.mark.parametrize("cutoff", [6.0, None])
@pytest.mark.parametrize("rate", [5, 12])
def test_an_impossible_cutoff_is_refused_with_what_would_do(cutoff, rate):
    with pytest.raises(SettingsError, match=f"6 Hz is impossible at {rate} frames per second; give one below"):
        low_pass(np.zeros((50, 1, 3)), rate, ButterworthSettings(cutoff_hz=cutoff))


@pytest.mark.parametrize("smooth", SMOOTHERS.values(), ids=SMOOTHERS)
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
@examples(max_examples=12)
def test_shape_input_and_missing_samples_are_kept(smooth, frames, seed):
    rng = np.random.default_rng(seed)
    positions = rng.normal(0, 100, (frames, 2, 3))
    positions[rng.random((frames, 2)) < 0.2] = np.nan
    before = positions.copy()
    smoothed = smooth(positions)
    np.testing.assert_array_equal(positions, before)
    np.testing.assert_array_equal(np.isnan(smoothed), np.isnan(positions))


@pytest.mark.parametrize("smooth", SMOOTHERS.values(), ids=SMOOTHERS)
@given(st.floats(-5000, 5000), st.integers(1, 60))
@examples(max_examples=12)
def test_what_does_not_move_stays_where_it_is(smooth, value, frames):
    positions = np.full((frames, 1, 3), value)
    np.testing.assert_allclose(smooth(positions), positions, atol=1e-6)


@pytest.mark.parametrize("smooth", [SMOOTHERS[name] for name in LINEAR], ids=LINEAR)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3))
@examples(max_examples=12)
def test_linear_filters_are_linear(smooth, seed, factor):
    first, second = np.random.default_rng(seed).normal(0, 100, (2, 50, 1, 3))
    np.testing.assert_allclose(smooth(first + factor * second), smooth(first) + factor * smooth(second), atol=1e-6)


@pytest.mark.parametrize("smooth", [SMOOTHERS[name] for name in LINEAR], ids=LINEAR)
def test_even_speed_is_kept_to_the_ends(smooth):
    positions = np.linspace(0, 1000, 100)[:, None, None].repeat(3, -1)
    np.testing.assert_allclose(smooth(positions), positions, atol=0.5)


@pytest.mark.parametrize("smooth", SMOOTHERS.values(), ids=SMOOTHERS)
def test_noise_gets_less(smooth):
    noise = np.random.default_rng(3).normal(0, 10, (500, 1, 3))
    assert smooth(noise).std() < 0.7 * noise.std()


def test_runs_are_filtered_apart_and_short_ones_left():
    rng = np.random.default_rng(4)
    first, short, last = rng.normal(0, 50, (30, 1, 3)), rng.normal(0, 50, (9, 1, 3)), rng.normal(900, 50, (10, 1, 3))
    gap = np.full((2, 1, 3), np.nan)
    whole = SMOOTHERS["butterworth"](np.concatenate([first, gap, short, gap, last]))
    np.testing.assert_allclose(whole[:30], SMOOTHERS["butterworth"](first))
    np.testing.assert_array_equal(whole[32:41], short)
    np.testing.assert_allclose(whole[43:], SMOOTHERS["butterworth"](last))
    assert not np.allclose(whole[43:], last)


def test_one_euro_lags_at_rest_and_follows_at_speed():
    times = np.arange(200) / RATE
    slow, fast = (np.full((200, 1, 3), [1.0, 0, 0]) * (speed * times)[:, None, None] for speed in (20, 2000))
    settings = OneEuroSettings()
    lags = [(one[-1] - one_euro(times, one, settings)[-1])[0, 0] / speed for one, speed in ((slow, 20), (fast, 2000))]
    assert 0 < lags[1] < 0.2 * lags[0]


def test_one_euro_is_the_authors_recursion():
    """Algorithm 1 of the paper, written out for one coordinate."""
    rng, rate = np.random.default_rng(5), 50.0
    series = np.cumsum(rng.normal(0, 5, 60))
    settings = OneEuroSettings(min_cutoff_hz=1.5, speed_coefficient_hz_per_mm_s=0.01, speed_cutoff_hz=2)

    def alpha(cutoff):
        return 1 / (1 + 1 / (2 * np.pi * cutoff) * rate)

    value, speed, expected = series[0], 0.0, [series[0]]
    for sample in series[1:]:
        speed = alpha(2) * (sample - value) * rate + (1 - alpha(2)) * speed
        gain = alpha(1.5 + 0.01 * abs(speed))
        value = gain * sample + (1 - gain) * value
        expected.append(value)
    positions = np.stack([series, np.zeros(60), np.zeros(60)], -1)[:, None]
    np.testing.assert_allclose(one_euro(np.arange(60) / rate, positions, settings)[:, 0, 0], expected)


def test_one_euro_starts_anew_after_a_gap():
    positions = np.zeros((20, 1, 3))
    positions[10:] = 700
    positions[9] = np.nan
    smoothed = one_euro(np.arange(20) / RATE, positions, OneEuroSettings())
    np.testing.assert_array_equal(smoothed, positions)


def test_savitzky_golay_keeps_a_cubic_and_the_median_a_step():
    times = np.linspace(-1, 1, 60)
    cubic = (500 * times**3)[:, None, None].repeat(3, -1)
    np.testing.assert_allclose(savitzky_golay(cubic, SavitzkyGolaySettings()), cubic, atol=1e-8)
    step = np.where(times < 0, 0.0, 100.0)[:, None, None].repeat(3, -1)
    np.testing.assert_array_equal(running_median(step, MedianSettings()), step)
    spiked = step.copy()
    spiked[20:22] += 1000
    np.testing.assert_array_equal(running_median(spiked, MedianSettings()), step)
