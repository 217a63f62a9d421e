"""A service that dies while it answers is one typed error, and paths name what they are to name."""

import asyncio
import http.server
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.http_server import served

from neuropose_ray.errors import ServiceError, ServiceUnreachableError, SettingsError
from neuropose_ray.schemas.jobs import Artifact, Job, JobOptions, JobProgress, JobWebhook
from neuropose_ray.service.client import ServiceClient
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.submissions import read_json_submission, read_upload
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.settings import UploadSettings

JOB = Job(
    id="0f" * 16, state="completed", workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
    attempts=1, progress=JobProgress(), submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    artifacts=(Artifact(path="walk/100% #1?.csv", size_bytes=10),),
)  # fmt: skip


class Dying(http.server.BaseHTTPRequestHandler):
    """Breaks off each download and each stream of events after some bytes."""

    asked: ClassVar[list[str]] = []
    received: ClassVar[list[tuple[str, bytes]]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        breaks = "/artifacts/" in self.path or self.path.endswith("/events")
        content = JOB.model_dump_json().encode()
        self.send_response(200 if JOB.id in self.path else 404)
        self.send_header("Content-Length", str(len(content) + 10 * breaks))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.received.append((self.headers["Content-Type"], self.rfile.read(length)))
        content = JOB.model_dump_json().encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def client() -> Iterator[ServiceClient]:
    Dying.asked.clear()
    Dying.received.clear()
    with served(Dying) as port, ServiceClient(f"http://127.0.0.1:{port}") as client:
        yield client


def test_a_download_that_breaks_off_is_an_error_and_leaves_nothing(client: ServiceClient, tmp_path: Path):
    with pytest.raises(ServiceUnreachableError, match="no service answers"):
        client.download(JOB, tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert Dying.asked == [f"/v1/jobs/{JOB.id}/artifacts/walk/100%25%20%231%3F.csv"]


def test_events_that_break_off_are_followed_by_the_job_itself(client: ServiceClient):
    assert [job.state for job in client.events(JOB.id)] == ["completed"]
    assert Dying.asked == [f"/v1/jobs/{JOB.id}/events", f"/v1/jobs/{JOB.id}"]


@pytest.mark.parametrize("job_id", ["../control", "walk/log", "a b?c#d"])
def test_what_is_no_id_asks_for_nothing_else(client: ServiceClient, job_id: str):
    with pytest.raises(ServiceError, match="404"):
        client.log(job_id)
    (path,) = Dying.asked
    assert path.removeprefix("/v1/jobs/").removesuffix("/log").count("/") == 0


def test_a_job_is_the_same_with_files_and_without(client: ServiceClient, tmp_path: Path):
    (tmp_path / "walk.mp4").write_bytes(b"a video")
    data, sent = DataFolder(tmp_path / "data"), []
    data.create()
    wanted: dict[str, Any] = {
        "uris": ["https://host/sit.mp4"], "workflow": "own", "priority": 7, "labels": {"patient": "p07"},
        "options": JobOptions(height_m=1.75, overlay=False, model="metrabs"), "batch": "0f" * 16, "deadline_s": 60.0,
        "webhook": JobWebhook(url="https://host/told", secret="of this job alone"),
        "on_progress": lambda done, total: sent.append((done, total)),
    }  # fmt: skip
    client.submit([], **wanted)
    client.submit([tmp_path / "walk.mp4"], **wanted)
    (_, as_json), (form_type, as_form) = Dying.received
    upload = Upload(data, UploadSettings(), 0)
    from_form = asyncio.run(read_upload(form_type, streamed(as_form), upload))
    assert from_form == asyncio.run(read_json_submission(streamed(as_json)))
    assert from_form.options == wanted["options"]
    assert [job_input.name for job_input in upload.inputs] == ["walk.mp4"]
    assert sent[-1] == (7, 7)


async def streamed(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.mark.parametrize("token", ["", "a b", "a\nX-Other: b", "a\x00", "ключ", "a\udcff", " a", "a\r"])
def test_what_can_be_no_token_is_refused_before_anybody_is_asked(token: str):
    with pytest.raises(SettingsError, match="NEUROPOSE_TOKEN: not a token"):
        ServiceClient("http://127.0.0.1:1", token=token)
