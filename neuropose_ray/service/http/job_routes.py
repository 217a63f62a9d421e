"""Jobs over HTTP: submit, list, look at, cancel, remove, try again."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal
from weakref import WeakValueDictionary

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from starlette.requests import ClientDisconnect

from neuropose_ray.errors import (
    DrainingError,
    JobNotFoundError,
    NeuroposeRayError,
    NotReadyError,
    OverloadedError,
    RequestError,
)
from neuropose_ray.schemas.jobs import ENDED, Job, JobPage, JobRequest, JobState
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import Caller, needs, require
from neuropose_ray.service.http.errors import problems
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.http.probing import check_videos
from neuropose_ray.service.http.submissions import (
    Submission,
    job_id,
    job_request,
    read_json,
    read_upload,
    submission_schema,
)
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.settings import ServiceSettings

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="of a job", examples=["0f" * 16])]
Reader = Annotated[Caller, Depends(needs("read"))]
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
    },
}  # fmt: skip
# What a form has beside its files, at most.
_FORM_ITSELF_BYTES = 1 << 20
#: Routes read their bodies as streams, so their description is written by hand.
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FORM},
            "application/json": {"schema": submission_schema()},
        },
    }
}


class Submissions:
    """Takes jobs on.

    Args:
        jobs: the job manager.
        data: the service's folder.
        settings: limits, and what may be read by URI.
    """

    def __init__(self, jobs: Jobs, data: DataFolder, settings: ServiceSettings) -> None:
        self._jobs, self._data, self._settings = jobs, data, settings
        self._inputs = Inputs(settings.uploads)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def take(self, request: Request, caller: Caller, key: str | None) -> Job:
        """Read a request whole and make a job of it; after an error nothing of it is left."""
        name = job_id(caller.name, key)
        await self._check_open(name)
        upload = Upload(self._data, self._settings.uploads, self._settings.jobs.min_free_bytes)
        try:
            submission = await self._read(request, upload)
            named = [await asyncio.to_thread(self._inputs.admit, each.uri) for each in submission.inputs]
            wanted = job_request(name, submission, [*upload.inputs, *named])
            await check_videos(upload.folder, [each.name for each in upload.inputs], self._settings.uploads)
        except BaseException:  # also a client that has gone away
            await asyncio.shield(asyncio.to_thread(upload.discard))
            raise
        # From here on a client that goes away has its job all the same.
        return await asyncio.shield(self._submit(wanted, upload))

    async def _check_open(self, name: str) -> None:
        """Refuse before the files are sent what would be refused afterwards; a job that is known is no new one."""
        status = await self._jobs.status()
        full = status.queued >= self._settings.jobs.queued
        if (status.mode == "draining" or full) and await self._known(name) is None:
            if full:
                raise OverloadedError(f"{status.queued} jobs wait already", hint="try again later")
            raise DrainingError("no new jobs are taken", hint="an administrator has said so; try again later")

    async def _read(self, request: Request, upload: Upload) -> Submission:
        kind = request.headers.get("content-type", "")
        announced = request.headers.get("content-length", "")
        if kind.startswith("multipart/form-data"):
            if announced.isdecimal():
                upload.check_room(max(0, int(announced) - _FORM_ITSELF_BYTES))
            return await read_upload(kind, _body(request), upload)
        if kind.partition(";")[0].strip() == "application/json":
            return await read_json(_body(request))
        raise RequestError("neither a form nor JSON", where="Content-Type", hint="see /docs")

    async def _known(self, name: str) -> Job | None:
        try:
            return await self._jobs.job(name)
        except JobNotFoundError:
            return None

    async def _submit(self, wanted: JobRequest, upload: Upload) -> Job:
        turn = self._turns.setdefault(wanted.id, asyncio.Lock())
        async with turn:  # two requests with one key
            folder = self._data.job(wanted.id)
            is_new = True
            try:
                is_new = await self._known(wanted.id) is None
                if is_new and upload.inputs:
                    await asyncio.to_thread(upload.move_to, folder.uploads)
                return await self._jobs.submit(wanted)
            except NotReadyError:
                raise  # whether it was taken on is not known; the manager clears up what is no job's
            except NeuroposeRayError:
                if is_new:
                    await asyncio.to_thread(shutil.rmtree, folder.root, ignore_errors=True)
                raise
            finally:
                await asyncio.to_thread(upload.discard)


async def _body(request: Request) -> AsyncIterator[bytes]:
    """The request's body as it comes.

    Raises:
        RequestError: the client went away.
    """
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        raise RequestError("the request broke off") from error


def job_router(jobs: Jobs, data: DataFolder, settings: ServiceSettings) -> APIRouter:
    """The routes below ``/v1/jobs`` that answer with jobs."""
    router = APIRouter(prefix="/v1/jobs", tags=["jobs"])
    submissions = Submissions(jobs, data, settings)

    @router.post(
        "",
        status_code=202,
        summary="Submit videos",
        openapi_extra=_BODY,
        responses=problems(
            s409="the Idempotency-Key was used for another request",
            s413="beyond a limit on bytes, files, seconds or pixels",
            s429="too many jobs wait; see Retry-After",
            s507="the disk is nearly full",
        ),
    )
    async def submit(request: Request, response: Response, caller: Submitter, key: Key = None) -> Job:
        """Upload videos as a form, or name them by URI in JSON or in fields `uri`; poll `Location` for the result."""
        job = await submissions.take(request, caller, key)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return job

    @router.get("", summary="List jobs, newest first", responses=problems())
    async def list_jobs(
        _caller: Reader,
        state: JobState | None = None,
        label: Annotated[str | None, Query(max_length=261, description="`name=value`, or a name alone")] = None,
        source: Annotated[Literal["http", "inbox"] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: Annotated[str | None, Query(max_length=200, description="`next` of the page before")] = None,
    ) -> JobPage:
        return await jobs.jobs(state=state, label=label, source=source, limit=limit, after=after)

    @router.get("/{job_id}", summary="One job", responses=problems(s404="no such job"))
    async def show(_caller: Reader, job_id: Id) -> Job:
        return await jobs.job(job_id)

    @router.delete(
        "/{job_id}",
        summary="Cancel, or remove",
        responses={
            **problems(s404="no such job", s409="its state changed meanwhile"),
            202: {"model": Job, "description": "it is being cancelled"},
            204: {"description": "it is removed"},
        },
        status_code=202,
        response_model=None,
    )
    async def delete(caller: Submitter, job_id: Id) -> Response:
        """A job that waits or runs is cancelled and kept.

        One that has ended is removed with all its files, which needs the scope `admin`.
        """
        job = await jobs.job(job_id)
        if job.state not in ENDED:
            return Response((await jobs.cancel(job_id)).model_dump_json(), 202, media_type="application/json")
        require(caller, "admin")
        await jobs.remove(job_id)
        return Response(status_code=204)

    @router.post(
        "/{job_id}/retry",
        status_code=202,
        summary="Try a failed or cancelled job again",
        responses=problems(s404="no such job", s409="it has not failed, nor was it cancelled"),
    )
    async def retry(_caller: Submitter, job_id: Id) -> Job:
        return await jobs.retry(job_id)

    @router.get("/{job_id}/log", summary="What happened to a job", responses=problems(s404="no such job"))
    async def log(_caller: Reader, job_id: Id) -> tuple[str, ...]:
        # Lines about files say where they lie; where this service keeps its own is no client's business.
        return tuple(line.replace(f"{data.root}/", "") for line in await jobs.log(job_id))

    return router
