"""Frames have the camera's steps on this machine's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.live.stream_clock import StreamClock


def test_frames_that_arrive_in_bursts_keep_the_cameras_steps():
    clock = StreamClock(realtime=True)
    times = [clock.at(1, pts, 1000 + arrival) for pts, arrival in ((5.0, 0.0), (5.1, 0.3), (5.2, 0.31), (5.3, 0.32))]
    assert times == pytest.approx([1000.0, 1000.1, 1000.2, 1000.3])


def test_a_file_that_is_read_fast_has_its_own_times():
    clock = StreamClock(realtime=False)
    assert [clock.at(1, pts, 1000 + pts / 100) for pts in (0.0, 10.0, 20.0)] == pytest.approx([1000, 1010, 1020])


def test_a_new_epoch_begins_with_its_arrival():
    clock = StreamClock(realtime=True)
    clock.at(1, 900.0, 1000.0)
    assert clock.at(2, 0.0, 1005.0) == pytest.approx(1005.0)


def test_a_camera_whose_clock_drifts_is_set_anew():
    clock = StreamClock(realtime=True)
    clock.at(1, 0.0, 1000.0)
    assert clock.at(1, 100.0, 1103.0) == pytest.approx(1103.0)


@given(st.lists(st.tuples(st.integers(1, 3), st.none() | st.floats(0, 1e4), st.floats(0, 1e4)), max_size=30))
def test_time_never_runs_backwards(frames):
    clock, latest = StreamClock(realtime=True), float("-inf")
    for epoch, pts, captured_at in frames:
        at = clock.at(epoch, pts, captured_at)
        assert at >= latest
        latest = at
