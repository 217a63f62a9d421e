"""A server of PostgreSQL for tests: on loopback, with a folder of its own, stopped and started as a test wants."""

import os
import pwd
import shutil
import subprocess
import uuid
from pathlib import Path

import pytest
from support.ports import free_port

USER = "postgres"


class PostgresServer:
    """Made with an empty disk cache to sync; the test is skipped where no server is installed."""

    def __init__(self) -> None:
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not programs:
            pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
        self._binaries = programs[-1].parent
        # The server refuses to run as root, and its user must reach the folder.
        as_root = os.getuid() == 0
        self._as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if as_root else []
        self._folder = Path(f"/tmp/neuropose-postgres-{uuid.uuid4().hex[:8]}")
        self._folder.mkdir(mode=0o700)
        if as_root:
            user = pwd.getpwnam(USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        self._port = free_port()
        self._run("initdb", "-D", str(self._folder / "data"), "-U", "test", "--auth=trust", "--no-sync")
        self.start()

    @property
    def url(self) -> str:
        """Its address, without a database."""
        return f"postgresql://test@127.0.0.1:{self._port}"

    def new_database(self, purpose: str) -> str:
        """The address of a new database, named after what it is for."""
        name = f"{purpose}_{uuid.uuid4().hex[:8]}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", "test", name)
        return f"{self.url}/{name}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self._control("-o", options, "-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        """Stop it as a crash would."""
        self._control("-m", "immediate", "stop")

    def remove(self) -> None:
        """Stop it, and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._binaries / program), *arguments]
        subprocess.run(command, check=True, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
