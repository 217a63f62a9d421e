"""A real RTSP camera for tests: GStreamer's server, fed with pictures that carry the time at which they were made."""

import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Literal, Self

import pytest
from support.ports import free_port
from support.rtsp.stamps import LEAST_WIDTH

#: The Python that has the system's packages.
SYSTEM_PYTHON = "/usr/bin/python3"
PACKAGES = "python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad} gstreamer1.0-rtsp"
TESTS = Path(__file__).parents[2]


@cache
def is_installed() -> bool:
    """Whether the server can run here."""
    code = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", code], capture_output=True).returncode == 0
    except OSError:
        return False


class RtspCamera:
    """Started when made; the test is skipped where GStreamer's server is not installed. A context manager.

    Args:
        size: width and height.
        fps: frames per second.
        gop: frames from keyframe to keyframe.
        video: shown over and over; None for a moving pattern.
        credentials: user and password that it asks for.
        method: how it asks for them.
        certificate: file of a certificate and its key, by which it speaks TLS.
        port: None for one that is free.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int] = (320, 192),
        fps: int = 20,
        gop: int = 10,
        video: Path | None = None,
        credentials: tuple[str, str] | None = None,
        method: Literal["basic", "digest"] = "basic",
        certificate: Path | None = None,
        port: int | None = None,
    ) -> None:
        if not is_installed():
            pytest.skip(f"no RTSP server is installed (Debian: apt-get install {PACKAGES})")
        assert size[0] >= LEAST_WIDTH, "too narrow for a stamp"
        self.port = port or free_port()
        self._credentials, self._scheme = credentials, "rtsp" if certificate is None else "rtsps"
        feeder = [sys.executable, "-m", "support.rtsp.feeder", *map(str, (*size, fps, gop))]
        self._feeder = subprocess.Popen(
            [*feeder, str(video)] if video else feeder,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(TESTS)},
        )
        password = ["--password", method, *credentials] if credentials else []
        tls = ["--certificate", str(certificate)] if certificate else []
        self._server = subprocess.Popen(
            [SYSTEM_PYTHON, str(Path(__file__).with_name("gst_server.py")), str(self.port), *password, *tls],
            stdin=self._feeder.stdout,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._server.stdout is not None
        assert self._feeder.stdout is not None
        self._feeder.stdout.close()
        assert self._server.stdout.readline() == b"listening\n"

    @property
    def url(self) -> str:
        """Its address, with user and password."""
        user = "{}:{}@".format(*self._credentials) if self._credentials else ""
        return f"{self._scheme}://{user}127.0.0.1:{self.port}/live"

    def halt(self) -> None:
        """Stop it as a camera that hangs: connections stay, nothing comes."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Switch it off."""
        for process in (self._server, self._feeder):
            process.kill()
            process.wait()
        if self._server.stdout is not None:
            self._server.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        for process in (self._server, self._feeder):
            process.send_signal(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
