"""How far a job is: it never goes back, and only a completed job is at 100."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.jobs import JobProgress, StepKind
from neuropose_ray.service.jobs.progress import WEIGHTS, ProgressTracker, _Pace, seconds_left
from neuropose_ray.service.jobs.workflows import OPTIONS

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), max_size=40), st.floats(0, 99))
def test_percent_never_goes_back_nor_reaches_the_end(signs: list[tuple[int, float]], floor: float):
    written: list[JobProgress] = []
    tracker = ProgressTracker(("pose", "analyze", "overlay", "report"), written.append)
    seen = []
    for step, fraction in signs:
        tracker.enter(step, JobProgress(percent=floor))
        tracker.at(fraction, "a.mp4", 0)
        seen.append(tracker.now.percent)
    assert seen == sorted(seen)
    assert all(floor - 0.1 <= percent < 100 for percent in seen)


def test_a_step_counts_by_what_it_usually_takes():
    written: list[JobProgress] = []
    tracker = ProgressTracker(("pose", "analyze", "overlay", "report"), written.append)
    percents = []
    for step in range(4):
        tracker.enter(step, JobProgress())
        percents.append(tracker.now.percent)
        assert written[-1] == tracker.now, "the beginning of a step is written at once"
    assert percents == [0.0, 70.0, 75.0, 95.0]
    assert [progress.stage for progress in written] == ["pose", "analyze", "overlay", "report"]


def test_every_kind_of_step_has_a_share_of_the_time():
    assert set(WEIGHTS) == set(get_args(StepKind)) == set(OPTIONS)


def test_signs_in_between_are_told_at_once_and_written_now_and_then():
    written: list[JobProgress] = []
    tracker = ProgressTracker(("pose",), written.append)
    tracker.enter(0, JobProgress())
    for number in range(1, 101):
        tracker.at(number / 100, "walk.mp4", 0)
    assert (tracker.now.percent, tracker.now.input) == (99.9, "walk.mp4")
    assert len(written) < 100
    tracker.write()
    assert written[-1] == tracker.now


def test_what_it_waits_for_is_said_until_it_goes_on():
    tracker = ProgressTracker(("pose",), lambda _progress: None)
    tracker.enter(0, JobProgress(percent=40))
    tracker.wait_for("the pose model")
    assert (tracker.now.waits_for, tracker.now.percent) == ("the pose model", 40)
    tracker.wait_for(None)
    assert tracker.now.waits_for is None


def test_frames_are_kept_from_one_sign_to_the_next_and_through_later_steps():
    tracker = ProgressTracker(("pose", "analyze"), lambda _progress: None)
    tracker.enter(0, JobProgress())
    assert (tracker.now.frames_done, tracker.now.frames_total) == (None, None)
    tracker.at(0.5, "walk.mp4", 0, (30, 90))
    tracker.at(0.9, "walk.mp4", 1)
    tracker.enter(1, JobProgress())
    assert (tracker.now.frames_done, tracker.now.frames_total) == (30, 90)


WEIGHTS_OF_STEPS = st.lists(st.floats(0.5, 20), min_size=1, max_size=6)


@given(WEIGHTS_OF_STEPS, st.floats(0.01, 1000), st.data())
def test_at_an_even_pace_the_time_that_is_left_is_exact(weights: list[float], pace: float, data: st.DataObject):
    step = data.draw(st.integers(0, len(weights) - 1))
    first = data.draw(st.integers(0, step))
    fraction = data.draw(st.floats(0.1, 1))
    left = seconds_left(
        weights, step, fraction, in_step_s=pace * weights[step] * fraction, before_s=pace * sum(weights[first:step]),
        first=first,
    )  # fmt: skip
    truth = pace * (sum(weights[step:]) - weights[step] * fraction)
    assert left == pytest.approx(truth, rel=1e-6, abs=1e-6)


@given(WEIGHTS_OF_STEPS, st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 1e5), st.data())
def test_the_time_that_is_left_is_never_negative(weights, fraction, in_step_s, before_s, data):
    step = data.draw(st.integers(0, len(weights) - 1))
    left = seconds_left(weights, step, fraction, in_step_s=in_step_s, before_s=before_s)
    assert left is None or left >= 0


def test_nothing_is_said_of_the_end_before_a_pace_is_known_nor_while_a_job_waits():
    tracker = ProgressTracker(("pose", "analyze"), lambda _progress: None)
    tracker.enter(0, JobProgress())
    tracker.at(0.05, "walk.mp4", 0)
    assert tracker.now.eta is None
    tracker.at(0.5, "walk.mp4", 0)
    assert tracker.now.eta >= tracker.now.updated_at
    tracker.wait_for("space")
    assert tracker.now.eta is None


def test_the_time_in_which_a_job_waits_does_not_count():
    pace = _Pace()
    pace.enter(0, 0.0)
    pace.wait(10.0, is_over=False)
    assert pace.seconds_left([14.0], 0.5, 60.0) == pytest.approx(10.0)
    pace.wait(110.0, is_over=True)
    assert pace.seconds_left([14.0], 0.5, 110.0) == pytest.approx(10.0)
    pace.enter(1, 120.0)
    assert pace.seconds_left([14.0, 7.0], 0.0, 120.0) == pytest.approx(10.0)
