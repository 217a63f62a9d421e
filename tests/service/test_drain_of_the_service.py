"""The service as its command starts it, drained by an operator, and followed by the next one."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.serving import Serving

from neuropose_ray.service import runner
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import write_mode
from neuropose_ray.service.settings import load_settings


def test_what_runs_the_service_ends_by_itself_when_the_manager_says_that_no_job_runs_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    asked: list[float] = []
    monkeypatch.setattr(runner, "_END_LOOK_S", 0.02)
    monkeypatch.setattr(runner, "_LOOK_S", 0.1)
    monkeypatch.setattr(runner, "_answers", lambda: asked.append(time.monotonic()) or True)
    settings = load_settings(None, {"service": {"data_dir": str(tmp_path)}}, environment={})
    service = runner.ServiceRunner(settings, None, None, False, None, None)
    thread = threading.Thread(target=service._watch)
    thread.start()
    for mode in ("paused", "running", "draining", "ending"):
        write_mode(DataFolder(tmp_path), mode)
        thread.join(0.15)
        assert thread.is_alive(), mode
    write_mode(DataFolder(tmp_path), "ended")
    thread.join(30)
    assert not thread.is_alive()
    assert asked, "Serve is asked meanwhile"
    assert service.error is None


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    service = Serving(tmp_path, running=1)
    service.start()
    yield service
    service.end()


def command(*words: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-c", "from neuropose_ray.cli import main; main()"]
    return subprocess.run([*start, *words], capture_output=True, text=True, check=False)


@pytest.mark.endurance
def test_a_drained_service_ends_with_0_and_the_next_one_does_what_waited(serving: Serving, test_data: Path):
    video = test_data / "opencap" / "walk.mp4"
    first, second = (serving.submit(video, f"trial {number}") for number in range(2))
    until = time.monotonic() + 120
    while {job["id"]: job["state"] for job in serving.jobs()}[first] != "running":
        assert time.monotonic() < until
        time.sleep(0.2)
    drained = command("service", "drain", "--data", str(serving.data.root))
    assert drained.returncode == 0, drained.stderr
    assert drained.stdout == "the service has ended\n"
    assert serving.process is not None
    assert serving.process.wait(10) == 0, serving.log.read_text()
    serving.start()
    jobs = {job["id"]: job for job in serving.jobs()}
    assert (jobs[first]["state"], jobs[first]["attempts"]) == ("completed", 1)
    while (state := {job["id"]: job["state"] for job in serving.jobs()}[second]) in ("queued", "running"):
        assert time.monotonic() < until + 240
        time.sleep(0.5)
    assert state == "completed"
