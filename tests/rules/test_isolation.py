"""A branch's errors and delays are its own, and are named by their kind."""

import pytest
from rules.streams import Told

from neuropose_ray.errors import ModelError
from neuropose_ray.rules.isolation import IsolatedRun
from neuropose_ray.rules.observation import Moment


def test_an_error_of_a_model_is_told_from_other_errors():
    class Broken(Told):
        def _raise(self, where):
            if where == "poll":
                raise ModelError("failed", where="m.onnx")

    run = IsolatedRun("b", Broken(), 0.0)
    run.poll(0.0)
    assert run.result.fields == {"error": "m.onnx: failed", "type": "model_error"}


def test_the_first_result_stays():
    told = Told(settles_after=1, timeout_s=5.0)
    run = IsolatedRun("b", told, 100.0)
    run.observe(Moment(100.0, 0.0, None))
    run.poll(100.0)
    first = run.result
    run.give_up(200.0)
    run.poll(200.0)
    run.finish()
    run.conclude()
    run.observe(Moment(201.0, 1.0, None))
    assert run.result is first
    assert len(told.begun[0].moments) == 1


def test_a_branch_without_a_limit_may_take_as_long_as_the_episode():
    run = IsolatedRun("b", Told(never=True), 0.0)
    run.poll(1e9)
    assert run.result is None
    run.conclude()
    assert run.result.fields["type"] == "interrupted"


@pytest.mark.parametrize("where", ["observe", "finish", "poll", "conclude"])
def test_after_an_error_the_branch_is_left_alone(where):
    told = Told(raises_in=where)
    run = IsolatedRun("b", told, 0.0)
    for _ in range(2):
        run.observe(Moment(0.0, 0.0, None))
        run.finish()
        run.poll(0.0)
        run.conclude()
    assert run.result is not None
