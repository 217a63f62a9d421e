import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.formats.frame_times import constant_rate

RATES = st.sampled_from([5.0, 24000 / 1001, 25.0, 30000 / 1001, 30.0, 60.0, 100.0, 119.88, 250.0, 1000.0])


@given(rate=RATES, rows=st.integers(2, 500), decimals=st.integers(3, 9), start=st.floats(-5, 50))
def test_a_stated_rate_is_kept_however_times_are_rounded(rate, rows, decimals, start):
    times = np.round(start + np.arange(rows) / rate, decimals)
    clock = constant_rate(times, rate)
    assert (clock.rate_hz, clock.start_s, clock.frames, clock.notes) == (rate, times[0], rows, ())


@given(rate=RATES, rows=st.integers(200, 2000))
def test_without_a_stated_rate_it_is_that_of_the_times(rate, rows):
    clock = constant_rate(np.round(np.arange(rows) / rate, 6), None)
    assert clock.rate_hz == pytest.approx(rate, rel=1e-5)


@given(rate=RATES, kept=st.sets(st.integers(1, 100), min_size=10), start=st.floats(0, 10))
def test_frames_that_were_left_out_are_gaps(rate, kept, start):
    index = np.array([0, 1, *sorted(kept - {1})])
    clock = constant_rate(np.round(start + index / rate, 6), rate)
    assert clock.rate_hz == rate
    assert clock.index.tolist() == index.tolist()
    assert bool(clock.notes) == (clock.frames > len(index))


def test_a_rounded_rate_gives_way_to_the_times():
    clock = constant_rate(np.round(np.arange(300) * 1001 / 30000, 6), 30.0)
    assert clock.rate_hz == pytest.approx(30000 / 1001, rel=1e-6)
    assert "say 29.97, which is taken" in clock.notes[0]


def test_every_second_frame_is_half_the_rate_and_no_gap():
    clock = constant_rate(np.arange(50) / 50, 100.0)
    assert (clock.rate_hz, clock.frames) == (50, 50)
    assert "say 50, which is taken" in clock.notes[0]


def test_frames_without_times_count_at_the_stated_rate():
    clock = constant_rate(np.full(3, np.nan), 50.0)
    assert (clock.rate_hz, clock.start_s, clock.frames) == (50, 0, 3)
    assert clock.notes


@pytest.mark.parametrize(
    ("times", "stated", "reason"),
    [
        ([], 30.0, "no frame"),
        ([0.0], None, "rate is not known"),
        ([0.0, np.nan], 30.0, "a frame has no time"),
        ([np.nan, np.nan], None, "a frame has no time"),
        ([0.0, 0.2, 0.1], 10.0, "do not ascend"),
        ([0.0, 0.013, 0.05, 0.061], 30.0, "not evenly spaced at 30"),
        ([0.0, 0.1, 1e9], 10.0, "not evenly spaced at 10"),
    ],
)
def test_times_that_are_of_no_use_are_refused(times, stated, reason):
    with pytest.raises(ValueError, match=reason):
        constant_rate(np.array(times), stated)
