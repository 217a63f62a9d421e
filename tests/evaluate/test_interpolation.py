import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.evaluate.interpolation import positions_at

TIMES_S = np.cumsum(np.random.default_rng(0).uniform(0.8, 1.2, 30)) / 100


def path(times_s: np.ndarray) -> np.ndarray:
    return np.stack([times_s**3, 5 * times_s**2 - times_s, np.ones_like(times_s)], -1)[:, None]


@given(st.floats(0, 1))
def test_a_cubic_is_met_exactly(share: float):
    when = np.array([TIMES_S[1] + share * (TIMES_S[-2] - TIMES_S[1])])
    np.testing.assert_allclose(positions_at(TIMES_S, path(TIMES_S), when), path(when), atol=1e-12)


def test_samples_are_given_back_at_their_own_times():
    sampled = path(TIMES_S)
    np.testing.assert_array_equal(positions_at(TIMES_S, sampled, TIMES_S), sampled)
    sampled[[4, 5, 20]] = np.nan
    np.testing.assert_array_equal(positions_at(TIMES_S, sampled, TIMES_S), sampled)


def test_beside_a_missing_neighbour_a_line_serves():
    sampled = path(TIMES_S)
    sampled[10] = np.nan
    middles = (TIMES_S[:-1] + TIMES_S[1:]) / 2
    found = positions_at(TIMES_S, sampled, middles)
    assert np.flatnonzero(np.isnan(found).any((1, 2))).tolist() == [9, 10]
    np.testing.assert_allclose(found[[0, 8]], ((sampled[:-1] + sampled[1:]) / 2)[[0, 8]])


def test_outside_the_recording_and_in_its_gaps_nothing_is_known():
    times = np.concatenate([TIMES_S[:10], TIMES_S[15:]])
    when = np.array([TIMES_S[0] - 1e-6, TIMES_S[12], TIMES_S[-1] + 1e-6])
    assert np.isnan(positions_at(times, path(times), when)).all()


def test_a_single_sample_is_known_at_its_time_alone():
    found = positions_at(np.array([1.0]), np.full((1, 2, 3), 7.0), np.array([1.0, 1.1]))
    assert (found[0] == 7).all()
    assert np.isnan(found[1]).all()


def test_second_differences_show_no_kinks():
    """A wave of 2 Hz and 100 mm, sampled at 100 Hz and wanted at 60: its acceleration is up to 15.8 m/s^2."""
    fine, frames = np.arange(200) / 100, np.arange(1, 110) / 60

    def wave(when: np.ndarray) -> np.ndarray:
        return (100 * np.sin(2 * np.pi * 2 * when))[:, None, None] * np.ones(3)

    apart = np.diff(positions_at(fine, wave(fine), frames) - wave(frames), n=2, axis=0) * 60**2 / 1000
    assert np.abs(apart).max() < 0.05
    line = np.interp(frames, fine, wave(fine)[:, 0, 0])
    assert np.abs(np.diff(line - wave(frames)[:, 0, 0], n=2) * 60**2 / 1000).max() == pytest.approx(1, abs=0.5)
