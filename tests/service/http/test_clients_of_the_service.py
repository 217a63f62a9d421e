"""Clients that wait, submit folders, name pictures, or speak an older system's words: real HTTP, a real queue."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.local_service import LocalService, local_service

from neuropose_ray.service import ServiceClient

WORKFLOWS = {
    "standard": {"steps": [{"kind": "pose"}]},
    "labels": {"steps": [{"kind": "pose"}, {"kind": "annotate"}]},
}
#: More than any of these jobs takes.
WAIT = {"wait": 50}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, test_data: Path) -> Iterator[LocalService]:
    jobs = {"min_free_bytes": 0, "workflows": WORKFLOWS}
    folder = tmp_path_factory.mktemp("service")
    with local_service(folder, jobs=jobs, older_routes=True, uploads={"roots": [str(test_data)]}) as running:
        yield running


@pytest.fixture(scope="module")
def video(test_data: Path) -> Path:
    return test_data / "odd" / "made_one_frame.mp4"


@pytest.mark.slow
def test_who_waits_is_answered_with_the_job_that_has_ended(service: LocalService, video: Path):
    with service.client() as client:
        files = {"file": ("walk.mp4", video.read_bytes())}
        ended = client.post("/v1/jobs", params=WAIT, files=files)
        assert (ended.status_code, ended.json()["state"]) == (200, "completed")
        assert [step["state"] for step in ended.json()["steps"]] == ["completed"]
        client.post("/v1/control", json={"action": "pause"})
        accepted = client.post("/v1/jobs", params={"wait": 0.2}, files=files, data={"workflow": "labels"})
        assert (accepted.status_code, accepted.json()["state"]) == (202, "queued")
        client.post("/v1/control", json={"action": "resume"})
        job = client.get(accepted.headers["location"], params=WAIT).json()
    assert job["state"] == "completed"
    assert "dataset/dataset.json" in {file["path"] for file in job["artifacts"]}


@pytest.mark.slow
def test_a_job_that_does_not_begin_in_time_fails_with_one_line(service: LocalService, video: Path):
    with service.client() as client:
        client.post("/v1/control", json={"action": "pause"})
        files = {"file": ("late.mp4", video.read_bytes())}
        location = client.post("/v1/jobs", files=files, data={"deadline_s": "0.2"}).headers["location"]
        job = client.get(location, params=WAIT).json()
        client.post("/v1/control", json={"action": "resume"})
    assert (job["state"], job["error"]["code"]) == ("failed", "deadline")
    assert job["error"]["message"] == "it did not end within 0.2 s; it had not begun"


@pytest.mark.slow
def test_a_batch_of_one_request_is_waited_for_as_one(service: LocalService, video: Path):
    files = [("file", (name, content)) for name, content in (("a.mp4", video.read_bytes()), ("bad.mp4", b"nothing"))]
    with service.client() as client:
        made = client.post("/v1/batches", files=files)
        assert [each["input"] for each in made.json()["refused"]] == ["bad.mp4"]
        batch = client.get(made.headers["location"], params=WAIT).json()
    assert (batch["state"], batch["counts"]) == ("completed", {"completed": 1})
    with ServiceClient(service.url) as program:
        assert program.batch(batch["id"], wait_s=50).state == "completed"
        (job,) = program.jobs(batch=batch["id"])
        assert program.job(job.id, wait_s=50).batch == batch["id"]
        assert next(each.id for each in program.batches()) == batch["id"]


def test_a_folder_is_submitted_waited_for_and_fetched_by_the_command(
    service: LocalService, video: Path, tmp_path: Path
):
    (tmp_path / "trials").mkdir()
    for name in ("sit.mp4", "stand.mp4"):
        shutil.copy(video, tmp_path / "trials" / name)
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", "jobs", "submit", "trials"]
    done = subprocess.run(
        [*command, "--out", "out"], cwd=tmp_path, env={**os.environ, "NEUROPOSE_URL": service.url},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert "2 jobs: 2 completed" in done.stdout
    found = {path.relative_to(tmp_path / "out").as_posix() for path in tmp_path.rglob("predictions.parquet")}
    assert found == {"sit/sit/predictions.parquet", "stand/stand/predictions.parquet"}


def test_pictures_are_read_where_they_lie(service: LocalService, test_data: Path):
    (person,) = test_data.glob("images/tfjs_portrait*")
    frames = [{"uri": str(person)}, {"uri": str(test_data / "images" / "none.png")}]
    with service.client() as client:
        reply = client.post("/v1/pose", json={"frames": frames}).json()
        refused = client.post("/v1/pose", json={"frames": [*frames, {"uri": "/etc/passwd"}]})
    first, second = reply["frames"]
    assert (first["error"], second["error"]["code"]) == (None, "input_not_found")
    assert (refused.status_code, refused.json()["code"]) == (403, "input_forbidden")


def test_an_older_client_uploads_and_gets_poses_in_one_request(service: LocalService, video: Path):
    command = ["curl", "-sS", "-F", f"video=@{video}", f"{service.url}/api/upload-video-with-pose"]
    answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)
    assert answer["status"] == "completed"
    assert list(answer["results"]) == [video.name]
    with service.client() as client:
        assert client.get(f"/tasks/{answer['task_id']}").json()["status"] == "completed"
