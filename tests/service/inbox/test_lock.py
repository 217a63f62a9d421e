"""One process to a data folder: the lock goes with the process that has it, however that ends."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from neuropose_ray.errors import OutputError, ServiceRunningError
from neuropose_ray.service.inbox.lock import FolderLock, held_lock, lock_holder

HOLDER = """
import sys, time
from pathlib import Path
from neuropose_ray.service.inbox.lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_while_one_holds_it_another_is_refused_with_the_process_that_does(tmp_path: Path):
    path = tmp_path / "lock"
    with held_lock(path):
        assert lock_holder(path) == os.getpid()
        with pytest.raises(ServiceRunningError, match=f"process {os.getpid()}"):
            FolderLock(path).acquire()
    assert lock_holder(path) is None
    with held_lock(path):
        pass


def test_a_killed_process_holds_nothing_any_more(tmp_path: Path):
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ServiceRunningError, match=f"process {holder.pid}"):
            FolderLock(path).acquire()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with held_lock(path, wait_s=60):
            assert lock_holder(path) == os.getpid()


def test_a_holder_that_is_just_ending_is_waited_for(tmp_path: Path):
    first, second = FolderLock(tmp_path / "lock"), FolderLock(tmp_path / "lock")
    first.acquire()
    threading.Timer(0.3, first.release).start()
    second.acquire(wait_s=60)
    assert lock_holder(tmp_path / "lock") == os.getpid()
    second.release()


def test_a_lock_file_that_was_removed_by_its_holder_is_not_the_lock(tmp_path: Path):
    path = tmp_path / "lock"
    with held_lock(path):
        path.unlink()
        with held_lock(path):  # a new file, which the first holder has nothing of
            assert lock_holder(path) == os.getpid()


def test_a_folder_that_is_not_there_is_an_error_of_the_file_system(tmp_path: Path):
    with pytest.raises(OutputError, match="No such file"):
        FolderLock(tmp_path / "gone" / "lock").acquire()


@pytest.mark.parametrize("content", [b"", b"nobody", b"\xff"])
def test_a_file_without_a_process_names_none(tmp_path: Path, content: bytes):
    (tmp_path / "lock").write_bytes(content)
    assert lock_holder(tmp_path / "lock") is None
