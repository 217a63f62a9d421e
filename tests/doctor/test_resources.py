"""Folders, database files and ports, in good order and in bad."""

import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from neuropose_ray.doctor.checks import check_disk
from neuropose_ray.doctor.resources import check_folder, check_port, check_sqlite


def test_a_folder_that_will_be_made_and_one_that_is_private_are_well(tmp_path: Path):
    check = check_folder("data", tmp_path / "new" / "data")
    assert (check.status, ", which is not there yet; " in check.found) == ("ok", True)
    assert not (tmp_path / "new").exists()
    tmp_path.chmod(0o700)
    assert check_folder("data", tmp_path).status == "ok"


def test_others_who_may_read_are_a_warning(tmp_path: Path):
    tmp_path.chmod(0o755)
    check = check_folder("data", tmp_path)
    assert (check.status, check.advice) == ("warn", f"chmod o-rwx {tmp_path}")


def test_a_file_in_the_way_fails_and_too_little_room_warns(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    assert check_folder("data", tmp_path / "file" / "data").status == "fail"
    check = check_folder("data", tmp_path, least_free_bytes=2**60)
    assert (check.status, check.advice) == ("warn", "make room: new jobs are refused")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_of_somebody_else_fails():
    assert check_folder("data", Path("/usr/bin")).status == "fail"


def test_what_may_not_be_looked_at_is_a_finding_and_no_trace(tmp_path: Path):
    """As below a folder of somebody else, for which a name that is too long stands here: it stops root as well."""
    name = "d" * 300
    assert check_folder("data", tmp_path / name).status in ("ok", "fail")
    assert check_disk("data", tmp_path / name / "weights").found.endswith(name + "/weights")
    assert check_sqlite("database", tmp_path / name).status in ("ok", "fail")


def test_a_database_is_read_and_not_changed(tmp_path: Path):
    file = tmp_path / "service.sqlite"
    assert check_sqlite("database", file).status == "ok"
    assert not file.exists()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(100)])
    before = file.read_bytes()
    assert check_sqlite("database", file).status == "ok"
    assert file.read_bytes() == before
    file.write_bytes(before[: len(before) // 2] + b"\xff" * (len(before) - len(before) // 2))
    assert check_sqlite("database", file).status == "fail"
    file.write_bytes(b"no database, but a long text of another kind" * 100)
    assert check_sqlite("database", file).status == "fail"


def test_a_port_is_free_or_taken_or_of_another_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        check = check_port("port", "127.0.0.1", port)
        assert (check.status, f"127.0.0.1:{port}" in check.found) == ("warn", True)
    assert check_port("port", "127.0.0.1", port).status == "ok"
    assert check_port("port", "192.0.2.1", port).advice == "choose another"
