"""Jobs of a manager that is killed at random moments and started again: each ends once, with the right results."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from measurements.endurance import environment
from support import job_manager
from support.job_manager import Manager, request_for, settings_for
from support.webhook_receiver import receiver

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, write_synthetic_video
from neuropose_ray.schemas.jobs import Job, JobWebhook
from neuropose_ray.schemas.parquet_files import read_predictions

SCENES = 6
PATIENCE_S = 240.0
MADE = {
    "quick": {"v/predictions.parquet", "v/analysis.json", "v/exports/predictions.csv", "v/exports/predictions.trc"},
    "standard": {"v/predictions.parquet", "v/analysis.json", "v/overlay.mp4", "v/report.html"},
}


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "v.mp4"
    write_synthetic_video(path, SCENES)
    return path


def start(data: Path, url: str | None) -> subprocess.Popen:
    command = [sys.executable, job_manager.__file__, str(data), *([url] if url else [])]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def starts(data: Path) -> int:
    """How often jobs were begun with so far."""
    return sum(log.read_text().count("started") for log in data.glob("jobs/*/job.log"))


def wait_for_a_start(process: subprocess.Popen, data: Path, before: int) -> None:
    """From then on there is work to interrupt; an interpreter that only starts teaches nothing."""
    until = time.monotonic() + PATIENCE_S
    while starts(data) == before and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.01)


def ends_after_kills(
    data: Path, video: Path, url: str | None, *, workflow: str, jobs: int, kills: int, seed: int
) -> None:
    moments = random.Random(seed)
    requests = [request_for(data, video, workflow=workflow) for _ in range(jobs)]
    (data / "requests").mkdir()
    for request in requests:
        (data / "requests" / f"{request.id}.json").write_text(request.model_dump_json())
    killed = 0
    for _ in range(kills):
        before = starts(data)
        process = start(data, url)
        wait_for_a_start(process, data, before)
        time.sleep(moments.uniform(0, 1))
        killed += process.poll() is None
        process.kill()
        process.communicate()
    assert killed >= max(1, kills - 1)  # the last one may have come too late
    process = start(data, url)
    _, printed = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, printed
    ended = [Job.model_validate(job) for job in json.loads((data / "ended.json").read_text())]
    assert sorted(job.id for job in ended) == sorted(request.id for request in requests)
    for job in ended:
        assert (job.state, job.error, job.warnings, job.progress.percent) == ("completed", None, (), 100), job
        assert {artifact.path for artifact in job.artifacts} >= MADE[workflow]
        results = data / "jobs" / job.id / "results"
        table, _ = read_predictions(results / "v" / "predictions.parquet")
        assert table.frame_count == SCENES * SCENE_FRAMES
        assert table.poses.frame.tolist() == list(range(SCENES * SCENE_FRAMES))  # one person in each, none twice
        assert [entry["input"] for entry in json.loads((results / "summary.json").read_text())["videos"]] == ["v.mp4"]
    manager = Manager(settings_for(data, url))
    try:
        assert sorted(job.id for job in manager("jobs").jobs) == sorted(request.id for request in requests)
        assert manager("status").processed == jobs
    finally:
        manager.close()


@pytest.mark.slow
def test_every_job_of_a_killed_manager_ends_once_with_the_right_results(video: Path, tmp_path: Path):
    ends_after_kills(tmp_path / "data", video, None, workflow="quick", jobs=4, kills=1, seed=1)


@pytest.mark.endurance
@pytest.mark.parametrize("seed", range(3))
def test_every_job_ends_once_however_often_the_manager_is_killed(
    database: Callable[[], str | None], video: Path, tmp_path: Path, seed: int
):
    ends_after_kills(tmp_path / "data", video, database(), workflow="standard", jobs=20, kills=8, seed=seed)


@pytest.mark.endurance
def test_an_end_that_a_killed_manager_could_not_tell_of_is_told_by_the_next_one(video: Path, tmp_path: Path):
    data = tmp_path / "data"
    with receiver() as hook:
        hook.stop()
        request = request_for(data, video, workflow="poses", webhook=JobWebhook(url=hook.url))
        (data / "requests").mkdir()
        (data / "requests" / f"{request.id}.json").write_text(request.model_dump_json())
        process = start(data, None)
        log = data / "jobs" / request.id / "job.log"
        until = time.monotonic() + PATIENCE_S
        while not (log.exists() and "completed" in log.read_text()):
            assert time.monotonic() < until
            time.sleep(0.01)
        process.kill()
        process.communicate()
        hook.start()
        manager = Manager(settings_for(data))
        try:
            manager.when(request.id, lambda job: job.webhook is not None and job.webhook.state == "delivered")
        finally:
            manager.close()
        assert [message.body["job"]["state"] for message in hook.taken()] == ["completed"]
