"""A client of the service's HTTP interface, as the command line uses it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel

from neuropose_ray.errors import ServiceError, ServiceUnreachableError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.batches import Batch, BatchPage
from neuropose_ray.schemas.job_names import ENDED, STANDARD_NAME, JobState, StepKind
from neuropose_ray.schemas.jobs import Action, Job, JobOptions, JobPage, JobsStatus, JobWebhook
from neuropose_ray.schemas.live_messages import StreamList, StreamReport
from neuropose_ray.schemas.service_status import GpuMemory, PoseRequests
from neuropose_ray.service.connection import ServiceConnection
from neuropose_ray.service.counted_upload import CountedUpload, Progress, opened

_BLOCK_BYTES = 1 << 20
#: Before a job's events are asked for again: a service that ends them at once must not be asked without end.
_AGAIN_S = 0.5


class ServiceReport(BaseModel):
    """What ``GET /v1/status`` says; fields of newer services are passed over."""

    version: str
    ready: bool
    waits_for: tuple[str, ...]
    replicas: dict[str, dict[str, int]]
    jobs: JobsStatus
    pose: PoseRequests = PoseRequests()
    gpus: tuple[GpuMemory, ...] = ()


class ServiceClient(ServiceConnection):
    """Speaks with one service; a context manager.

    Args:
        url: of the service, such as ``http://127.0.0.1:8000``.
        token: sent with every request, where the service asks for one.

    Raises:
        SettingsError: the URL is none.

    All methods raise ServiceUnreachableError where no service answers, and otherwise the typed error that the
    service names in its answer.
    """

    def status(self) -> ServiceReport:
        """The whole service in numbers."""
        return self._get(ServiceReport, "/v1/status")

    def control(self, action: Action, *, end: bool = False) -> JobsStatus:
        """Pause, resume or drain the queue; drained to its ``end`` the service leaves what waits to the next one."""
        return self._model(JobsStatus, self._send("POST", "/v1/control", json={"action": action, "end": end}))

    def jobs(
        self,
        state: JobState | None = None,
        label: str | None = None,
        source: str | None = None,
        limit: int = 50,
        batch: str | None = None,
    ) -> Iterator[Job]:
        """Jobs, newest first, ``limit`` at most; pages are asked for as they are needed."""
        chosen, after, left = {"state": state, "label": label, "source": source, "batch": batch}, None, limit
        while left > 0:
            wanted = {**chosen, "limit": min(left, 500), "after": after}
            page = self._get(
                JobPage, "/v1/jobs", {name: value for name, value in wanted.items() if value is not None}
            )
            yield from page.jobs
            left, after = left - len(page.jobs), page.next
            if after is None:
                return

    def job(self, job_id: str, wait_s: float = 0.0) -> Job:
        """One job, with the files that it has made.

        Args:
            job_id: its id.
            wait_s: seconds to wait for its end, as many as the service allows.
        """
        return self._get_after(Job, _path(job_id), wait_s)

    def batch(self, batch_id: str, wait_s: float = 0.0) -> Batch:
        """The jobs of a batch in numbers.

        Args:
            batch_id: its id.
            wait_s: seconds to wait for the end of all of them, as many as the service allows.

        Raises:
            BatchNotFoundError: there is none.
        """
        return self._get_after(Batch, _path(batch_id, "batches"), wait_s)

    def batches(self, limit: int = 20) -> Iterator[Batch]:
        """Batches, newest first, ``limit`` at most; pages are asked for as they are needed."""
        after, left = None, limit
        while left > 0:
            wanted = {"limit": min(left, 100)} | ({} if after is None else {"after": after})
            page = self._get(BatchPage, "/v1/batches", wanted)
            yield from page.batches
            left, after = left - len(page.batches), page.next
            if after is None:
                return

    def cancel_batch(self, batch_id: str) -> Batch:
        """Stop all jobs of a batch that wait or run.

        Raises:
            BatchNotFoundError: there is none.
        """
        return self._model(Batch, self._send("POST", f"{_path(batch_id, 'batches')}/cancel"))

    def submit(
        self,
        videos: Sequence[Path],
        *,
        uris: Sequence[str] = (),
        workflow: str = STANDARD_NAME,
        priority: int = 5,
        labels: Mapping[str, str] | None = None,
        options: JobOptions | None = None,
        webhook: JobWebhook | None = None,
        batch: str | None = None,
        deadline_s: float | None = None,
        key: str | None = None,
        on_progress: Progress = lambda _done, _total: None,
    ) -> Job:
        """Upload videos as one job; files are streamed, never held in memory.

        Args:
            videos: files, and folders of numbered pictures, which are packed first.
            uris: videos that the service may read itself.
            workflow: its name.
            priority: 0 to 10, the highest first.
            labels: names and values.
            options: what is known of the videos, and what is to be made of them.
            webhook: is told when the job has ended.
            batch: 32 hexadecimal digits; jobs with the same are listed, waited for and cancelled together.
            deadline_s: seconds after which the job fails where it has not ended.
            key: the Idempotency-Key; one of its own without.
            on_progress: told the bytes that were sent, and all bytes.

        Raises:
            InputNotFoundError: a file is not there, or cannot be read, or a folder holds no series of pictures.
            OutputError: no space to pack a folder.
        """
        content = {
            "workflow": workflow,
            "priority": priority,
            "labels": dict(labels or {}),
            "options": (options or JobOptions()).model_dump(mode="json", exclude_none=True),
            "webhook": None if webhook is None else webhook.model_dump(mode="json", exclude_none=True),
            "batch": batch,
            "deadline_s": deadline_s,
        }
        headers = {"Idempotency-Key": key or secrets.token_hex(16)}
        if not videos:
            body = {**content, "inputs": [{"uri": uri} for uri in uris]}
            return self._model(Job, self._send("POST", "/v1/jobs", headers=headers, json=body))
        with ExitStack() as stack:
            videos = [_packed(path, stack) if path.is_dir() else path for path in videos]
            opened_videos = [(path.name, stack.enter_context(opened(path))) for path in videos]
            counted = CountedUpload(sum(path.stat().st_size for path in videos), on_progress)
            parts = [("file", (name, counted.of(stream))) for name, stream in opened_videos]
            fields = {**_form_fields(content), "uri": list(uris)}
            return self._model(Job, self._send("POST", "/v1/jobs", headers=headers, data=fields, files=parts))

    def cancel(self, job_id: str) -> Job:
        """Stop a job that waits or runs.

        Raises:
            JobStateError: it has completed or failed.
        """
        return self._model(Job, self._send("POST", f"{_path(job_id)}/cancel"))

    def remove(self, job_id: str) -> None:
        """Forget a job that has ended, and delete its files.

        Raises:
            JobStateError: it waits or runs.
        """
        self._send("DELETE", _path(job_id))

    def retry(self, job_id: str, step: StepKind | None = None) -> Job:
        """Queue an ended job again, from a step on where one is named."""
        wanted = {} if step is None else {"step": step}
        return self._model(Job, self._send("POST", f"{_path(job_id)}/retry", params=wanted))

    def log(self, job_id: str) -> tuple[str, ...]:
        """What happened to a job, a line each."""
        return tuple(self._send("GET", f"{_path(job_id)}/log").json())

    def events(self, job_id: str) -> Iterator[Job]:
        """A job at each change of it, until it has ended; a connection that breaks off is made again."""
        while True:
            with suppress(ServiceUnreachableError), self._stream("GET", f"{_path(job_id)}/events") as response:
                for line in response.iter_lines():
                    if line.startswith("data:"):
                        job = Job.model_validate_json(line.removeprefix("data:"))
                        yield job
                        if job.state in ENDED:
                            return
            time.sleep(_AGAIN_S)
            job = self.job(job_id)  # fails where the service is gone for good
            yield job
            if job.state in ENDED:
                return

    def streams(self) -> tuple[StreamReport, ...]:
        """The live streams that the caller may see, as they are now."""
        return self._get(StreamList, "/v1/streams").streams

    def stream(self, stream_id: str) -> StreamReport:
        """One live stream as it is now.

        Raises:
            StreamNotFoundError: there is none of this name.
        """
        return self._get(StreamReport, _path(stream_id, "streams"))

    def add_stream(self, stream_id: str, spec: Mapping[str, Any]) -> StreamReport:
        """Register a live stream, in place of one of the same name.

        Args:
            stream_id: its name.
            spec: with the nesting of :class:`~neuropose_ray.schemas.live_messages.StreamSpec`.

        Raises:
            SourceError: it is no source, or the service may not read it.
            RuleError: its pipeline is wrong.
        """
        return self._model(StreamReport, self._send("PUT", _path(stream_id, "streams"), json=dict(spec)))

    def remove_stream(self, stream_id: str) -> None:
        """Watch a live stream no more.

        Raises:
            StreamNotFoundError: there is none of this name.
        """
        self._send("DELETE", _path(stream_id, "streams"))

    def download(self, job: Job, folder: Path, on_progress: Progress = lambda _done, _total: None) -> list[Path]:
        """All files that a job has made, into a folder; each appears whole.

        Args:
            job: as :meth:`job` gives it.
            folder: made if it is not there.
            on_progress: told the bytes that were received, and all bytes.

        Raises:
            ServiceError: the service names a file outside the folder.
            OutputError: the file system refuses.
        """
        total, done = sum(file.size_bytes for file in job.artifacts), 0
        paths = []
        for artifact in job.artifacts:
            path = folder / artifact.path
            if Path(artifact.path).is_absolute() or ".." in Path(artifact.path).parts:
                raise ServiceError("names a file outside of its results", where=self._url)
            with (
                self._stream("GET", f"{_path(job.id)}/artifacts/{quote(artifact.path)}") as response,
                atomic_write(path) as file,
            ):
                for block in response.iter_bytes(_BLOCK_BYTES):
                    file.write(block)
                    done += len(block)
                    on_progress(done, total)
            paths.append(path)
        return paths


def _path(name: str, kind: str = "jobs") -> str:
    """The path of a resource, whose name may come from a command line."""
    return f"/v1/{kind}/{quote(name, safe='')}"


def _form_fields(content: Mapping[str, Any]) -> dict[str, str]:
    """A submission's content as fields of a form: options beside the rest, texts as they are, all else as JSON."""
    fields = {name: value for name, value in content.items() if name != "options"} | content["options"]
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in fields.items()
        if value is not None
    }


def _packed(folder: Path, stack: ExitStack) -> Path:
    """An archive of a folder's pictures, which goes with the stack."""
    from neuropose_ray.service.frame_archives import pack_frames

    temporary = stack.enter_context(TemporaryDirectory(prefix="neuropose-ray-frames-"))
    archive = Path(temporary) / f"{folder.resolve().name}.tar"
    pack_frames(folder, archive)
    return archive
