"""Idle intervals are found where they were planted, to the frame."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import IdleSettings, idle_frames, idle_intervals
from neuropose_ray.curation.idle import smoothed

MOVING, STILL = 0.1, 0.001


def table(motion, rate=30.0):
    values = pa.array(motion, pa.float32())
    return pa.table({"timestamp_s": pa.array(np.arange(len(motion)) / rate), "motion": values})


def spans(motion, settings=IdleSettings(), rate=30.0):
    found = idle_intervals(table(motion, rate), settings)
    return list(zip(found.column("start_idx").to_pylist(), found.column("end_idx").to_pylist(), strict=True))


@given(st.lists(st.tuples(st.integers(8, 30), st.integers(9, 30)), min_size=1, max_size=4))
@settings(max_examples=40)
def test_planted_stretches_are_found_to_the_frame(stretches):
    motion, planted = [None], []
    for moving, still in stretches:
        motion += [MOVING] * moving
        planted.append((len(motion) - 1, len(motion) - 1 + still))
        motion += [STILL] * still
    assert spans([*motion, *[MOVING] * 8]) == planted


def test_the_score_is_one_where_nothing_moves():
    still = idle_intervals(table([None, *[0.0] * 20]))
    assert still.to_pylist() == [{"start_idx": 0, "end_idx": 20, "start_s": 0.0, "end_s": 20 / 30, "idle_score": 1.0}]
    assert idle_intervals(table([None, *[0.01] * 20])).column("idle_score").to_pylist() == [pytest.approx(0.5)]


def test_the_single_frames_in_which_a_codec_renews_a_still_picture_do_not_end_it():
    motion = [None, *[STILL] * 60]
    motion[12::12] = [0.05] * len(motion[12::12])
    assert spans(motion) == [(0, 60)]


@pytest.mark.parametrize(("rate", "motion", "is_idle"), [(30, 0.015, True), (60, 0.015, False), (240, 0.007, False),
    (240, 0.005, True), (10, 0.015, True)])  # fmt: skip
def test_the_threshold_falls_with_the_rate_as_far_as_noise_lets_it(rate, motion, is_idle):
    assert bool(spans([None, *[motion] * 300], rate=rate)) == is_idle


def test_short_stops_are_not_idle():
    motion = [None, *[MOVING] * 20, *[STILL] * 5, *[MOVING] * 20]
    assert spans(motion) == []
    assert spans(motion, IdleSettings(min_frames=4)) == [(20, 25)]
    assert spans(motion, IdleSettings(min_seconds=1.0)) == []
    assert spans(motion, IdleSettings(min_seconds=0.5), rate=10.0) == [(20, 25)]


def test_gaps_end_an_interval():
    motion = [None, *[STILL] * 20, None, *[STILL] * 20]
    assert spans(motion) == [(0, 20), (21, 41)]


@pytest.mark.parametrize("motion", [[], [None], [None, None], [None, *[MOVING] * 30]])
def test_a_video_without_stillness_has_no_interval(motion):
    assert spans(motion) == []


@given(st.lists(st.floats(0, 1, width=32) | st.just(float("nan")), max_size=40), st.integers(1, 7))
@settings(max_examples=40)
def test_smoothing_keeps_unknown_frames_unknown_and_stays_in_range(values, window):
    motion = np.array(values, float)
    result = smoothed(motion, window)
    np.testing.assert_array_equal(np.isnan(result), np.isnan(motion))
    if np.isfinite(motion).any():
        assert np.nanmin(result) >= np.nanmin(motion)
        assert np.nanmax(result) <= np.nanmax(motion)


def test_the_frames_of_intervals():
    found = idle_intervals(table([None, *[MOVING] * 9, *[STILL] * 20]))
    assert np.flatnonzero(idle_frames(found, 30)).tolist() == list(range(9, 30))
