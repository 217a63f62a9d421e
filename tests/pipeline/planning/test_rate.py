"""Which frames are analysed where at most so many a second are wanted."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.pipeline.planning.rate import AnalysisRate, frame_distance_s, thinned
from neuropose_ray.video import VideoInfo, VideoSource


def info_of(times_s: np.ndarray) -> VideoInfo:
    return VideoInfo(VideoSource(None, "file"), 64, 64, 0, "h264", 0, times_s, np.zeros(1, np.int64), "0" * 64)


@pytest.mark.parametrize(
    ("fps", "step"),
    [(10, 1), (24, 1), (25, 1), (29.97, 1), (30, 1), (30.02, 1), (48, 2), (50, 2), (59.94, 2), (60, 2), (61, 3),
     (90, 3), (100, 4), (119.88, 4), (120, 4), (239.76, 8), (240, 8)],
)  # fmt: skip
@pytest.mark.parametrize("clock_s", [None, 0.001])
def test_of_a_steady_video_it_is_every_nth_frame(fps: float, step: int, clock_s: float | None):
    """Also where a container keeps whole milliseconds."""
    times = np.arange(600) / fps
    if clock_s:
        times = np.round(times / clock_s) * clock_s
    assert thinned(times, 30).tolist() == list(range(0, 600, step))


TIMES = st.lists(st.floats(0.001, 0.2), min_size=1, max_size=120).map(lambda steps: np.cumsum([0.0, *steps]))


@settings(max_examples=200)
@given(times=TIMES, per_s=st.floats(2, 60))
def test_a_video_with_any_times_begins_with_its_first_frame_and_has_no_more_than_so_many(times, per_s):
    chosen = times[thinned(times, per_s)]
    distance_s = frame_distance_s(times)
    assert chosen[0] == times[0]
    interval_s = max(0.98 / per_s, min(distance_s, 1 / per_s))
    for begin in range(len(chosen)):  # in no stretch of time
        counts = np.arange(1, len(chosen) - begin + 1)
        assert (counts <= (chosen[begin:] - chosen[begin] + distance_s) / interval_s + 1 + 1e-6).all()


@settings(max_examples=100)
@given(times=TIMES, per_s=st.floats(2, 60))
def test_no_gap_is_longer_than_the_frames_make_it(times, per_s):
    chosen = thinned(times, per_s)
    distance_s = frame_distance_s(times)
    steps = np.ceil(1 / (per_s * distance_s))
    due_s = max(1 / per_s, steps * distance_s) + distance_s
    for before, after in pairwise(chosen):
        assert after == before + 1 or times[after - 1] - times[before] < due_s + 1e-9


@settings(max_examples=50)
@given(fps=st.floats(5, 30), jitter=st.lists(st.floats(-0.2, 0.2), min_size=30, max_size=90))
def test_frames_that_are_no_more_than_wanted_are_all_analysed_however_uneven(fps: float, jitter: list[float]):
    times = (np.arange(len(jitter)) + jitter) / fps
    assert len(thinned(times - times[0], 30 * 1.5)) == len(jitter)


@pytest.mark.parametrize("count", [0, 1])
def test_of_next_to_nothing_all_is_analysed(count: int):
    assert thinned(np.arange(count) / 30, 1).tolist() == list(range(count))


def test_a_rate_is_of_true_seconds():
    stored = info_of(np.arange(240) / 30)
    assert AnalysisRate(30).analysed(stored) == ()
    assert AnalysisRate(30, capture_fps=240).analysed(stored) == tuple(range(0, 240, 8))
    assert AnalysisRate(30, capture_fps=240).key != AnalysisRate(30).key
