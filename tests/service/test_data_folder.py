"""Who may read what lies in the data folder."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.job_manager import Manager, settings_for

from neuropose_ray.errors import DiskFullError, OutputError
from neuropose_ray.ray_auth import use_token_file
from neuropose_ray.service.data_folder import DataFolder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_a_new_folder_is_this_users_alone_whatever_the_umask(tmp_path: Path, umask: int):
    data = DataFolder(tmp_path / "data")
    data.create()
    data.create_database()
    for folder in (data.root, data.inbox, data.outbox, data.failed, data.jobs, data.incoming):
        assert mode(folder) == 0o700, folder
    assert mode(data.database) == 0o600


def test_an_empty_folder_is_made_private_and_one_that_a_lab_shares_keeps_its_permissions(tmp_path: Path):
    data = DataFolder(tmp_path / "data")
    data.root.mkdir(mode=0o755)
    data.root.chmod(0o755)
    data.create()
    assert mode(data.root) == 0o700
    data.root.chmod(0o750)
    data.inbox.chmod(0o770)
    data.jobs.chmod(0o755)
    data.create()
    assert (mode(data.root), mode(data.inbox), mode(data.jobs)) == (0o750, 0o770, 0o700)


def test_a_database_that_others_could_read_is_made_private(tmp_path: Path):
    data = DataFolder(tmp_path / "data")
    data.create()
    for name in ("", "-wal", "-shm"):
        data.database.with_name(f"{data.database.name}{name}").touch(0o644)
    data.create_database()
    assert {mode(path) for path in data.root.glob("service.sqlite*")} == {0o600}


@pytest.mark.skipif(os.getuid() != 0 or shutil.which("setpriv") is None, reason="nobody to be a stranger")
def test_a_strangers_account_can_read_nothing_that_a_service_keeps(tmp_path: Path, umask: int):
    data = DataFolder(tmp_path / "data")
    Manager(settings_for(data.root)).close()
    use_token_file(data.ray_token, {})
    for path in tmp_path.parents:
        if path.owner() == "root" and path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)  # a home that strangers may look into
    data.root.chmod(0o755)  # as an administrator may have it
    secret = [data.ray_token, data.jobs, data.incoming, *data.root.glob("service.sqlite*")]
    assert len(secret) >= 4
    for path in secret:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls" if path.is_dir() else "cat"]
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)
        assert "Permission denied" in done.stderr, path


def test_a_place_where_there_can_be_no_folder_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/data: Not a directory; choose another data_dir") as caught:
        DataFolder(tmp_path / "file" / "data").create()
    assert not isinstance(caught.value, DiskFullError)
