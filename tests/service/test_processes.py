"""Which processes are there, which are frozen, and their end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from neuropose_ray.service.processes import ProcessFamily

#: A process with a child; the child goes on when its parent is killed.
PARENT = (
    "import subprocess, sys, time\n"
    "child = subprocess.Popen(['sleep', '60'])\nprint(child.pid, flush=True)\ntime.sleep(60)\n"
)
#: A process that starts the programs which it is told, and says their process ids.
STARTER = (
    "import subprocess, sys\nfor line in sys.stdin:\n    print(subprocess.Popen(line.split()).pid, flush=True)\n"
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def parent() -> Iterator[tuple[subprocess.Popen, int]]:
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    yield process, child
    for pid in (process.pid, child):
        if psutil.pid_exists(pid):
            os.kill(pid, signal.SIGKILL)
    process.communicate()


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_programs_are_there_until_they_are_killed(parent: tuple[subprocess.Popen, int]):
    process, child = parent
    family = ProcessFamily(process.pid, search_s=0.0)
    family.look()
    assert family.missing(["sleep", "raylet"]) == ["raylet"]
    os.kill(child, signal.SIGKILL)
    family.look()
    assert family.missing(["sleep"]) == ["sleep"]


@pytest.fixture
def starter() -> Iterator[subprocess.Popen]:
    """A family of its own: this process has servers of other tests among its children."""
    process = subprocess.Popen(
        [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    ProcessFamily(process.pid, search_s=0.0).kill()
    process.kill()
    process.communicate()


def started(starter: subprocess.Popen, words: str) -> int:
    starter.stdin.write(f"{words}\n")
    starter.stdin.flush()
    return int(starter.stdout.readline())


def test_new_members_are_searched_for_now_and_then_and_before_the_end_of_all(starter: subprocess.Popen):
    first = started(starter, "sleep 60")
    clock = Clock()
    family = ProcessFamily(starter.pid, clock, search_s=10.0)
    family.look()
    assert family.missing(["sleep"]) == []
    later = started(starter, f"tail -f {os.devnull}")
    clock.now = 9.0
    family.look()
    assert family.missing(["tail"]) == ["tail"]
    clock.now = 10.0
    family.look()
    assert family.missing(["tail"]) == []
    newest = started(starter, "sleep 60")
    family.kill()
    assert all(map(gone, (first, later, newest)))
    assert not gone(starter.pid)


def test_what_outlives_its_parent_is_ended_too(parent: tuple[subprocess.Popen, int]):
    process, child = parent
    family = ProcessFamily(process.pid, search_s=0.0)
    family.look()
    process.kill()
    process.wait()
    assert not gone(child)
    family.kill()
    assert gone(child)


def test_a_stopped_process_is_frozen_after_the_limit_and_not_when_it_goes_on(parent: tuple[subprocess.Popen, int]):
    process, child = parent
    clock = Clock()
    family = ProcessFamily(process.pid, clock, search_s=0.0)

    def look_until(state: str) -> None:
        until = time.monotonic() + 10
        while psutil.Process(child).status() != state:
            assert time.monotonic() < until
        family.look()

    os.kill(child, signal.SIGSTOP)
    look_until(psutil.STATUS_STOPPED)
    clock.now = 7.9
    assert family.frozen(8.0) == []
    clock.now = 8.0
    assert family.frozen(8.0) == [("sleep", child)]
    os.kill(child, signal.SIGCONT)
    look_until(psutil.STATUS_SLEEPING)
    assert family.frozen(0.0) == []
    os.kill(child, signal.SIGSTOP)
    look_until(psutil.STATUS_STOPPED)
    assert family.frozen(1.0) == [], "counted anew"
    family.kill(child)
    until = time.monotonic() + 10
    while not gone(child):
        assert time.monotonic() < until
    assert not gone(process.pid)
