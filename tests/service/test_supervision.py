"""When a service is given up, and how it is ended."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.service import supervision
from neuropose_ray.service.processes import ProcessFamily
from neuropose_ray.service.supervision import supervise

#: Starts programs of these names, and goes on.
ROOT = (
    "import subprocess, sys, time\n"
    "children = [subprocess.Popen([path, '60']) for path in sys.argv[1:]]\n"
    "print(*(child.pid for child in children), flush=True)\ntime.sleep(60)\n"
)


class Thread(threading.Thread):
    """A service that goes on until it is stopped, or does not even then."""

    def __init__(self, *, ends: bool = True) -> None:
        super().__init__(daemon=True)
        self.error: NeuroposeRayError | None = None
        self.asked, self.silence_s, self._ends = threading.Event(), 0.0, ends

    def silent_s(self) -> float:
        return self.silence_s

    def is_ending(self) -> bool:
        return self.asked.is_set()

    def stop(self) -> None:
        self.asked.set()

    def fail(self, error: NeuroposeRayError) -> None:
        self.error = error
        self.asked.set()

    def run(self) -> None:
        self.asked.wait(60)
        if not self._ends:
            time.sleep(60)


@pytest.fixture
def ray_processes(tmp_path: Path) -> Iterator[tuple[ProcessFamily, dict[str, int]]]:
    names = ("gcs_server", "raylet", "ray::Worker")
    for name in names:
        (tmp_path / name).symlink_to("/bin/sleep")
    paths = [str(tmp_path / name) for name in names]
    root = subprocess.Popen([sys.executable, "-c", ROOT, *paths], stdout=subprocess.PIPE, text=True)
    pids = dict(zip(names, map(int, root.stdout.readline().split()), strict=True))
    family = ProcessFamily(root.pid)
    yield family, pids
    family.kill()
    root.kill()
    root.communicate()


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch):
    for name, value in (("FROZEN_S", 0.3), ("_LOOK_S", 0.1), ("_TICK_S", 0.02), ("_LAST_S", 0.3), ("END_S", 0.6)):
        monkeypatch.setattr(supervision, name, value)


def started(thread: Thread) -> Thread:
    thread.start()
    return thread


def test_a_service_that_is_told_to_stop_ends_without_an_error():
    thread, stop = started(Thread()), threading.Event()
    stop.set()
    supervise(thread, ProcessFamily(os.getpid()), stop, owns_ray=False)
    assert not thread.is_alive()


def test_what_the_service_fails_with_is_raised():
    thread = started(Thread())
    thread.fail(EngineError("cannot be deployed"))
    with pytest.raises(EngineError, match="cannot be deployed"):
        supervise(thread, ProcessFamily(os.getpid()), threading.Event(), owns_ray=False)


def test_a_serve_that_is_silent_for_too_long_is_given_up():
    thread = started(Thread())
    thread.silence_s = supervision.SILENT_S + 0.1
    with pytest.raises(EngineError, match="has not answered"):
        supervise(thread, ProcessFamily(os.getpid()), threading.Event(), owns_ray=False)


@pytest.mark.parametrize("program", ["gcs_server", "raylet"])
@pytest.mark.parametrize(("number", "said"), [(signal.SIGKILL, "died"), (signal.SIGSTOP, "is frozen")])
def test_a_dead_or_frozen_part_of_ray_ends_the_service(ray_processes, program: str, number: int, said: str):
    family, pids = ray_processes
    thread = started(Thread())
    threading.Timer(0.5, os.kill, (pids[program], number)).start()
    with pytest.raises(EngineError, match=f"{program} of Ray {said}"):
        supervise(thread, family, threading.Event(), owns_ray=True)


def test_any_other_frozen_process_is_killed_and_the_service_goes_on(ray_processes):
    family, pids = ray_processes
    thread, stop = started(Thread()), threading.Event()
    os.kill(pids["ray::Worker"], signal.SIGSTOP)
    worker = threading.Thread(target=supervise, args=(thread, family, stop), kwargs={"owns_ray": True})
    worker.start()
    until = time.monotonic() + 20
    while psutil.Process(pids["ray::Worker"]).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert thread.is_alive()
    assert psutil.Process(pids["raylet"]).status() == psutil.STATUS_SLEEPING
    stop.set()
    worker.join(20)
    assert not worker.is_alive()


def test_a_service_that_does_not_end_is_given_up():
    thread, stop = started(Thread(ends=False)), threading.Event()
    stop.set()
    with pytest.raises(EngineError, match="has not ended in time"):
        supervise(thread, ProcessFamily(os.getpid()), stop, owns_ray=False)
