"""What a job that is not taken on leaves behind: nothing, unless it may have been taken on."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from support.jobs_in_memory import Interface, JobsInMemory

from neuropose_ray.errors import EngineError, JobNotFoundError, NeuroposeRayError, OverloadedError, StorageFullError
from neuropose_ray.schemas.jobs import Job, JobInput, JobProgress, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import job_intake
from neuropose_ray.service.http.job_intake import Submissions
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.settings import ServiceSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = JobRequest(id="0f" * 16, inputs=(JobInput(name="walk.mp4"),), submitted_at=NOW)
JOB = Job(
    id=REQUEST.id, state="queued", workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
    attempts=0, progress=JobProgress(), submitted_at=NOW,
)  # fmt: skip


class Manager:
    """Fails a submission, before or after it has taken the job on."""

    def __init__(self, failure: NeuroposeRayError, taken_on: Job | NeuroposeRayError) -> None:
        self.failure, self.taken_on, self.submitted = failure, taken_on, False
        self.answer = SimpleNamespace(remote=self._remote)

    async def _remote(self, method: str, *_args: object) -> object:
        if method == "submit":
            self.submitted = True
            return self.failure
        return self.taken_on if self.submitted else JobNotFoundError("there is no such job")


def files_after(folder: Path, manager: Manager) -> list[str]:
    data = DataFolder(folder)
    data.create()
    submissions = Submissions(Jobs(manager), data, ServiceSettings(), ())

    def move(uploads: Path) -> None:
        uploads.mkdir(parents=True)
        (uploads / "walk.mp4").write_bytes(b"a video")

    with pytest.raises(type(manager.failure)):
        asyncio.run(submissions.submit(REQUEST, move))
    return [path.name for path in data.job(REQUEST.id).root.rglob("*.mp4")]


@pytest.mark.parametrize("failure", [OverloadedError("too many wait"), StorageFullError("full"), EngineError("?")])
def test_a_job_that_was_refused_leaves_nothing(tmp_path: Path, failure: NeuroposeRayError):
    assert files_after(tmp_path, Manager(failure, JobNotFoundError("there is no such job"))) == []


@pytest.mark.parametrize("taken_on", [JOB, EngineError("the manager cannot say")], ids=["known", "unclear"])
def test_a_job_that_was_or_may_have_been_taken_on_keeps_its_files(tmp_path: Path, taken_on):
    assert files_after(tmp_path, Manager(StorageFullError("full"), taken_on)) == ["walk.mp4"]


@pytest.mark.parametrize("route", ["/v1/jobs", "/v1/batches"])
def test_a_client_that_goes_away_ends_the_look_at_its_upload_and_leaves_nothing(tmp_path: Path, monkeypatch, route):
    looked_at: list[str] = []

    async def endless(_folder: Path, names: list[str], *_limits: object) -> None:
        looked_at.extend(names)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            looked_at.append("ended")
            raise

    monkeypatch.setattr(job_intake, "check_videos", endless)
    data = DataFolder(tmp_path)
    data.create()
    jobs = JobsInMemory()
    app = Interface(tmp_path, jobs).app
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="walk.mp4"\r\n\r\na video\r\n--x--\r\n'
    headers = {
        "host": "127.0.0.1",
        "content-type": "multipart/form-data; boundary=x",
        "content-length": str(len(body)),
    }
    answers: list[int] = []

    async def ask() -> None:
        is_sent = False

        async def receive():
            nonlocal is_sent
            if not is_sent:
                is_sent = True
                return {"type": "http.request", "body": body, "more_body": False}
            while not looked_at:
                await asyncio.sleep(0.01)
            return {"type": "http.disconnect"}

        async def send(message):
            answers.append(message.get("status"))

        scope = {
            "type": "http", "method": "POST", "path": route, "raw_path": route.encode(), "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        async with asyncio.timeout(30):
            await app(scope, receive, send)

    asyncio.run(ask())
    assert looked_at == ["walk.mp4", "ended"]
    assert answers[0] == 422
    assert not jobs.known
    assert list(data.incoming.iterdir()) == []
