"""A job manager without Serve: synthetic poses on threads, the other steps in the thread of their job.

``python job_manager.py FOLDER [DATABASE_URL]`` takes on the jobs of ``FOLDER/requests``, goes on with what an earlier
process had begun, and ends when all have ended.
"""

import asyncio
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec
from neuropose_ray.errors import JobCancelledError
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job, JobInput, JobRequest
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.jobs.manager import JobManager
from neuropose_ray.service.settings import Settings, load_settings

FRAME_MS = 1.0
#: Between two looks at the queue: most tests would wait a whole second for each job.
POLL_S = 0.1
WEBHOOK_SECRET = "a secret of both"
#: Of the video that most tests give to their jobs.
SCENES = 4
#: One that takes a fraction of a second, one with a second step, and one with several that are quick.
WORKFLOWS = {
    "poses": {"steps": [{"kind": "pose"}]},
    "two": {"steps": [{"kind": "pose"}, {"kind": "export", "with": {"formats": ["csv"]}}]},
    "quick": {
        "steps": [{"kind": "pose"}, {"kind": "analyze"}, {"kind": "export", "with": {"formats": ["csv", "trc"]}}]
    },
}


def settings_for(data: Path, database_url: str | None = None, **jobs: Any) -> Settings:
    flags = {
        "video": {"chunk_frames": SCENE_FRAMES},
        "fit": False,
        "engine": {"max_attempts": 20},  # a killed manager takes the chunks of its threads along
        "service": {
            "data_dir": str(data),
            "jobs": {"min_free_bytes": 0, "database_url": database_url, "workflows": WORKFLOWS, **jobs},
            "webhooks": {"hosts": ["*"], "http": True, "private_networks": True, "secret": WEBHOOK_SECRET},
        },
    }
    return load_settings(None, flags, {})


def request_for(data: Path, *videos: Path, **fields: Any) -> JobRequest:
    """A request whose uploads are in place, as the ingress leaves them."""
    job_id = fields.pop("id", uuid.uuid4().hex)
    uploads = data / "jobs" / job_id / "uploads"
    uploads.mkdir(parents=True, exist_ok=True)
    for video in videos:
        (uploads / video.name).hardlink_to(video)
    inputs = tuple(JobInput(name=video.name) for video in videos)
    return JobRequest(id=job_id, inputs=inputs, submitted_at=datetime.now(UTC), **fields)


@contextmanager
def threads(should_stop, log) -> Iterator[LocalEngine]:
    with closing(LocalEngine(1)) as engine:
        yield engine


class Gate:
    """An engine that begins when it is let, and notes in which order jobs asked."""

    def __init__(self) -> None:
        self.open, self.asked = threading.Event(), 0

    @contextmanager
    def __call__(self, should_stop, log):
        self.asked += 1
        while not self.open.wait(0.02):
            if should_stop():
                raise JobCancelledError("told to stop")
        with threads(should_stop, log) as engine:
            yield engine


class Faults:
    """An engine that fails as often as it is told, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.tries = list(errors), 0

    @contextmanager
    def __call__(self, should_stop, log):
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        with threads(should_stop, log) as engine:
            yield engine


class DirectTasks:
    """The videos one after the other, in the thread that asks."""

    def run(self, kind, function, videos, should_stop):
        for video in videos:
            if should_stop():
                raise JobCancelledError("the job was told to stop")
            try:
                yield video, function(video)
            except Exception as error:  # noqa: BLE001  what a task raises is data
                yield video, error


class Manager:
    """A job manager that is ready, called without an event loop of one's own."""

    def __init__(self, settings: Settings, **parts: Any) -> None:
        spec = parts.pop("spec", SyntheticSpec(FRAME_MS))
        chosen = {
            "engines": threads, "tasks": DirectTasks(), "pauses": Pauses(first_s=0.05), "poll_s": POLL_S, **parts
        }  # fmt: skip
        self.manager = JobManager(settings, spec, None, **chosen)
        until = time.monotonic() + 30
        while self("ready"):
            self.manager.check_health()
            assert time.monotonic() < until, self("ready")
            time.sleep(0.02)

    def __call__(self, method: str, *args: Any, **keywords: Any) -> Any:
        return asyncio.run(getattr(self.manager, method)(*args, **keywords))

    def ended(self, *ids: str, patience_s: float = 60.0) -> list[Job]:
        """These jobs, when they have ended."""
        return [self.when(job_id, lambda job: job.state in ENDED, patience_s) for job_id in ids]

    def when(self, job_id: str, condition, patience_s: float = 60.0) -> Job:
        until = time.monotonic() + patience_s
        while not condition(job := self("job", job_id)):
            assert time.monotonic() < until, job
            time.sleep(0.02)
        return job

    def close(self) -> None:
        self.manager.close()


def main() -> None:
    folder, url = Path(sys.argv[1]), (sys.argv[2:] or [None])[0]
    with closing(Manager(settings_for(folder, url))) as manager:
        requests = [JobRequest.model_validate_json(path.read_bytes()) for path in folder.glob("requests/*.json")]
        for request in requests:
            manager("submit", request)
        jobs = manager.ended(*(request.id for request in requests))
        (folder / "ended.json").write_text(f"[{','.join(job.model_dump_json() for job in jobs)}]")


if __name__ == "__main__":
    main()
