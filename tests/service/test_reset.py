"""The data folder is made empty only when no service has it, and by the service's own record alone."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from neuropose_ray.cli.reset import reset
from neuropose_ray.errors import ServiceRunningError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.lock import FolderLock, held_lock, lock_holder
from neuropose_ray.service.record import read_record, write_record
from neuropose_ray.service.reset import removals, remove

app = typer.Typer()
app.command()(reset)

SERVICE = """
import signal, sys, threading
from pathlib import Path
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.lock import held_lock
from neuropose_ray.service.record import write_record
data, stubborn, ended = DataFolder(Path(sys.argv[1])), sys.argv[2] == "stubborn", threading.Event()
signal.signal(signal.SIGTERM, lambda *_: None if stubborn else ended.set())
with held_lock(data.lock):
    write_record(data.record, "http://127.0.0.1:1")
    print("up", flush=True)
    while not ended.wait(0.05):
        pass
"""


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    for parent in (folder.inbox, folder.outbox, folder.failed, folder.jobs):
        (parent / "trial").mkdir()
        (parent / "trial" / "walk.mp4").write_bytes(bytes(1000))
    folder.database.write_bytes(b"queue")
    return folder


def ask(data: DataFolder, *words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["--data", str(data.root), *words], input=answer)


def service(data: DataFolder, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(data.root), kind], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def left(data: DataFolder) -> set[str]:
    return {path.name for path in (data.inbox, data.outbox, data.failed, data.jobs) if any(path.iterdir())}


def test_a_dry_run_lists_paths_and_bytes_and_removes_nothing(data: DataFolder):
    done = ask(data, "--dry-run")
    assert f"{data.inbox / 'trial'} (0.0 MB)" in done.stdout
    assert "5 paths" in done.stdout
    assert left(data) == {"in", "out", "failed", "jobs"}


def test_files_that_a_running_service_removes_meanwhile_are_no_fault(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch
):
    listed = removals(data, keep_failed=False)
    walk = os.walk

    def walk_and_remove(folder):
        for parent, folders, names in walk(folder):
            for name in names:
                (Path(parent) / name).unlink()
            yield parent, folders, names

    monkeypatch.setattr(os, "walk", walk_and_remove)
    again = removals(data, keep_failed=False)
    assert [removal.path for removal in again] == [removal.path for removal in listed]
    shutil.rmtree(next(data.jobs.iterdir()))
    assert remove(again) >= 0
    assert left(data) == set()


def test_it_asks_and_a_no_leaves_everything(data: DataFolder):
    done = ask(data, answer="n\n")
    assert done.exit_code == 2
    assert left(data) == {"in", "out", "failed", "jobs"}
    assert ask(data, answer="y\n").exit_code == 0
    assert left(data) == set()
    assert not data.database.exists()


def test_failed_jobs_can_be_kept_and_links_are_not_followed(data: DataFolder, tmp_path: Path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "walk.mp4").write_bytes(b"1")
    (data.inbox / "link").symlink_to(tmp_path / "precious")
    assert ask(data, "--yes", "--keep-failed").exit_code == 0
    assert left(data) == {"failed"}
    assert (tmp_path / "precious" / "walk.mp4").exists()


def test_a_running_service_is_refused_even_where_it_left_no_record(data: DataFolder):
    with held_lock(data.lock):
        done = ask(data, "--yes")
        assert isinstance(done.exception, ServiceRunningError)
        assert "--stop" in str(done.exception)
        done = ask(data, "--yes", "--stop", "--grace", "0.3")
        assert "its record does not say which process" in str(done.exception)
    assert left(data) == {"in", "out", "failed", "jobs"}


def test_stop_ends_the_service_of_this_folder_and_no_other(data: DataFolder, tmp_path: Path):
    other = DataFolder(tmp_path / "other")
    other.create()
    ours, theirs = service(data, "willing"), service(other, "willing")
    try:
        assert ask(data, "--yes", "--stop").exit_code == 0
        assert ours.wait(5) == 0
        assert left(data) == set()
        assert theirs.poll() is None
    finally:
        theirs.kill()
        theirs.wait()


def test_a_service_that_does_not_end_is_killed_only_by_force(data: DataFolder):
    process = service(data, "stubborn")
    try:
        done = ask(data, "--yes", "--stop", "--grace", "0.5")
        assert isinstance(done.exception, ServiceRunningError)
        assert left(data) == {"in", "out", "failed", "jobs"}
        assert ask(data, "--yes", "--stop", "--grace", "0.5", "--force").exit_code == 0
        assert process.wait(5) == -9
        assert left(data) == set()
    finally:
        process.kill()
        process.wait()


def test_a_later_process_of_the_same_number_is_not_taken_for_the_service(data: DataFolder):
    process = service(data, "willing")
    process.kill()
    process.wait()
    record = read_record(data.record)
    assert record is not None
    assert not record.is_alive
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        # The times of starts are compared with some tolerance.
        earlier_s = record.process.process_started_s - 60
        later = record.process.model_copy(update={"pid": stranger.pid, "process_started_s": earlier_s})
        data.record.write_text(record.model_copy(update={"process": later}).model_dump_json())
        with held_lock(data.lock):
            done = ask(data, "--yes", "--stop", "--grace", "0.3", "--force")
            assert isinstance(done.exception, ServiceRunningError)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_lock_is_one_processes_and_says_whose(tmp_path: Path):
    import os
    import stat

    path = tmp_path / "lock"
    with held_lock(path):
        assert lock_holder(path) == os.getpid()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(ServiceRunningError, match=str(os.getpid())):
            FolderLock(path).acquire()
        began = time.monotonic()
        with pytest.raises(ServiceRunningError):
            FolderLock(path).acquire(wait_s=0.3)
        assert time.monotonic() - began >= 0.3
        path.unlink()
        with held_lock(path):
            assert lock_holder(path) == os.getpid()
    with held_lock(path):
        pass


def test_a_record_that_cannot_be_read_is_none(tmp_path: Path):
    write_record(tmp_path / "service.json", "http://127.0.0.1:8000")
    record = read_record(tmp_path / "service.json")
    assert record is not None
    assert record.is_alive
    (tmp_path / "service.json").write_text("{")
    assert read_record(tmp_path / "service.json") is None
