"""Who may write into an output folder: one run, until it ends, dies, or falls silent."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.small_disk import Ballast, small_disk

from neuropose_ray.errors import DiskFullError, OutputError, RunLockedError
from neuropose_ray.pipeline.state import lease as leases
from neuropose_ray.pipeline.state.lease import LeaseSettings, held_lease, last_lease
from neuropose_ray.pipeline.state.lease_record import LeaseRecord, process_is_gone

QUICK = LeaseSettings(beat_s=0.05, dead_after_s=0.4)
HOLDER = """
import sys, time
from pathlib import Path
from neuropose_ray.pipeline.state.lease import held_lease
with held_lease(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


class InterruptedByUserError(Exception):
    """Raised by who waits."""


def record(folder: Path) -> LeaseRecord:
    snapshot = last_lease(folder)
    assert snapshot is not None
    assert snapshot.record is not None
    return snapshot.record


def elsewhere(folder: Path, age_s: float, **changed: object) -> Path:
    """The lease of a process on another machine, whose last heartbeat is so long ago by the disk's clock."""
    folder.mkdir(exist_ok=True)
    with held_lease(folder):
        own = record(folder)
    path = folder / "lease-1.json"
    path.write_text(own.model_copy(update={"host": "far", "machine": "far", **changed}).model_dump_json())
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_a_second_run_is_told_who_holds_the_folder_and_since_when(tmp_path: Path):
    with held_lease(tmp_path / "state"), pytest.raises(RunLockedError) as caught, held_lease(tmp_path / "state"):
        pass
    line = str(caught.value)
    assert line.startswith(f"{tmp_path}: another run is writing into this folder (")
    assert f"process {os.getpid()}, since " in line
    assert re.search(r"last sign of life \d+ s ago", line)
    assert "--wait" in line


def test_a_folder_given_back_is_free_at_once(tmp_path: Path):
    for _ in range(3):
        with held_lease(tmp_path):
            assert not record(tmp_path).released
    assert record(tmp_path).released
    assert [path.name for path in tmp_path.iterdir()] == ["lease-3.json"]


def test_the_heart_beats(tmp_path: Path):
    with held_lease(tmp_path, settings=QUICK) as lease:
        before = record(tmp_path).beats
        while record(tmp_path).beats < before + 3:
            time.sleep(0.01)
        lease.check()


def test_a_killed_run_on_this_machine_is_followed_at_once(tmp_path: Path):
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    with pytest.raises(RunLockedError, match=f"process {process.pid}"), held_lease(tmp_path):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    with held_lease(tmp_path):
        assert record(tmp_path).pid == os.getpid()


def test_a_process_number_that_was_given_anew_is_not_the_old_process(tmp_path: Path):
    with held_lease(tmp_path):
        own = record(tmp_path)
    assert not process_is_gone(own)
    assert process_is_gone(own.model_copy(update={"process_started_s": own.process_started_s - 3600}))


def test_a_silent_run_of_another_machine_is_followed_after_a_short_watch(tmp_path: Path):
    elsewhere(tmp_path, age_s=10)
    with held_lease(tmp_path, settings=QUICK):
        assert record(tmp_path).host != "far"


def test_a_lease_that_was_never_written_out_is_followed_too(tmp_path: Path):
    (tmp_path / "lease-7.json").touch()
    with pytest.raises(RunLockedError, match="another run"), held_lease(tmp_path, settings=QUICK):
        pass
    with held_lease(tmp_path, settings=QUICK, wait=True):
        assert [path.name for path in tmp_path.glob("lease-*")] == ["lease-8.json"]


def test_a_run_whose_clock_is_hours_behind_keeps_its_folder_while_its_heart_beats(tmp_path: Path):
    path, ended = elsewhere(tmp_path, age_s=7200), threading.Event()
    own = record(tmp_path)

    def beat() -> None:
        beats = 0
        while not ended.wait(0.02):
            beats += 1
            temporary = tmp_path / "beat.tmp"
            temporary.write_text(own.model_copy(update={"beats": beats}).model_dump_json())
            os.utime(temporary, (time.time() - 7200,) * 2)
            temporary.replace(path)

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        with pytest.raises(RunLockedError, match="far"), held_lease(tmp_path, settings=QUICK):
            pass
    finally:
        ended.set()
        thread.join()


def test_a_run_of_another_machine_whose_clock_is_ahead_is_waited_for_no_longer_than_the_limit(tmp_path: Path):
    elsewhere(tmp_path, age_s=-7200)
    with pytest.raises(RunLockedError), held_lease(tmp_path, settings=QUICK):
        pass
    with held_lease(tmp_path, settings=QUICK, wait=True):
        assert record(tmp_path).host != "far"


def test_of_many_takers_one_wins(tmp_path: Path):
    for turn in range(5):
        folder = tmp_path / str(turn)
        elsewhere(folder, age_s=10)
        start, taken, refused = threading.Barrier(8), [], []
        done = threading.Event()

        def take(folder=folder, start=start, taken=taken, refused=refused, done=done) -> None:
            start.wait()
            try:
                with held_lease(folder, settings=QUICK.model_copy(update={"dead_after_s": 5.0, "beat_s": 0.01})):
                    taken.append(1)
                    done.wait(10)
            except RunLockedError:
                refused.append(1)
            if len(refused) == 7:
                done.set()

        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(take) for _ in range(8)]:
                future.result()
        assert (len(taken), len(refused)) == (1, 7)


def test_a_taker_who_was_slow_steps_back(tmp_path: Path):
    with held_lease(tmp_path):
        pass
    with held_lease(tmp_path):  # lease 2; lease 1 is gone, so that its number could be created once more
        assert not leases._created(tmp_path, 1, record(tmp_path))
        assert [path.name for path in tmp_path.glob("lease-*")] == ["lease-2.json"]


def test_a_run_whose_folder_was_taken_over_stops_and_leaves_it_alone(tmp_path: Path):
    with held_lease(tmp_path, settings=QUICK) as lease:
        (tmp_path / "lease-2.json").write_text(record(tmp_path).model_copy(update={"host": "far"}).model_dump_json())
        while lease._thread.is_alive() and not lease._lost.is_set():
            time.sleep(0.01)
        with pytest.raises(RunLockedError, match="took this folder over"):
            lease.check()
    assert json.loads((tmp_path / "lease-2.json").read_text())["host"] == "far"
    assert not record(tmp_path).released


def test_a_run_may_wait_for_the_one_before_it(tmp_path: Path):
    said: list[str] = []
    holding, end = threading.Event(), threading.Event()

    def hold() -> None:
        with held_lease(tmp_path, settings=QUICK):
            holding.set()
            end.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    holding.wait(10)
    with held_lease(tmp_path, settings=QUICK, wait=True, on_wait=lambda line: (said.append(line), end.set())):
        assert end.is_set()
    thread.join()
    (line,) = set(said)
    assert f"process {os.getpid()}" in line


def test_who_waits_is_told_at_every_look_and_may_give_up(tmp_path: Path):
    """A job that is cancelled meanwhile; a run of another machine may live long."""
    said: list[str] = []

    def give_up_after_three(line: str) -> None:
        said.append(line)
        if len(said) == 3:
            raise InterruptedByUserError

    far = elsewhere(tmp_path, age_s=0)
    patient = LeaseSettings(beat_s=0.05, dead_after_s=60)
    waiting = held_lease(tmp_path, settings=patient, wait=True, on_wait=give_up_after_three)
    with pytest.raises(InterruptedByUserError), waiting:
        pass
    assert len(set(said)) == 1
    assert "far" in said[0]
    assert [path for path in tmp_path.iterdir() if path.name.startswith("lease")] == [far]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="out"), held_lease(tmp_path / "out" / "state"):
        pass


def test_a_lease_on_a_disk_that_is_full_is_given_back_and_a_new_one_leaves_nothing_half_written(tmp_path: Path):
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        ballast = Ballast(disk)
        with held_lease(disk / "run"):
            ballast.fill()
        assert last_lease(disk / "run").is_free
        with pytest.raises(DiskFullError, match="No space left"), held_lease(disk / "run"):
            pass
        ballast.remove()
        with held_lease(disk / "run"):
            assert not last_lease(disk / "run").is_free


KILLED_TAKER = """
import os, signal, sys
from pathlib import Path
from neuropose_ray.pipeline.state.lease import held_lease
import io
number, opened = int(sys.argv[2]), io.open

def opening(file, mode="r", *rest, **words):
    global number
    stream = opened(file, mode, *rest, **words)
    number -= any(letter in mode for letter in "wxa")
    if not number:
        os.kill(os.getpid(), signal.SIGKILL)
    return stream
io.open = opening
with held_lease(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("opened", [1, 2])
def test_a_run_that_is_killed_before_it_has_written_its_lease_keeps_nobody_out(tmp_path: Path, opened: int):
    """It is killed as soon as it has made its first file, or its second."""
    done = subprocess.run([sys.executable, "-c", KILLED_TAKER, str(tmp_path), str(opened)], check=False)
    assert done.returncode == -signal.SIGKILL
    with held_lease(tmp_path):
        assert record(tmp_path).pid == os.getpid()


def test_a_disk_without_links_holds_leases_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refused(source: Path, target: Path) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    monkeypatch.setattr(os, "link", refused)
    with held_lease(tmp_path):
        with pytest.raises(RunLockedError), held_lease(tmp_path):
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["lease-1.json"]
