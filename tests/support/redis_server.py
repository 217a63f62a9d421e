"""A server of Redis for tests: on loopback, with a folder of its own, stopped and started as a test wants."""

import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from support.ports import free_port


class RedisServer:
    """What it took is on the disk before it answers; the test is skipped where no server is installed."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            pytest.skip("no Redis server is installed (Debian: apt-get install redis-server)")
        self._program, self._folder = program, Path(tempfile.mkdtemp(prefix="neuropose-redis-"))
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = {"port": self._port, "bind": "127.0.0.1", "save": "", "appendonly": "yes", "appendfsync": "always"}
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        command = [self._program, *arguments, "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        from redis import Redis
        from redis.exceptions import RedisError

        until = time.monotonic() + 30
        with Redis(port=self._port) as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    assert time.monotonic() < until
                    time.sleep(0.02)

    def stop(self) -> None:
        """Stop it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it answer nobody, with its connections open."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop it, and delete its folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
