import os
import time
from pathlib import Path

import pytest

from neuropose_ray.errors import EngineError, InputError, JobCancelledError
from neuropose_ray.service.jobs.steps.work import VideoOutput
from neuropose_ray.service.jobs.tasks import RayVideoTasks

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


def test_tasks_are_ended_when_they_should_stop(ray_cluster: str, tmp_path: Path):
    began = tmp_path / "long"
    with pytest.raises(JobCancelledError):
        list(RayVideoTasks(1).run("overlay", deed, outputs(tmp_path, "long"), began.is_dir))
    time.sleep(1)
    (began / "alive").unlink(missing_ok=True)
    time.sleep(1)
    assert not (began / "alive").exists()
