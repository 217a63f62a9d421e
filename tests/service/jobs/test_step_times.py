"""Which kind of step takes longest."""

import pytest

from neuropose_ray.service.jobs.step_times import StepTimes


def test_the_slowest_is_that_of_the_greatest_mean_and_steps_that_were_left_do_not_count():
    times = StepTimes()
    assert times.slowest() is None
    for kind, outcome, seconds in (
        ("pose", "done", 10.0), ("pose", "failed", 20.0), ("report", "done", 16.0), ("overlay", "left", 999.0),
    ):  # fmt: skip
        times.step(kind, outcome, seconds)
    slowest = times.slowest()
    assert (slowest.kind, slowest.ended, slowest.longest_s) == ("report", 1, 16.0)
    times.step("pose", "done", 60.0)
    assert (times.slowest().kind, times.slowest().mean_s) == ("pose", pytest.approx(30.0))


def test_everything_is_passed_on():
    class Kept:
        def __init__(self):
            self.calls = []

        def __getattr__(self, name):
            return lambda *arguments: self.calls.append((name, *arguments))

    kept = Kept()
    times = StepTimes(kept)
    times.jobs({"queued": 1}, 2.0)
    times.step("pose", "left", 1.0)
    times.retry("pose")
    assert kept.calls == [("jobs", {"queued": 1}, 2.0), ("step", "pose", "left", 1.0), ("retry", "pose")]
