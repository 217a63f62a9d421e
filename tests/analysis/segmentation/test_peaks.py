from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.segmentation.peaks import segment_by_peaks
from neuropose_ray.errors import InputError

FRAMES = np.arange(300)
#: What NeuroPose's own users set for a heel: 12 frames, 30 mm.
BOUNDS = {"min_distance": 12, "min_prominence": 30}


def wave(noise, seed, amplitude=100.0):
    """A heel of 30 frames a cycle, mm."""
    return amplitude * np.sin(2 * np.pi * FRAMES / 30) + np.random.default_rng(seed).normal(0, noise, 300)


def inner(segments):
    return [segment.end - segment.start for segment in segments[1:-1]]


def as_tuples(segments):
    return [(segment.start, segment.peak, segment.end) for segment in segments]


@pytest.mark.parametrize("bounds", [BOUNDS, {}], ids=["with bounds", "without"])
@pytest.mark.parametrize("amplitude", [100.0, 50.0])
def test_noise_does_not_cut_windows_short(bounds, amplitude):
    lengths = [segment_by_peaks(wave(10, seed, amplitude), **bounds) for seed in range(60)]
    assert all(27 <= length <= 35 for segments in lengths for length in inner(segments))
    assert np.median([len(segments) for segments in lengths]) == 10


def test_neuroposes_own_rule_is_kept_with_what_noise_does_to_it():
    medians = []
    for noise in (0, 5, 10):
        windows = [segment_by_peaks(wave(noise, seed), **BOUNDS, method="valley_to_valley_v1") for seed in range(40)]
        medians.append(np.median([length for segments in windows for length in inner(segments)]))
    assert medians == [31, pytest.approx(18, abs=2), pytest.approx(9, abs=1)]


def test_both_rules_agree_where_there_is_no_noise():
    quiet = wave(0, 0)
    ours, theirs = segment_by_peaks(quiet), segment_by_peaks(quiet, method="valley_to_valley_v1")
    np.testing.assert_allclose(as_tuples(ours), as_tuples(theirs), atol=1)


def test_neuroposes_windows_reach_from_valley_to_valley():
    signal = np.array([0, 2, 1, 5, 3, 4, 0, 1.0])
    assert as_tuples(segment_by_peaks(signal, method="valley_to_valley_v1")) == [(0, 1, 3), (2, 3, 5), (4, 5, 7)]
    high = segment_by_peaks(signal, min_height=4.5, pad=3, method="valley_to_valley_v1")
    assert as_tuples(high) == [(0, 3, 8)]
    assert segment_by_peaks(signal, min_distance=0.5, method="valley_to_valley_v1")[0].peak == 1


def test_neighbours_share_the_deepest_frame_between_their_peaks():
    segments = segment_by_peaks(wave(5, 1))
    assert all(one.end == other.start + 1 for one, other in pairwise(segments))
    assert [segment.start for segment in segments[1:]] == pytest.approx(np.arange(22.5, 280, 30), abs=2)


def test_a_second_bump_within_the_cycle_is_no_cycle_of_its_own():
    signal = wave(3, 2) + 30 * np.sin(4 * np.pi * FRAMES / 30 + 1)
    assert inner(segment_by_peaks(signal)) == pytest.approx([31] * 7, abs=2)


def test_plateaus_are_cut_in_their_middle():
    steps = np.repeat([0.0, 1, 0, 1, 0, 0, 1, 0], 20)
    assert as_tuples(segment_by_peaks(steps)) == [(0, 30, 51), (50, 70, 101), (100, 130, 160)]


def test_short_gaps_are_bridged_and_long_ones_end_a_stretch():
    signal = wave(3, 3)
    whole = as_tuples(segment_by_peaks(signal))
    signal[[40, 41, 100, 101, 102]] = np.nan
    bridged = as_tuples(segment_by_peaks(signal))
    np.testing.assert_allclose(bridged, whole, atol=2)
    signal[120:150] = np.nan
    for start, _, end in as_tuples(segment_by_peaks(signal)):
        assert end <= 120 or start >= 150


@pytest.mark.parametrize("signal", [
    np.zeros(50), np.full(50, np.nan), np.arange(50.0), np.zeros(0), np.ones(1), [1.0, np.nan],
    np.random.default_rng(0).normal(0, 10, 500),
], ids=["flat", "missing", "ramp", "empty", "one", "two", "noise"])  # fmt: skip
def test_where_nothing_repeats_there_are_no_windows(signal):
    assert segment_by_peaks(signal) == []


def test_wrong_arguments_are_value_errors():
    for arguments in (
        {"signal": np.zeros((3, 2))},
        {"signal": FRAMES, "pad": -1},
        {"signal": FRAMES, "method": "v9"},
    ):
        with pytest.raises(ValueError, match=r".+") as caught:
            segment_by_peaks(**arguments)
        assert isinstance(caught.value, InputError)


@settings(max_examples=40)
@given(
    period=st.integers(10, 80), offset=st.floats(-1e3, 1e3), scale=st.floats(0.1, 1e3), phase=st.floats(0, 6.2),
    pad=st.integers(0, 10),
)  # fmt: skip
def test_windows_do_not_depend_on_unit_and_offset_and_hold_their_peaks(period, offset, scale, phase, pad):
    signal = np.sin(2 * np.pi * FRAMES / period + phase)
    segments = segment_by_peaks(offset + scale * signal, pad=pad)
    assert as_tuples(segments) == as_tuples(segment_by_peaks(signal, pad=pad))
    assert all(0 <= segment.start <= segment.peak < segment.end <= 300 for segment in segments)
    assert abs(len(segments) - 300 / period) < 1.5


@pytest.mark.parametrize("frames_a_cycle", [4, 5, 6, 7])
def test_a_movement_of_a_few_frames_a_cycle_is_not_taken_for_noise(frames_a_cycle):
    signal = 100 * np.sin(2 * np.pi * np.arange(20 * frames_a_cycle) / frames_a_cycle) + 100
    assert len(segment_by_peaks(signal)) == pytest.approx(20, abs=1)
    assert segment_by_peaks(signal, method="prominent_valleys_v2") == [], "the older rule is as it was"


def test_finger_tapping_is_counted():
    for seed in range(50):
        noise = np.random.default_rng(seed).normal(0, 0.5, 300)
        assert len(segment_by_peaks(20 * np.sin(2 * np.pi * 5 * FRAMES / 30) + noise)) == pytest.approx(50, abs=1)


@settings(max_examples=200)
@given(
    rate_hz=st.floats(20, 240), cycles=st.integers(8, 60), frames_a_cycle=st.floats(4, 120),
    amplitude=st.floats(0.01, 1e4), noise=st.floats(0, 0.05), phase=st.floats(0, 6.2), seed=st.integers(0, 999),
)  # fmt: skip
def test_every_cycle_is_counted_at_any_pace_rate_and_amplitude(
    rate_hz, cycles, frames_a_cycle, amplitude, noise, phase, seed
):
    times = np.arange(round(cycles * frames_a_cycle)) / rate_hz
    signal = np.sin(2 * np.pi * rate_hz / frames_a_cycle * times + phase)
    signal = amplitude * (signal + np.random.default_rng(seed).normal(0, noise, len(times)))
    assert len(segment_by_peaks(signal)) == pytest.approx(cycles, abs=1)


@settings(max_examples=60)
@given(frames_a_cycle=st.floats(5, 12), jitter=st.floats(0, 0.15), seed=st.integers(0, 999))
def test_a_pace_that_wavers_does_not_turn_a_fast_movement_into_noise(frames_a_cycle, jitter, seed):
    random = np.random.default_rng(seed)
    lengths = frames_a_cycle * (1 + jitter * random.uniform(-1, 1, 40))
    phase = np.interp(np.arange(round(lengths.sum())), np.concatenate([[0], np.cumsum(lengths)]), np.arange(41))
    signal = 20 * np.sin(2 * np.pi * phase) + random.normal(0, 0.5, len(phase))
    assert len(segment_by_peaks(signal)) == pytest.approx(40, abs=1)


@pytest.mark.parametrize("frames", [(2, 40), (40, 200), (200, 900)])
def test_noise_alone_holds_no_cycle_but_in_one_case_of_a_hundred(frames):
    random = np.random.default_rng(0)
    noises = [random.normal(0, 10 ** random.uniform(-2, 4), random.integers(*frames)) for _ in range(500)]
    counts = np.array([len(segment_by_peaks(noise)) for noise in noises])
    assert (counts > 0).mean() < 0.01
    assert counts.max() <= 1
