"""Jobs over HTTP: submit, list, look at, cancel, remove, try again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal
from weakref import WeakValueDictionary

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from neuropose_ray.errors import (
    DrainingError,
    JobNotFoundError,
    JobStateError,
    NeuroposeRayError,
    NotReadyError,
    OverloadedError,
    RequestError,
)
from neuropose_ray.schemas.job_names import ENDED, JobState, StepKind
from neuropose_ray.schemas.jobs import Job, JobId, JobOptions, JobPage, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import Caller, needs
from neuropose_ray.service.http.bodies import body_of
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.probing import check_videos
from neuropose_ray.service.http.submissions import (
    MAX_JSON_BYTES,
    Submission,
    job_id,
    job_request,
    read_json_submission,
    read_upload,
    submission_schema,
)
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.http.waiting import JobEnds, Wait
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.jobs.mode import CLOSED
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.stores import require_allowed

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
# What a form has beside its files, at most.
_FORM_ITSELF_BYTES = 1 << 20
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


class Submissions:
    """Takes jobs on.

    Args:
        jobs: the job manager.
        data: the service's folder.
        settings: limits, and what may be read by URI.
        models: the names of pose models that jobs may ask for.
    """

    def __init__(self, jobs: Jobs, data: DataFolder, settings: ServiceSettings, models: tuple[str, ...]) -> None:
        self._jobs, self._data, self._settings, self._models = jobs, data, settings, models
        self._inputs = Inputs(settings.uploads)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, request: Request, caller: Caller, key: str | None) -> Job:
        """Read a request whole and make a job of it; after an error nothing of it is left."""
        name = job_id(caller.name, key)
        await self.check_open(name)
        upload = self.new_upload()
        try:
            submission = await self.read(request, upload, caller)
            named = [await asyncio.to_thread(self._inputs.admit, job_input.uri) for job_input in submission.inputs]
            wanted = job_request(name, caller.name, submission, [*upload.inputs, *named])
            await self.check_files(upload, [job_input.name for job_input in upload.inputs])
        except BaseException:  # also a client that has gone away
            await asyncio.shield(asyncio.to_thread(upload.discard))
            raise
        # From here on a client that goes away has its job all the same.
        return await asyncio.shield(self._submit_all(wanted, upload))

    def new_upload(self) -> Upload:
        """What the files of a request go to."""
        return Upload(self._data, self._settings.uploads, self._settings.jobs.min_free_bytes)

    async def check_files(self, upload: Upload, names: list[str]) -> None:
        """Refuse files of an upload that are no videos, or beyond the limits."""
        await check_videos(upload.folder, names, self._settings.uploads, self._settings.archives)

    async def read(self, request: Request, upload: Upload, caller: Caller) -> Submission:
        """Read a request whole, its files into the upload, and refuse what it may not ask for."""
        submission = await self._read(request, upload)
        self._check_model(submission.options.model)
        await self._check_comparison(submission.options.compare_with, caller)
        if submission.webhook is not None:
            require_allowed(submission.webhook.url, self._settings.webhooks)
        return submission

    async def check_open(self, name: str) -> None:
        """Refuse before the files are sent what would be refused afterwards; a job that is known is no new one."""
        status = await self._jobs.status()
        full = status.queued >= self._settings.jobs.queued
        if (status.mode in CLOSED or full) and await self._known(name) is None:
            if full:
                raise OverloadedError(f"{status.queued} jobs wait already", hint="try again later")
            raise DrainingError("no new jobs are taken", hint="an administrator has said so; try again later")

    async def _read(self, request: Request, upload: Upload) -> Submission:
        kind = request.headers.get("content-type", "")
        media_type = kind.partition(";")[0].strip().lower()
        announced = request.headers.get("content-length", "")
        if media_type == "multipart/form-data":
            if announced.isdecimal():
                upload.check_room(max(0, int(announced) - _FORM_ITSELF_BYTES))
            return await read_upload(kind, body_of(request, None), upload)
        if media_type == "application/json":
            return await read_json_submission(body_of(request, MAX_JSON_BYTES, "submit several jobs"))
        raise RequestError("neither a form nor JSON", where="Content-Type", hint="see /docs")

    def _check_model(self, model: str | None) -> None:
        if model not in (None, *self._models):
            known = ", ".join(self._models)
            raise RequestError("the service has no such pose model", where="model", hint=f"there are: {known}")

    async def _check_comparison(self, other: str | None, caller: Caller) -> None:
        """Refuse a comparison with a job that the caller may not see, or that has no results to come."""
        if other is None:
            return
        known = await VisibleJobs(self._jobs, caller).job(other)
        if known.state in ("failed", "cancelled"):
            raise JobStateError(f"the job to compare with is {known.state}", where="compare_with")

    async def _known(self, name: str) -> Job | None:
        try:
            return await self._jobs.job(name)
        except JobNotFoundError:
            return None

    async def _submit_all(self, wanted: JobRequest, upload: Upload) -> Job:
        try:
            return await self.submit(wanted, upload.move_to if upload.inputs else None)
        finally:
            await asyncio.to_thread(upload.discard)

    async def submit(self, wanted: JobRequest, move: Callable[[FilePath], None] | None) -> Job:
        """Give a job its files, and let the manager take it on; after an error nothing of it is left.

        Args:
            wanted: the job.
            move: moves its files into a folder; None where it has none.
        """
        turn = self._turns.setdefault(wanted.id, asyncio.Lock())
        async with turn:  # two requests with one key
            folder = self._data.job(wanted.id)
            is_new = True
            try:
                is_new = await self._known(wanted.id) is None
                if is_new and move is not None:
                    await asyncio.to_thread(move, folder.uploads)
                return await self._jobs.submit(wanted)
            except NotReadyError:
                raise  # whether it was taken on is not known; the manager clears up what is no job's
            except NeuroposeRayError:
                if is_new:
                    await asyncio.to_thread(shutil.rmtree, folder.root, ignore_errors=True)
                raise


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
