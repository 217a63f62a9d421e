"""Batches over HTTP: jobs that were submitted together, listed, waited for and cancelled by one id."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from neuropose_ray.schemas.batches import Batch, BatchPage
from neuropose_ray.service.http.batch_submissions import BatchSubmissions
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_routes import BODY, Key, Reader, Submitter
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.waiting import JobEnds, Wait

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="of a batch", examples=["0f" * 16])]


def batch_router(jobs: Jobs, submissions: BatchSubmissions, ends: JobEnds) -> APIRouter:
    """The routes below ``/v1/batches``.

    Args:
        jobs: the job manager.
        submissions: takes batches on.
        ends: notices that jobs have ended.
    """
    router = APIRouter(prefix="/v1/batches", tags=["batches"])

    @router.post(
        "",
        status_code=202,
        summary="Submit videos, a job for each",
        openapi_extra=BODY,
        responses=problems(
            s404="no such job to compare with",
            s409="the Idempotency-Key was used for another request, or the job to compare with has no results",
            s408="the body comes too slowly",
            s413="beyond a limit on bytes, files, seconds or pixels",
            s429="too many jobs wait; see Retry-After",
            s507="the disk is nearly full",
        ),
    )
    async def submit_batch(request: Request, response: Response, caller: Submitter, key: Key = None) -> Batch:
        """As `POST /v1/jobs`, with a job for each video. One that cannot be used is among `refused`, without a job.

        Where it breaks off, send it again with the same Idempotency-Key: what has a job gets no second one.
        """
        batch = await submissions.take(request, caller, key)
        response.headers["Location"] = f"/v1/batches/{batch.id}"
        return batch

    @router.get("", summary="List batches, newest first", responses=problems())
    async def list_batches(
        caller: Reader,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
        after: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
    ) -> BatchPage:
        """A page may have fewer than `limit` though there are more: follow `next` until it is null."""
        return await VisibleJobs(jobs, caller).batches(limit=limit, after=after)

    @router.get("/{batch_id}", summary="One batch", responses=problems(s404="no such batch"))
    async def get_batch(request: Request, caller: Reader, batch_id: Id, wait: Wait = 0.0) -> Batch:
        """Its jobs in numbers, and why which failed; `/v1/jobs?batch=` lists them.

        With `?wait=30` the answer comes when all have ended, or after 30 seconds with the batch as it is then.
        """
        return await ends.batch(request, VisibleJobs(jobs, caller), batch_id, wait)

    @router.post(
        "/{batch_id}/cancel",
        status_code=202,
        summary="Stop all jobs of a batch that wait or run",
        responses=problems(s404="no such batch"),
    )
    async def cancel_batch(caller: Submitter, batch_id: Id) -> Batch:
        """Jobs that have ended are left as they are, so that this can be sent again."""
        return await VisibleJobs(jobs, caller).cancel_batch(batch_id)

    return router
