import errno
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import atomic_path, atomic_write, atomic_write_bytes, flush


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_file_is_not_there_before_the_end_and_whole_after_it(tmp_path):
    target = tmp_path / "results.json"
    with atomic_write(target) as file:
        file.write(b"all of it")
        assert not target.exists()
    assert target.read_bytes() == b"all of it"
    assert files_in(tmp_path) == ["results.json"]


def test_missing_folders_are_made(tmp_path):
    atomic_write_bytes(tmp_path / "a" / "b" / "marker", b"done")
    assert (tmp_path / "a" / "b" / "marker").read_bytes() == b"done"


def test_a_writer_that_wants_a_path_gets_one(tmp_path):
    with atomic_path(tmp_path / "overlay.mp4") as temporary:
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"film")
    assert files_in(tmp_path) == ["overlay.mp4"]


def test_the_umask_decides_who_may_read(tmp_path):
    before = os.umask(0o027)
    try:
        atomic_write_bytes(tmp_path / "shared", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("failure", [ValueError("a bug"), KeyboardInterrupt()])
def test_after_an_exception_midway_the_old_file_stands_and_nothing_else(tmp_path, failure):
    target = tmp_path / "results.json"
    target.write_bytes(b"old")
    with pytest.raises(type(failure)), atomic_write(target) as file:  # noqa: PT012
        file.write(b"half of")
        raise failure
    assert target.read_bytes() == b"old"
    assert files_in(tmp_path) == ["results.json"]


def test_only_a_durable_file_waits_for_the_disk(tmp_path, monkeypatch):
    waited = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: waited.append(os.fstat(descriptor).st_ino))
    atomic_write_bytes(tmp_path / "marker", b"done", durable=False)
    assert (tmp_path / "marker").read_bytes() == b"done"
    assert not waited
    flush([tmp_path / "marker", tmp_path / "not there"])
    assert waited == [(tmp_path / "marker").stat().st_ino]
    atomic_write_bytes(tmp_path / "results", b"all of it")
    assert waited[1:] == [(tmp_path / "results").stat().st_ino, tmp_path.stat().st_ino]
    with atomic_path(tmp_path / "vouched for", durable_name=False) as temporary:
        temporary.write_bytes(b"all of it")
    assert waited[3:] == [(tmp_path / "vouched for").stat().st_ino]


def test_a_process_that_dies_midway_leaves_the_old_file(tmp_path):
    target = tmp_path / "results.json"
    target.write_bytes(b"old")
    code = (
        "import os, sys, pathlib\n"
        "from neuropose_ray.schemas.atomic import atomic_write\n"
        "with atomic_write(pathlib.Path(sys.argv[1])) as file:\n"
        "    file.write(b'half of'); file.flush(); os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(target)], check=False).returncode == 9
    assert target.read_bytes() == b"old"


def test_a_disk_that_takes_no_more_is_one_line_and_leaves_nothing(tmp_path):
    """A limit on file sizes stands in for the full disk: the same failed write, without filling a disk."""
    target = tmp_path / "results.json"
    code = (
        "import resource, sys, pathlib\n"
        "from neuropose_ray.errors import OutputError\n"
        "from neuropose_ray.schemas.atomic import atomic_write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    with atomic_write(pathlib.Path(sys.argv[1])) as file:\n"
        "        for _ in range(100): file.write(bytes(10_000))\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", code, str(target)], check=True, capture_output=True, text=True)
    assert run.stdout == (
        f"{target}: cannot be written: File too large; raise the limit on file sizes or write elsewhere\n"
    )
    assert files_in(tmp_path) == []


def test_no_space_left_says_so_and_what_to_do(tmp_path):
    with pytest.raises(OutputError) as caught, atomic_write(tmp_path / "big"):
        raise OSError(errno.ENOSPC, "No space left on device")
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'big'}: cannot be written: No space left on device; free some space")
    assert files_in(tmp_path) == []


def test_a_parent_that_is_a_file_is_named(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    for target in (tmp_path / "out" / "results.json", tmp_path / "out" / "deeper" / "results.json"):
        with pytest.raises(OutputError, match=r"results.json: cannot be written: .*a part of the path is a file"):
            atomic_write_bytes(target, b"")


def test_a_folder_in_the_files_place_is_named(tmp_path):
    (tmp_path / "results.json").mkdir()
    with pytest.raises(OutputError, match="a folder has this name"):
        atomic_write_bytes(tmp_path / "results.json", b"")
    assert files_in(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied; change the folder's permissions"):
        atomic_write_bytes(tmp_path / "results.json", b"")


def test_the_failure_to_read_another_file_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "copy") as file:
        file.write((tmp_path / "missing").read_bytes())


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path):
    contents = [bytes([letter]) * 200_000 for letter in b"abcdefgh"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: atomic_write_bytes(tmp_path / "marker", content), contents))
    assert (tmp_path / "marker").read_bytes() in contents
    assert files_in(tmp_path) == ["marker"]
