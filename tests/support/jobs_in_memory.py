"""The service's interface over jobs in memory: what routes do, without a queue, Serve or a pose model."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from neuropose_ray.errors import BatchNotFoundError, JobNotFoundError, JobStateError, NeuroposeRayError
from neuropose_ray.schemas.batches import BatchPage
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job, JobPage, JobProgress, JobRequest, JobsStatus
from neuropose_ray.service.http.ingress import interface
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.jobs.batches import batch_of
from neuropose_ray.service.settings import ServiceSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class JobsInMemory(Jobs):
    """Jobs that end when the test says so, or after so many looks.

    Args:
        looks: at which a job that was submitted has ended; None: when :meth:`end` is called.
    """

    def __init__(self, looks: int | None = None) -> None:
        self.known: dict[str, Job] = {}
        self.requests: dict[str, JobRequest] = {}
        self.refusal: Callable[[JobRequest], NeuroposeRayError | None] = lambda _request: None
        self._looks = looks

    def end(self, job_id: str, state: str = "completed") -> None:
        self.known[job_id] = self.known[job_id].model_copy(update={"state": state, "ended_at": NOW})

    async def submit(self, request: JobRequest) -> Job:
        if (refused := self.refusal(request)) is not None:
            raise refused
        known = self.requests.setdefault(request.id, request)
        if not known.same_work(request):
            raise JobStateError("this id is another job's")
        if request.id not in self.known:
            self.known[request.id] = Job(
                id=request.id, state="queued", workflow=request.workflow, priority=request.priority,
                inputs=tuple(each.name for each in request.inputs), labels=request.labels, source="http", attempts=0,
                progress=JobProgress(), submitted_at=request.submitted_at, owner=request.owner, batch=request.batch,
                options=request.options.as_shown(),
            )  # fmt: skip
        return self.known[request.id]

    async def job(self, job_id: str, *, patience_s: float | None = None) -> Job:
        try:
            return self.known[job_id]
        except KeyError:
            raise JobNotFoundError("there is no such job") from None

    async def jobs(self, **filters: Any) -> JobPage:
        batch, owner = filters.get("batch"), filters.get("owner")
        return JobPage(
            jobs=tuple(
                job for job in self.known.values() if batch in (None, job.batch) and owner in (None, job.owner)
            )
        )

    async def cancel(self, job_id: str) -> Job:
        self.end(job_id, "cancelled")
        return await self.job(job_id)

    async def ended(self, job_ids: tuple[str, ...]) -> tuple[str, ...]:
        if self._looks is not None:
            self._looks -= 1
            for job_id in job_ids if self._looks <= 0 else ():
                self.end(job_id)
        return tuple(job_id for job_id in job_ids if job_id not in self.known or self.known[job_id].state in ENDED)

    async def batch(self, batch_id: str, owner: str | None):
        jobs = (await self.jobs(batch=batch_id, owner=owner)).jobs
        if not jobs:
            raise BatchNotFoundError("there is no such batch")
        return batch_of(batch_id, jobs)

    async def batches(self, **filters: Any) -> BatchPage:
        ids = dict.fromkeys(job.batch for job in self.known.values() if job.batch is not None)
        found = []
        for batch_id in ids:
            try:
                found.append(await self.batch(batch_id, filters["owner"]))
            except BatchNotFoundError:
                continue
        return BatchPage(batches=tuple(found[: filters["limit"]]))

    async def going_on(self, batch_id: str, owner: str | None) -> tuple[str, ...]:
        await self.batch(batch_id, owner)
        jobs = (await self.jobs(batch=batch_id, owner=owner)).jobs
        return tuple(job.id for job in jobs if job.state not in ENDED)

    async def cancel_batch(self, batch_id: str, owner: str | None):
        for job_id in await self.going_on(batch_id, owner):
            await self.cancel(job_id)
        return await self.batch(batch_id, owner)

    async def status(self) -> JobsStatus:
        return JobsStatus(
            mode="running", active=0, queued=0, processed=0, errors=0, cancelled=0, uptime_s=1.0, queues={},
            disk_free_bytes=1,
        )  # fmt: skip


class PoseHandle:
    """Stands for the deployment of a pose model that no request reaches."""

    def options(self, **_: object) -> "PoseHandle":
        return self


class Interface:
    """The application over jobs in memory; each caller's name is its secret.

    Args:
        folder: the data folder.
        manager: the jobs behind it.
        poses: handle of the pose model's deployment.
        scopes: of the callers, by their names; without any there are no tokens.
        settings: further ones of the service.
    """

    def __init__(
        self,
        folder: Path,
        manager: Jobs,
        poses: Any = None,
        scopes: dict[str, list[str]] | None = None,
        **settings: Any,
    ) -> None:
        tokens = [
            {"name": name, "sha256": hashlib.sha256(name.encode()).hexdigest(), "scopes": given}
            for name, given in (scopes or {}).items()
        ]
        settings = {"jobs": {"min_free_bytes": 0}, **settings}
        self.settings = ServiceSettings(data_dir=folder, tokens=tokens, **settings)
        handles = {"blazepose": poses or PoseHandle()}
        self.app = interface(self.settings, handles, manager, None)  # type: ignore[arg-type]

    def ask(self, *requests: tuple[str, str, dict[str, Any]], caller: str | None = None) -> list[httpx.Response]:
        """Answers to (method, path, what httpx takes), one after the other."""

        async def answers() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 1))
            headers = {} if caller is None else {"authorization": f"Bearer {caller}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://127.0.0.1:8000", headers=headers
            ) as session:
                return [await session.request(method, path, **more) for method, path, more in requests]

        return asyncio.run(answers())

    def one(self, method: str, path: str, *, caller: str | None = None, **more: Any) -> httpx.Response:
        """The answer to one request."""
        return self.ask((method, path, more), caller=caller)[0]
