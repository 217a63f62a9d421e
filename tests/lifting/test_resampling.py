"""Any frame rate and any times come to the network's rate and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.lifting.resampling import RATE, averaged_at, even_times, interpolated


def times_of(steps: list[float]) -> np.ndarray:
    return 3.0 + np.cumsum([0.0, *steps])


STEPS = st.lists(st.floats(1e-3, 0.4), min_size=1, max_size=60)


@given(STEPS)
def test_even_times_cover_the_track(steps):
    times = times_of(steps)
    even = even_times(times)
    assert len(even) >= 2
    assert even[0] == times[0]
    assert even[-1] >= times[-1] - 1e-6
    np.testing.assert_allclose(np.diff(even), 1 / RATE)


@given(STEPS, st.floats(-5, 5))
def test_what_does_not_change_stays(steps, value):
    times = times_of(steps)
    even = even_times(times)
    averaged = averaged_at(times, np.full((len(times), 1), value), even)
    np.testing.assert_allclose(averaged, value, atol=1e-9)
    np.testing.assert_allclose(interpolated(even, averaged, times), value, atol=1e-9)


@given(STEPS)
def test_a_steady_movement_stays_steady_inside(steps):
    times = times_of(steps)
    even = even_times(times)
    inside = (even - 0.5 / RATE > times[0]) & (even + 0.5 / RATE < times[-1])
    averaged = averaged_at(times, 2 * times[:, None] - 1, even)
    np.testing.assert_allclose(averaged[inside, 0], 2 * even[inside] - 1, atol=1e-7)


@pytest.mark.parametrize("fps", [15, 24, 25, 29.97, 30, 60, 120, 240])
def test_daily_movement_survives_at_every_frame_rate(fps):
    times = np.arange(round(4 * fps)) / fps
    path = np.sin(2 * np.pi * 0.8 * times)[:, None]
    even = even_times(times)
    back = interpolated(even, averaged_at(times, path, even), times)
    inside = slice(round(fps / 5), -round(fps / 5))
    assert np.abs(back - path)[inside].max() < 0.02


def test_noise_of_a_fast_camera_is_averaged_not_sampled():
    random = np.random.default_rng(0)
    times = np.arange(2400) / 240
    even = even_times(times)
    noise = averaged_at(times, random.normal(0, 1, (2400, 1)), even)
    assert noise[2:-2].std() < 0.4


def test_frames_of_the_same_time_do_no_harm():
    times = np.array([0.0, 0.1, 0.1, 0.2, 0.3])
    even = even_times(times)
    assert np.isfinite(averaged_at(times, np.arange(5.0)[:, None], even)).all()
