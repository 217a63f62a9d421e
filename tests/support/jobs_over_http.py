"""A server of jobs and batches over real HTTP, kept in memory, for what the command line says to a service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from support.http_server import served
from support.jobs_in_memory import NOW

from neuropose_ray.schemas.batches import Batch, BatchPage
from neuropose_ray.schemas.jobs import Job, JobPage, JobProgress
from neuropose_ray.service.jobs.batches import batch_of


class JobServer:
    """Takes every upload whose file is not called ``broken``; its jobs have ended when they are asked for.

    Attributes:
        url: where it answers.
        jobs: by id.
        keys: of the requests that were taken, each once.
        refuses_after: so many jobs; None for no limit.
    """

    def __init__(self) -> None:
        self.url = ""
        self.jobs: dict[str, Job] = {}
        self.keys: dict[str, str] = {}
        self.bodies: list[str] = []
        self.refuses_after: int | None = None

    def submit(self, key: str, body: str) -> tuple[int, str]:
        self.bodies.append(body)
        if 'filename="broken' in body:
            return 422, problem(422, "video_unreadable", "broken.mp4: is no video")
        if self.refuses_after is not None and len(self.jobs) >= self.refuses_after:
            return 429, problem(429, "overloaded", "1000 jobs wait already")
        if key not in self.keys:
            job_id = f"{len(self.jobs) + 1:032x}"
            name = body.partition('filename="')[2].partition('"')[0]
            batch = field(body, "batch")
            self.keys[key] = job_id
            self.jobs[job_id] = Job(
                id=job_id, state="failed" if name.startswith("bad") else "completed", workflow="standard",
                inputs=(name,), priority=5, labels={}, source="http", attempts=1, progress=JobProgress(percent=100),
                submitted_at=NOW, started_at=NOW, ended_at=NOW, batch=batch,
            )  # fmt: skip
        return 202, self.jobs[self.keys[key]].model_dump_json()

    def batches(self) -> list[Batch]:
        ids = dict.fromkeys(job.batch for job in self.jobs.values() if job.batch is not None)
        return [self.batch(batch_id) for batch_id in ids]

    def batch(self, batch_id: str) -> Batch:
        return batch_of(batch_id, [job for job in self.jobs.values() if job.batch == batch_id])

    def get(self, path: str, query: dict[str, list[str]]) -> tuple[int, str]:
        parts = path.strip("/").split("/")
        if parts[1] == "batches":
            known = [batch for batch in self.batches() if len(parts) == 2 or batch.id == parts[2]]
            if len(parts) == 2:
                return 200, BatchPage(batches=tuple(known)).model_dump_json()
            return (200, known[0].model_dump_json()) if known else (404, problem(404, "batch_not_found", "none"))
        if len(parts) == 2:
            batch, state = query.get("batch"), query.get("state")
            some = [job for job in self.jobs.values() if batch is None or job.batch == batch[0]]
            return 200, JobPage(
                jobs=tuple(job for job in some if state is None or job.state == state[0])
            ).model_dump_json()
        return 200, self.jobs[parts[2]].model_dump_json()


def field(body: str, name: str) -> str | None:
    """A field of a form."""
    _, found, rest = body.partition(f'name="{name}"\r\n\r\n')
    return rest.partition("\r\n")[0] if found else None


def problem(status: int, code: str, message: str) -> str:
    return json.dumps({"status": status, "code": code, "message": message, "id": "0" * 16})


@contextmanager
def job_server() -> Iterator[JobServer]:
    """The server, while the block runs."""
    jobs = JobServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            split = urlsplit(self.path)
            self._answer(*jobs.get(split.path, parse_qs(split.query)))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode("latin-1")
            if self.path.endswith("/cancel"):
                batch_id = self.path.split("/")[3]
                for job in jobs.jobs.values():
                    if job.batch == batch_id:
                        jobs.jobs[job.id] = job.model_copy(update={"state": "cancelled"})
                self._answer(202, jobs.batch(batch_id).model_dump_json())
                return
            self._answer(*jobs.submit(self.headers["Idempotency-Key"], body))

        def _answer(self, status, text):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_):
            pass

    with served(Handler) as port:
        jobs.url = f"http://127.0.0.1:{port}"
        yield jobs
