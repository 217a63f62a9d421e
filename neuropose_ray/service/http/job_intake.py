"""Requests that make a job: read whole, checked, and given to the job manager."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from weakref import WeakValueDictionary

from fastapi import Request

from neuropose_ray.errors import (
    DrainingError,
    JobNotFoundError,
    JobStateError,
    NeuroposeRayError,
    NotReadyError,
    OverloadedError,
    RequestError,
)
from neuropose_ray.schemas.jobs import Job, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.bodies import body_of
from neuropose_ray.service.http.disconnect import unless_gone
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.probing import check_videos
from neuropose_ray.service.http.submissions import (
    MAX_JSON_BYTES,
    Submission,
    job_id,
    job_request,
    read_json_submission,
    read_upload,
)
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.jobs.mode import CLOSED
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.stores import require_allowed

#: What a form has beside its files, at most.
_FORM_ITSELF_BYTES = 1 << 20


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
            # Minutes of work for a large upload, for nobody where the client has gone away.
            await unless_gone(request, self.check_files(upload, [job_input.name for job_input in upload.inputs]))
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

    async def _check_comparison(self, job_name: str | None, caller: Caller) -> None:
        """Refuse a comparison with a job that the caller may not see, or that has no results to come."""
        if job_name is None:
            return
        known = await VisibleJobs(self._jobs, caller).job(job_name)
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

    async def submit(self, wanted: JobRequest, move: Callable[[Path], None] | None) -> Job:
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
                if is_new and await self._is_no_job(wanted.id):
                    await asyncio.to_thread(shutil.rmtree, folder.root, ignore_errors=True)
                raise

    async def _is_no_job(self, name: str) -> bool:
        """Whether it is certain that there is no such job: the manager may have failed after it had taken it on."""
        try:
            return await self._known(name) is None
        except NeuroposeRayError:
            return False
