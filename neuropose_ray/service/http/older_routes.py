"""Routes that clients of older systems ask, for those who cannot change them; only where the settings say so.

They do what the routes below ``/v1`` do, in other words: a task is a job of one video, and its id the job's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import Field

from neuropose_ray.errors import VideoError
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.job_names import ENDED, JobState
from neuropose_ray.schemas.jobs import Job, JobError, JobId
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_intake import Submissions
from neuropose_ray.service.http.job_routes import FORM_BODY, Key, Reader, Submitter
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.results import Results, joined_results, videos_of
from neuropose_ray.service.http.waiting import JobEnds

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="of a task", examples=["0f" * 16])]
#: For which an upload that is answered with its results is held open.
_HELD_S = 600.0


class TaskReceipt(FrozenModel):
    """Answer to a video that was taken."""

    task_id: JobId
    video_id: JobId = Field(description="the same: a task has one video")


class TaskMetadata(FrozenModel):
    """Where a task comes from, and how often it was tried."""

    source: str
    attempts: int
    last_error: JobError | None


class Task(FrozenModel):
    """A job, as older clients know it."""

    task_id: JobId
    video_id: JobId
    type: str = Field(description="its workflow")
    status: JobState
    progress: float = Field(description="per cent")
    created_at: datetime
    priority: int
    error: JobError | None
    metadata: TaskMetadata


def older_router(jobs: Jobs, results: Results, submissions: Submissions, ends: JobEnds) -> APIRouter:
    """``/videos/``, ``/tasks/{id}``, ``/results/{id}`` and ``/api/upload-video-with-pose``.

    Args:
        jobs: the job manager.
        results: of completed jobs.
        submissions: takes jobs on.
        ends: notices that jobs have ended.
    """
    router = APIRouter(tags=["older clients"])
    refusals = problems(
        s404="no such job to compare with",
        s408="the body comes too slowly",
        s409="the Idempotency-Key was used for another request",
        s413="beyond a limit on bytes, files, seconds or pixels",
        s429="too many jobs wait; see Retry-After",
        s507="the disk is nearly full",
    )
    answers: dict[int | str, dict[str, Any]] = {
        200: {"description": "the poses and the files of the job", "content": {"application/json": {"schema": {}}}}
    }

    @router.post("/videos/", summary="Submit a video", openapi_extra=FORM_BODY, responses=refusals)
    async def submit_video(request: Request, caller: Submitter, key: Key = None) -> TaskReceipt:
        """As `POST /v1/jobs`; ask `/tasks/{task_id}` for its state."""
        job = await submissions.take(request, caller, key)
        return TaskReceipt(task_id=job.id, video_id=job.id)

    @router.get("/tasks/{task_id}", summary="The state of a task", responses=problems(s404="no such task"))
    async def show_task(caller: Reader, task_id: Id) -> Task:
        """As `GET /v1/jobs/{job_id}`."""
        return task_of(await VisibleJobs(jobs, caller).job(task_id))

    @router.get(
        "/results/{task_id}",
        summary="The results of a task",
        response_class=Response,
        responses=problems(s404="no such task", s409="the task has no results (yet)") | answers,
    )
    async def show_task_results(caller: Reader, task_id: Id) -> Response:
        """The poses of `/v1/jobs/{job_id}/results`, and where the task's files are."""
        return _results_response(*await results.of(task_id, caller))

    @router.post(
        "/api/upload-video-with-pose",
        summary="Submit a video, and be answered with its poses",
        response_class=Response,
        openapi_extra=FORM_BODY,
        responses=refusals
        | answers
        | {202: {"model": Task, "description": "it takes longer; ask `/tasks/{task_id}`"}},
    )
    async def upload_video_with_pose(request: Request, caller: Submitter, key: Key = None) -> Response:
        """The answer comes when the job has ended, after ten minutes at most.

        What stands between the client and the service may end a connection sooner: the job goes on all the same.
        """
        job = await submissions.take(request, caller, key)
        job = await ends.job(request, VisibleJobs(jobs, caller), job, _HELD_S)
        if job.state not in ENDED:
            return JSONResponse(task_of(job).model_dump(mode="json"), 202)
        if job.error is not None:
            raise VideoError(f"no poses: {job.error.message}", hint=f"see /tasks/{job.id}")
        return _results_response(*await results.of(job.id, caller))

    return router


def task_of(job: Job) -> Task:
    """A job as older clients know it."""
    return Task(
        task_id=job.id,
        video_id=job.id,
        type=job.workflow,
        status=job.state,
        progress=job.progress.percent,
        created_at=job.submitted_at,
        priority=job.priority,
        error=job.error,
        metadata=TaskMetadata(source=job.source, attempts=job.attempts, last_error=job.last_error),
    )


def _results_response(job: Job, folder: FilePath) -> Response:
    return StreamingResponse(_results_text(job, folder), media_type="application/json")


def _results_text(job: Job, folder: FilePath) -> Iterator[bytes]:
    """One JSON object, block by block: hours of video are gigabytes of numbers."""
    files = [f"/v1/jobs/{job.id}/artifacts/{artifact.path}" for artifact in job.artifacts]
    head = json.dumps({"task_id": job.id, "video_id": job.id, "status": job.state, "artifacts": files})
    yield head[:-1].encode() + b', "results": '
    yield from joined_results(folder, videos_of(folder))
    yield b"}"
