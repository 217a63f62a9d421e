"""Clients of older systems, as they are written: curl and a script, over real HTTP."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from support.jobs_in_files import ONE_VIDEO
from support.jobs_in_memory import Interface, JobsInMemory
from support.ports import free_port

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.schemas.jobs import Job, JobError, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import job_intake
from neuropose_ray.service.http.probing import measures, require_within

#: A folder of videos, one after the other, as its users have it.
SCRIPT = """
for video in videos/*.mp4; do
  curl -sS -X POST -F "file=@$video" {url}/videos/
  echo
done
"""


class Working(JobsInMemory):
    """Jobs that have ended, with results, by the second look at them."""

    def __init__(self, data: DataFolder) -> None:
        super().__init__(looks=2)
        self._data = data
        self.error: JobError | None = None

    async def submit(self, request: JobRequest) -> Job:
        folder = self._data.job(request.id).results / Path(request.inputs[0].name).stem
        folder.mkdir(parents=True)
        (folder / "results.json").write_text(ONE_VIDEO % request.inputs[0].name)
        (folder / "predictions.parquet").write_bytes(b"poses")
        return await super().submit(request)

    def end(self, job_id: str, state: str = "completed") -> None:
        super().end(job_id, "failed" if self.error else state)
        self.known[job_id] = self.known[job_id].model_copy(update={"error": self.error})


async def probed_here(folder: Path, names: list[str], limits, archives) -> None:
    """A look at the uploads, in this process."""
    for name in names:
        require_within(limits, name, *measures(str(folder / name), archives))


@pytest.fixture
def jobs(tmp_path: Path) -> Working:
    return Working(DataFolder(tmp_path / "data"))


@pytest.fixture
def url(tmp_path: Path, jobs: Working, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(job_intake, "check_videos", probed_here)
    DataFolder(tmp_path / "data").create()
    port = free_port()
    app = Interface(tmp_path / "data", jobs, older_routes=True).app
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    for name in ("sit.mp4", "walk.mp4"):
        write_synthetic_video(tmp_path / "videos" / name, 1)
    return tmp_path


def curl(*words: str) -> dict:
    done = subprocess.run(["curl", "-sS", *words], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_a_video_is_submitted_asked_for_and_its_results_fetched(url: str, jobs: Working, videos: Path):
    receipt = curl("-X", "POST", "-F", f"file=@{videos}/videos/walk.mp4", f"{url}/videos/")
    assert receipt["video_id"] == receipt["task_id"]
    task = curl(f"{url}/tasks/{receipt['task_id']}")
    assert (task["status"], task["priority"], task["metadata"]["source"]) == ("queued", 5, "http")
    assert curl(f"{url}/results/{receipt['task_id']}")["status"] == 409, "not a false 404 while it is worked on"
    jobs.end(receipt["task_id"])
    results = curl(f"{url}/results/{receipt['task_id']}")
    assert (results["status"], list(results["results"])) == ("completed", ["walk.mp4"])
    for path in ("tasks", "results"):
        assert curl(f"{url}/{path}/{'0' * 32}")["status"] == 404


def test_a_script_submits_a_folder(url: str, jobs: Working, videos: Path):
    done = subprocess.run(
        ["sh", "-c", SCRIPT.format(url=url)], cwd=videos, capture_output=True, text=True, check=True, timeout=60
    )
    ids = [json.loads(line)["task_id"] for line in done.stdout.splitlines()]
    assert [jobs.known[task_id].inputs for task_id in ids] == [("sit.mp4",), ("walk.mp4",)]


def test_an_upload_is_answered_with_its_poses(url: str, videos: Path):
    answer = curl("-F", f"video=@{videos}/videos/walk.mp4", f"{url}/api/upload-video-with-pose")
    assert answer["status"] == "completed"
    assert answer["results"]["walk.mp4"]["frames"]


def test_a_video_without_poses_is_a_problem_that_says_why(url: str, jobs: Working, videos: Path):
    jobs.error = JobError(code="video_unreadable", message="is broken")
    answer = curl("-F", f"video=@{videos}/videos/walk.mp4", f"{url}/api/upload-video-with-pose")
    assert (answer["status"], answer["code"]) == (422, "video_unreadable")
    assert "is broken" in answer["message"]


def test_without_the_setting_there_are_no_such_routes_and_with_it_they_need_a_token_as_all_do(tmp_path: Path):
    off = Interface(tmp_path, JobsInMemory())
    on = Interface(tmp_path, JobsInMemory(), scopes={"guest": ["read"]}, older_routes=True)
    task = f"/tasks/{'0' * 32}"
    for method, path in (("POST", "/videos/"), ("GET", task), ("POST", "/api/upload-video-with-pose")):
        assert off.one(method, path).status_code == 404
        assert on.one(method, path).status_code == 401
    assert on.one("POST", "/videos/", caller="guest").status_code == 403
    assert on.one("GET", task, caller="guest").status_code == 404
    described = set(on.app.openapi()["paths"]) - set(off.app.openapi()["paths"])
    assert described == {"/videos/", "/tasks/{task_id}", "/results/{task_id}", "/api/upload-video-with-pose"}
