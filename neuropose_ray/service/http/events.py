"""A job's progress as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from neuropose_ray.errors import JobNotFoundError, NotReadyError
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_routes import Id, Reader
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs

#: Twice a second is live to the eye.
POLL_S = 0.5
#: Proxies on the way close a connection that is silent for half a minute or more.
HEARTBEAT_S = 15.0


async def job_events(jobs: Jobs, first: Job) -> AsyncIterator[str]:
    """Every change of a job as an event ``job``, whose data is the job as JSON, until it has ended.

    The first event is the job as it is: a client that connects again, with or without a Last-Event-ID, misses nothing
    that still matters.
    """
    job, shown, number, sent = first, "", 0, time.monotonic()
    while True:
        text = job.model_dump_json(exclude={"artifacts"})
        if text != shown:
            number, shown, sent = number + 1, text, time.monotonic()
            yield f"id: {number}\nevent: job\ndata: {text}\n\n"
        elif time.monotonic() - sent >= HEARTBEAT_S:
            sent = time.monotonic()
            yield ": still here\n\n"
        if job.state in ENDED:
            return
        await asyncio.sleep(POLL_S)
        try:
            job = await jobs.job(first.id, patience_s=HEARTBEAT_S)
        except NotReadyError:
            continue  # the manager is being replaced
        except JobNotFoundError:
            return


def event_router(jobs: Jobs) -> APIRouter:
    """The routes of job events: ``/v1/jobs/{id}/events``."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.get(
        "/{job_id}/events",
        summary="Follow a job",
        response_class=StreamingResponse,
        responses=problems(s404="no such job")
        | {200: {"description": "events `job` with the job as JSON", "content": {"text/event-stream": {}}}},
    )
    async def follow_job(caller: Reader, job_id: Id) -> StreamingResponse:
        """Server-sent events: the job at each change of it, until it has ended."""
        first = await VisibleJobs(jobs, caller).job(job_id)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(job_events(jobs, first), media_type="text/event-stream", headers=headers)

    return router
