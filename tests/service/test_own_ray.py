"""The start of the service's own Ray on a machine that is busy."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.errors import EngineError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.own_ray import connected_ray, started_ray

TOO_SLOW = Exception("The current node timed out during startup. This could happen because some of the raylet failed")


@pytest.fixture
def left() -> Iterator[list[subprocess.Popen[bytes]]]:
    """What the starts of Ray left behind."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def init(monkeypatch: pytest.MonkeyPatch, left: list[subprocess.Popen[bytes]]) -> Callable[..., list[dict[str, Any]]]:
    """Let ``ray.init`` raise some errors, one a call, before it works; its calls.

    Each that fails leaves a process behind.
    """

    def replace(*errors: Exception) -> list[dict[str, Any]]:
        import ray

        calls: list[dict[str, Any]] = []

        def call(**options: Any) -> str:
            calls.append(options)
            if len(calls) <= len(errors):
                left.append(subprocess.Popen(["sleep", "60"]))
                raise errors[len(calls) - 1]
            return "context"

        monkeypatch.setattr(ray, "init", call)
        return calls

    return replace


def test_a_ray_that_was_too_slow_is_started_once_more_without_what_is_left_of_it(init, left):
    calls = init(TOO_SLOW)
    with subprocess.Popen(["sleep", "60"]) as other:
        assert started_ray(address="local") == "context"
        assert other.poll() is None, "what was there before is not Ray's"
        other.kill()
    assert len(calls) == 2
    assert calls[0] == calls[1]
    assert left[0].poll() is not None


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


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "nonsense", "host:port"])
def test_a_cluster_that_is_not_there_is_said_at_once(address: str, tmp_path: Path, init):
    calls = init()
    with (
        pytest.raises(EngineError, match="cannot connect to Ray"),
        connected_ray(address, True, None, DataFolder(tmp_path)),
    ):
        pass
    assert calls == []
