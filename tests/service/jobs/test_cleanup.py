"""What requests left that were never finished."""

import os
import subprocess
import sys
import time
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from support.job_manager import Manager, request_for, settings_for

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.cleanup import ABANDONED_S, clear_incoming, clear_job_folders


def made(path: Path, age_s: float) -> Path:
    """A file, which with its folder was last written so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"part of a video")
    for each in (path, path.parent):
        os.utime(each, (time.time() - age_s,) * 2)
    return path


def test_uploads_that_nobody_goes_on_with_are_removed_and_others_left(tmp_path: Path):
    old, young = ABANDONED_S + 60, ABANDONED_S - 60
    made(tmp_path / "dead" / "a.mp4", old)
    made(tmp_path / "live" / "a.mp4", old)
    made(tmp_path / "live" / "b.mp4", young)
    os.utime(tmp_path / "live", (time.time() - old,) * 2)
    made(tmp_path / "dead.csv", old)
    made(tmp_path / "live.csv", young)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    clear_incoming(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "live", "live.csv"]
    assert sorted(path.name for path in (tmp_path / "live").iterdir()) == ["a.mp4", "b.mp4"]


def test_uploads_of_a_killed_process_are_removed_at_once_and_those_of_a_living_one_left(tmp_path: Path):
    receive = (
        "import asyncio, sys, time; from pathlib import Path\n"
        "from neuropose_ray.service.data_folder import DataFolder\n"
        "from neuropose_ray.service.http.uploads import Upload\n"
        "from neuropose_ray.service.settings import UploadSettings\n"
        "upload = Upload(DataFolder(Path(sys.argv[1])), UploadSettings(), 0)\n"
        "upload.begin('walk.mp4')\n"
        "print('begun', flush=True); time.sleep(600)"
    )
    data = DataFolder(tmp_path)
    data.create()
    command = [sys.executable, "-c", receive, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"begun\n"
        clear_incoming(data.incoming)
        assert [path.name for path in data.incoming.glob("*/*.mp4")] == ["walk.mp4"]
        process.kill()
        process.wait()
        clear_incoming(data.incoming)
        assert list(data.incoming.iterdir()) == []


def test_nothing_is_no_trouble(tmp_path: Path):
    clear_incoming(tmp_path / "missing")
    clear_job_folders(tmp_path / "missing", lambda _: False)


@pytest.mark.parametrize(
    ("name", "age_s", "known", "files", "stays"),
    [
        ("0f" * 16, ABANDONED_S + 60, False, (), False),
        ("0f" * 16, ABANDONED_S - 60, False, (), True),  # it is being submitted
        ("0f" * 16, ABANDONED_S + 60, True, (), True),
        ("0f" * 16, ABANDONED_S + 60, False, ("job.log",), True),  # a job of another database
        ("notes", ABANDONED_S + 60, False, (), True),
    ],
)
def test_files_that_became_no_job_are_removed(tmp_path: Path, name, age_s, known, files, stays):
    folder = tmp_path / name
    made(folder / "uploads" / "walk.mp4", age_s)
    for file in files:
        made(folder / file, age_s)
    os.utime(folder, (time.time() - age_s,) * 2)
    clear_job_folders(tmp_path, lambda job_id: known and job_id == name)
    assert folder.exists() == stays


@pytest.mark.slow
def test_a_manager_removes_them_when_it_starts_and_keeps_its_jobs(tmp_path: Path):
    video, data = tmp_path / "v.mp4", tmp_path / "data"
    write_synthetic_video(video, 1)
    request, lost, young = request_for(data, video, workflow="poses"), uuid.uuid4().hex, uuid.uuid4().hex
    with closing(Manager(settings_for(data))) as manager:
        manager("submit", request)
        manager.ended(request.id)
    made(data / "jobs" / lost / "uploads" / "v.mp4", ABANDONED_S + 60)
    made(data / "jobs" / young / "uploads" / "v.mp4", 0)
    made(data / "incoming" / "dead" / "v.mp4", ABANDONED_S + 60)
    made(data / "incoming" / "live" / "v.mp4", 0)
    for folder in (data / "jobs" / lost, data / "jobs" / request.id):
        os.utime(folder, (time.time() - ABANDONED_S - 60,) * 2)
    with closing(Manager(settings_for(data))) as manager:
        assert manager("job", request.id).state == "completed"
        assert {path.name for path in (data / "jobs").iterdir()} == {request.id, young}
        assert [path.name for path in (data / "incoming").iterdir()] == ["live"]
        assert (data / "jobs" / request.id / "results" / "summary.json").exists()
