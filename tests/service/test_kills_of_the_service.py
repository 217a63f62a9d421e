"""The service as it is started by its command, killed part by part and as a whole while it has twenty jobs."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest
import yaml
from support.ports import free_port

from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.names import INGRESS, JOB_MANAGER, POSE_MODEL

pytestmark = pytest.mark.endurance

JOBS = 20
PARTS = (POSE_MODEL, JOB_MANAGER, INGRESS)
#: Two kills of each part, and two of everything at once.
KILLS = (*PARTS, "everything") * 2
READY_S = 120


class Serving:
    """`neuropose-ray serve` in a process of its own, with a Ray of its own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = DataFolder(folder / "data"), free_port()
        self.url, self._log = f"http://127.0.0.1:{self.port}", folder / "serve.log"
        self._config = folder / "settings.yaml"
        workflows = {"numbers": {"steps": [{"kind": "pose"}, {"kind": "analyze"}]}}
        service = {"data_dir": str(self.data.root), "jobs": {"workflows": workflows, "min_free_bytes": 0}}
        self._config.write_text(yaml.safe_dump({"service": service}))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [
            "serve",
            "--config",
            str(self._config),
            "--port",
            str(self.port),
            "--dashboard-port",
            str(free_port()),
        ]
        command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", *words]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + READY_S
        while not self._ready():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < until, self._log.read_text()
            time.sleep(0.5)

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self, part: str) -> bool:
        """Kill one part, or the command with all that it started; False where the part is not there at the moment."""
        assert self._process is not None
        family = psutil.Process(self._process.pid)
        everybody = [family, *family.children(recursive=True)]
        chosen = everybody if part == "everything" else [each for each in everybody if f":{part}" in title(each)]
        for each in chosen:
            try:
                each.send_signal(signal.SIGKILL)
            except psutil.NoSuchProcess:
                continue
        if part == "everything":
            self._process.wait(30)
            psutil.wait_procs(everybody, timeout=30)
        return bool(chosen)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(90)
            except subprocess.TimeoutExpired:
                self.kill("everything")
                raise


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    service = Serving(tmp_path)
    service.start()
    yield service
    service.end()


def asked(method: str, url: str, **options: object) -> httpx.Response:
    """The answer to a request, asked again while the service, or the part of it that answers, is away."""
    until = time.monotonic() + READY_S
    while True:
        try:
            answer = httpx.request(method, url, timeout=60, **options)  # type: ignore[arg-type]
            if answer.status_code not in (500, 502, 503):
                return answer
            said = answer.text
        except httpx.HTTPError as error:
            said = repr(error)
        assert time.monotonic() < until, said
        time.sleep(0.5)


def submitted(serving: Serving, video: Path, number: int) -> str:
    """A job that was accepted; with its key the same, however often it had to be asked for."""
    answer = asked(
        "POST",
        f"{serving.url}/v1/jobs",
        headers={"Idempotency-Key": f"trial {number}"},
        files={"file": (video.name, video.read_bytes(), "video/mp4")},
        data={"workflow": "numbers", "priority": str(number % 11)},
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def joints(folder: Path) -> np.ndarray:
    (file,) = folder.glob("**/predictions.parquet")
    table, _ = read_predictions(file)
    return table.poses.poses3d


def test_every_accepted_job_ends_once_with_the_right_results_whatever_is_killed(
    serving: Serving, pipeline, test_data: Path, tmp_path: Path
):
    video = test_data / "opencap" / "walk.mp4"
    accepted = [submitted(serving, video, number) for number in range(JOBS)]
    assert len(set(accepted)) == JOBS
    dice = random.Random(7)
    for part in KILLS:
        time.sleep(dice.uniform(1.0, 6.0))
        while not serving.kill(part):
            time.sleep(0.5)  # the last kill's replacement is still on its way
        if part == "everything":
            serving.start()
    until = time.monotonic() + 600
    while any(job["state"] in ("queued", "running") for job in jobs_of(serving)):
        assert time.monotonic() < until, jobs_of(serving)
        time.sleep(1)
    ended = {job["id"]: job for job in jobs_of(serving)}
    assert sorted(ended) == sorted(accepted)
    assert {job["state"] for job in ended.values()} == {"completed"}, ended
    pipeline([video], tmp_path / "undisturbed")
    expected = joints(tmp_path / "undisturbed")
    for name in accepted:
        job = serving.data.job(name)
        np.testing.assert_array_equal(joints(job.results), expected)
        assert (job.results / "walk" / "analysis.json").is_file()
        lines = job.log.read_text().splitlines()
        assert sum(line.endswith(" completed") for line in lines) == 1, lines


def jobs_of(serving: Serving) -> list[dict]:
    return asked("GET", f"{serving.url}/v1/jobs?limit=100").json()["jobs"]
