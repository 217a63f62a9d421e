import json
import logging
import os
import time
from pathlib import Path

import pytest

from neuropose_ray.errors import EngineError, InputError, JobCancelledError
from neuropose_ray.service.jobs.steps.work import VideoOutput
from neuropose_ray.service.jobs.tasks import RayVideoTasks
from neuropose_ray.service.logs import LogFiles, log_context

pytestmark = pytest.mark.ray


def deed(output: VideoOutput) -> tuple[InputError, ...]:
    """What the video's name says."""
    if output.name == "bad":
        raise InputError("nobody is seen")
    if output.name == "unforeseen":
        raise ValueError("nobody thought of this")
    if output.name == "deadly":
        os._exit(1)
    if output.name == "long":
        output.folder.mkdir()
        while True:
            time.sleep(0.1)
            (output.folder / "alive").touch()
    return (InputError("but without video"),)


def noting_deed(output: VideoOutput) -> tuple[InputError, ...]:
    logging.getLogger("neuropose_ray.step").info("looked at %s", output.name)
    return ()


def outputs(folder: Path, *names: str) -> list[VideoOutput]:
    return [VideoOutput(name, folder / name, folder / f"{name}.mp4") for name in names]


@pytest.mark.slow
def test_each_video_is_a_task_and_an_error_or_a_dead_process_is_its_own_alone(ray_cluster: str, tmp_path: Path):
    videos = outputs(tmp_path, "good", "bad", "unforeseen", "deadly", "fine")
    tasks = RayVideoTasks(at_once=2)
    outcomes = {video.name: outcome for video, outcome in tasks.run("analyze", deed, videos, lambda: False)}
    assert str(outcomes["good"][0]) == str(outcomes["fine"][0]) == "but without video"
    assert isinstance(outcomes["bad"], InputError)
    assert str(outcomes["bad"]) == "nobody is seen"
    assert isinstance(outcomes["unforeseen"], ValueError)
    assert isinstance(outcomes["deadly"], EngineError)


@pytest.mark.slow
def test_what_tasks_log_is_in_the_services_log_with_the_ids_of_their_job(ray_cluster: str, tmp_path: Path):
    logs = LogFiles(tmp_path / "logs", "Task", "info")
    with log_context(job="j1", step="analyze"):
        list(RayVideoTasks(2, logs).run("analyze", noting_deed, outputs(tmp_path, "a", "b"), lambda: False))
    lines = [line for path in logs.folder.glob("Task-*.jsonl") for line in path.read_text().splitlines()]
    told = sorted((line["message"], line["job"], line["step"]) for line in map(json.loads, lines))
    assert told == [("looked at a", "j1", "analyze"), ("looked at b", "j1", "analyze")]


def test_tasks_are_ended_when_they_should_stop(ray_cluster: str, tmp_path: Path):
    began = tmp_path / "long"
    with pytest.raises(JobCancelledError):
        list(RayVideoTasks(1).run("overlay", deed, outputs(tmp_path, "long"), began.is_dir))
    time.sleep(1)
    (began / "alive").unlink(missing_ok=True)
    time.sleep(1)
    assert not (began / "alive").exists()
