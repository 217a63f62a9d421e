"""Jobs over HTTP: submit, list, look at, cancel, remove, try again."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from neuropose_ray.schemas.job_names import ENDED, JobState, StepKind
from neuropose_ray.schemas.jobs import Job, JobId, JobOptions, JobPage
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import Caller, needs
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.job_intake import Submissions
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.submissions import Submission, submission_schema
from neuropose_ray.service.http.waiting import JobEnds, Wait

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="of a job", examples=["0f" * 16])]
Reader = Annotated[Caller, Depends(needs("read"))]
Administrator = Annotated[Caller, Depends(needs("admin"))]
Submitter = Annotated[Caller, Depends(needs("submit"))]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="the same key means the same job: a request that is sent again, because its answer was lost, "
        "makes no second one",
    ),
]
_FORM = {
    "type": "object",
    "properties": {
        "file": {
            "type": "array", "items": {"type": "string", "format": "binary"}, "description": "videos; any field name"
        },
        "uri": {"type": "array", "items": {"type": "string"}, "description": "videos where they lie"},
        "workflow": {"type": "string", "default": "standard"},
        "priority": {"type": "integer", "minimum": 0, "maximum": 10, "default": 5},
        "labels": {"type": "string", "description": "a JSON object of texts", "examples": ['{"patient": "p07"}']},
        "webhook": {
            "type": "string",
            "description": "a URL that is told when the job has ended, or a JSON object of `url` and `secret`",
        },
        "batch": Submission.model_json_schema()["properties"]["batch"],
        "deadline_s": Submission.model_json_schema()["properties"]["deadline_s"],
        **JobOptions.model_json_schema()["properties"],
    },
}  # fmt: skip
#: Routes read their bodies as streams, so their description is written by hand.
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/json": {"schema": submission_schema()},
        },
    }
}

#: The same of a route that takes forms alone.
FORM_BODY: dict[str, Any] = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


def job_router(jobs: Jobs, data: DataFolder, submissions: Submissions, ends: JobEnds) -> APIRouter:
    """The routes below ``/v1/jobs`` that answer with jobs.

    Args:
        jobs: the job manager.
        data: the service's folder.
        submissions: takes jobs on.
        ends: notices that jobs have ended.
    """
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

    @router.post(
        "",
        status_code=202,
        summary="Submit videos",
        openapi_extra=BODY,
        responses=problems(
            s404="no such job to compare with",
            s409="the Idempotency-Key was used for another request, or the job to compare with has no results",
            s408="the body comes too slowly",
            s413="beyond a limit on bytes, files, seconds or pixels",
            s429="too many jobs wait; see Retry-After",
            s507="the disk is nearly full",
        )
        | {200: {"model": Job, "description": "it has ended within the time to wait, see its `state`"}},
    )
    async def submit_job(
        request: Request, response: Response, caller: Submitter, key: Key = None, wait: Wait = 0.0
    ) -> Job:
        """Upload videos as a form, or name them by URI in JSON or in fields `uri`; poll `Location` for the result.

        With `?wait=30` the answer comes when the job has ended, with status 200, or after 30 seconds with 202: ask
        `Location` with the same `wait` then. A client that goes away meanwhile has its job all the same.
        """
        job = await submissions.take(request, caller, key)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        job = await ends.job(request, VisibleJobs(jobs, caller), job, wait)
        if wait > 0 and job.state in ENDED:
            response.status_code = 200
        return job

    @router.get("", summary="List jobs, newest first", responses=problems(s404="no such batch"))
    async def list_jobs(
        caller: Reader,
        state: JobState | None = None,
        label: Annotated[str | None, Query(max_length=261, description="`name=value`, or a name alone")] = None,
        source: Annotated[Literal["http", "inbox"] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
        batch: Annotated[JobId | None, Query(description="of the batch with this id")] = None,
    ) -> JobPage:
        return await VisibleJobs(jobs, caller).jobs(
            state=state, label=label, source=source, limit=limit, after=after, batch=batch
        )

    @router.get("/{job_id}", summary="One job", responses=problems(s404="no such job"))
    async def get_job(request: Request, caller: Reader, job_id: Id, wait: Wait = 0.0) -> Job:
        """With `?wait=30` the answer comes when it has ended, or after 30 seconds with the job as it is then."""
        visible = VisibleJobs(jobs, caller)
        return await ends.job(request, visible, await visible.job(job_id), wait)

    @router.delete(
        "/{job_id}",
        summary="Remove a job that has ended, with all its files",
        responses=problems(s404="no such job", s409="it waits or runs: cancel it first"),
        status_code=204,
    )
    async def remove_job(caller: Administrator, job_id: Id) -> None:
        """Nothing of a job that waits or runs is touched; to stop it is another request, `POST .../cancel`."""
        await VisibleJobs(jobs, caller).remove(job_id)

    @router.post(
        "/{job_id}/cancel",
        status_code=202,
        summary="Stop a job that waits or runs",
        responses=problems(s404="no such job", s409="it has completed or failed"),
    )
    async def cancel_job(caller: Submitter, job_id: Id) -> Job:
        """The job and its files stay. A job that is cancelled already is given back, so this can be sent again."""
        return await VisibleJobs(jobs, caller).cancel(job_id)

    @router.post(
        "/{job_id}/retry",
        status_code=202,
        summary="Try a job again that has ended",
        responses=problems(s404="no such job", s409="it waits or runs, or it has completed and no step is named"),
    )
    async def retry_job(
        caller: Submitter,
        job_id: Id,
        step: Annotated[
            StepKind | None,
            Query(
                description="a step to do again, with those after it, which read its results; also of a job that has "
                "completed. None: a failed or cancelled job goes on with the step that it ended in"
            ),
        ] = None,
    ) -> Job:
        return await VisibleJobs(jobs, caller).retry(job_id, step)

    @router.get("/{job_id}/log", summary="What happened to a job", responses=problems(s404="no such job"))
    async def get_log(caller: Reader, job_id: Id) -> tuple[str, ...]:
        # Lines about files say where they lie; where this service keeps its own is no client's business.
        return tuple(line.replace(f"{data.root}/", "") for line in await VisibleJobs(jobs, caller).log(job_id))

    return router
