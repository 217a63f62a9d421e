"""`neuropose-ray serve` in a process of its own, started, harmed, and started again, as a service manager would."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from support.ports import free_port

from neuropose_ray.service.data_folder import DataFolder

READY_S = 300


class Serving:
    """The command with a Ray of its own; a workflow ``numbers`` makes poses and an analysis.

    Args:
        folder: gets the settings and the log.
        data: the data folder.
        jobs: further settings of the queue.
    """

    def __init__(self, folder: Path, data: Path | None = None, **jobs: Any) -> None:
        self.data, self.port, self.dashboard_port = DataFolder(data or folder / "data"), free_port(), free_port()
        self.url, self.log = f"http://127.0.0.1:{self.port}", folder / "serve.log"
        self._config = folder / "settings.yaml"
        workflows = {"numbers": {"steps": [{"kind": "pose"}, {"kind": "analyze"}]}}
        service = {"data_dir": str(self.data.root), "jobs": {"workflows": workflows, "min_free_bytes": 0, **jobs}}
        self._config.write_text(yaml.safe_dump({"service": service}))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        words = [
            "serve",
            "--config",
            str(self._config),
            "--port",
            str(self.port),
            "--dashboard-port",
            str(self.dashboard_port),
        ]
        command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", *words]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait; the command must go on meanwhile."""
        until = time.monotonic() + READY_S
        while not self.ready():
            assert self.process is not None
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.5)

    def ready(self) -> bool:
        """Whether it says that it is."""
        try:
            return httpx.get(f"{self.url}/v1/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def open_dashboard(self) -> None:
        """Look at Ray's dashboard, which starts then."""
        httpx.get(f"http://127.0.0.1:{self.dashboard_port}", timeout=READY_S).raise_for_status()

    def family(self) -> list[psutil.Process]:
        """The command and all that it started."""
        assert self.process is not None
        try:
            root = psutil.Process(self.process.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def signal(self, part: str, number: int = signal.SIGKILL) -> list[int]:
        """Send a signal to the processes of one part, by their titles; all of them for ``everything``."""
        chosen = self.family() if part == "everything" else [each for each in self.family() if part in title(each)]
        for each in chosen:
            try:
                each.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        if part == "everything":
            assert self.process is not None
            self.process.wait(30)
            psutil.wait_procs(chosen, timeout=30)
        return [each.pid for each in chosen]

    def end(self) -> None:
        """End it in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(120)
            except subprocess.TimeoutExpired:
                self.signal("everything")
                raise

    def asked(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer to a request, asked again while the service, or the part of it that answers, is away."""
        until = time.monotonic() + READY_S
        while True:
            try:
                answer = httpx.request(method, f"{self.url}{path}", timeout=60, **options)
                if answer.status_code not in (500, 502, 503, 507):
                    return answer
                said = answer.text
            except httpx.HTTPError as error:
                said = repr(error)
            assert time.monotonic() < until, said
            time.sleep(0.5)

    def submit(self, video: Path, key: str, **fields: str) -> str:
        """Make a job that is accepted; with its key the same, however often it has to be asked for."""
        answer = self.asked(
            "POST",
            "/v1/jobs",
            headers={"Idempotency-Key": key},
            files={"file": (video.name, video.read_bytes(), "video/mp4")},
            data={"workflow": "numbers", **fields},
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def jobs(self) -> list[dict[str, Any]]:
        """All jobs."""
        return list(self.asked("GET", "/v1/jobs?limit=200").json()["jobs"])


def title(process: psutil.Process) -> str:
    """What a process calls itself."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def is_alive(pids: Sequence[int]) -> bool:
    """Whether one of these processes is still there."""
    for pid in pids:
        try:
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def own_home(folder: Path) -> dict[str, str]:
    """An environment whose home is empty, and whose cache of weights is the user's."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    chosen = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH")}
    return {**chosen, "HOME": str(folder), "XDG_CACHE_HOME": cache}
