"""The start of the service's own Ray on a machine that is busy."""

import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from neuropose_ray.service.own_ray import started_ray

TOO_SLOW = Exception("The current node timed out during startup. This could happen because some of the raylet failed")


@pytest.fixture
def init(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[dict[str, Any]]]:
    """Let ``ray.init`` raise some errors, one a call, before it works; its calls."""

    def replace(*errors: Exception) -> list[dict[str, Any]]:
        import ray

        calls: list[dict[str, Any]] = []

        def call(**options: Any) -> str:
            calls.append(options)
            if len(calls) <= len(errors):
                raise errors[len(calls) - 1]
            return "context"

        monkeypatch.setattr(ray, "init", call)
        return calls

    return replace


def test_a_ray_that_was_too_slow_is_started_once_more_without_what_is_left_of_it(init):
    calls, left = init(TOO_SLOW), subprocess.Popen(["sleep", "60"])
    assert started_ray(address="local") == "context"
    assert len(calls) == 2
    assert calls[0] == calls[1]
    assert left.poll() is not None


def test_one_that_is_too_slow_twice_is_given_up(init):
    calls = init(TOO_SLOW, TOO_SLOW)
    with pytest.raises(Exception, match="timed out"):
        started_ray(address="local")
    assert len(calls) == 2


def test_any_other_failure_is_told_at_once(init):
    calls = init(ValueError("no such address"))
    with pytest.raises(ValueError, match="no such address"):
        started_ray(address="ray://nowhere:1")
    assert len(calls) == 1
