import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import InputError
from neuropose_ray.formats.uniform_timebase import uniform_timebase


def clock(times, fps=0.0):
    return uniform_timebase(np.asarray(times, np.float64), fps=fps, where="walk")


@given(st.sampled_from([5, 24, 25, 30000 / 1001, 50, 60, 120]), st.integers(2, 300), st.floats(0, 5))
@settings(max_examples=40)
def test_times_in_whole_milliseconds_are_the_clock_that_they_were_rounded_from(rate, frames, start):
    found = clock(np.round(start + np.arange(frames) / rate, 3))
    assert not found.resampled
    assert len(found.times_s) == frames
    if frames > 100:
        assert found.rate_hz == pytest.approx(rate, rel=1e-3)
    values = np.arange(frames * 2.0).reshape(frames, 2)
    np.testing.assert_array_equal(found.of(values), values)


def test_lost_frames_are_put_back_between_their_neighbours():
    times = np.delete(np.arange(12) / 10, [3, 4, 8])
    found = clock(times)
    assert (found.resampled, found.rate_hz) == (True, 10)
    np.testing.assert_allclose(found.of(times), np.arange(12) / 10, atol=1e-12)


def test_a_long_pause_stays_empty():
    times = np.concatenate([np.arange(5) / 10, 2 + np.arange(5) / 10])
    values = clock(times).of(np.ones(10))
    np.testing.assert_array_equal(np.isnan(values), [False] * 5 + [True] * 15 + [False] * 5)


def test_a_missing_frame_does_not_spoil_the_one_beside_it():
    times = np.delete(np.arange(8) / 10, 5)
    values = clock(times).of(np.where(np.arange(7) == 2, np.nan, 1.0))
    np.testing.assert_array_equal(np.isnan(values), np.arange(8) == 2)


def test_a_single_frame_has_the_videos_rate():
    assert clock([1.5], fps=25).rate_hz == 25
    with pytest.raises(InputError, match=r"^walk: there is a single frame, and no frame rate is known$"):
        clock([1.5])


@pytest.mark.parametrize("times", [[], [0, np.nan, 1], [0, 1, 1], [1, 0]])
def test_times_of_no_use_are_one_line(times):
    with pytest.raises(InputError, match=r"^walk: (there are no frames|the times of the frames)"):
        clock(times)
