"""Managers to start again and again, a video for them, and databases: SQLite, and PostgreSQL where there is one."""

import os
import pwd
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.job_manager import SCENES, Manager, settings_for

from neuropose_ray.benchmark.synthetic import write_synthetic_video

USER = "postgres"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of its own on loopback, with an empty disk cache to sync: its address, without a database."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    binaries = programs[-1].parent
    # The server refuses to run as root, and its user must reach the folder.
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.getuid() == 0 else []
    folder = Path(f"/tmp/neuropose-postgres-{uuid.uuid4().hex[:8]}")
    folder.mkdir(mode=0o700)
    if as_user:
        user = pwd.getpwnam(USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(binaries / program), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    data, options = str(folder / "data"), f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("initdb", "-D", data, "-U", "test", "--auth=trust", "--no-sync")
    run("pg_ctl", "-D", data, "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://test@127.0.0.1:{port}"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.endurance), "postgresql"])
def database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """The address of a new database for a service; None for the one in its data folder."""
    if request.param == "sqlite":
        return lambda: None
    server = request.getfixturevalue("postgres")
    return lambda: f"{server}/jobs_{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "v.mp4"
    write_synthetic_video(path, SCENES)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(scope="module")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has its tables: to make them takes a second."""
    folder = tmp_path_factory.mktemp("database")
    Manager(settings_for(folder)).close()
    return folder / "service.sqlite"


@pytest.fixture
def start(data: Path, new_database: Path):
    """Start a manager; the one before is closed."""
    running: list[Manager] = []
    data.mkdir()
    shutil.copyfile(new_database, data / new_database.name)

    def started(parts=None, **jobs) -> Manager:
        for manager in running:
            manager.close()
        running[:] = [Manager(settings_for(data, **jobs), **(parts or {}))]
        return running[0]

    yield started
    for manager in running:
        manager.close()
