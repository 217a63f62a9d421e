"""Requests that make a batch: a job of each of their videos."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from fastapi import Request

from neuropose_ray.errors import InputError, NeuroposeRayError, OverloadedError, RequestError
from neuropose_ray.schemas.batches import Batch
from neuropose_ray.schemas.jobs import JobError, JobInput, JobRequest
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.disconnect import unless_gone
from neuropose_ray.service.http.errors import public_message
from neuropose_ray.service.http.job_intake import Submissions
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs
from neuropose_ray.service.http.submissions import NamedInput, job_id, job_request
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.settings import ServiceSettings


class BatchSubmissions:
    """Takes batches on.

    Args:
        jobs: the job manager.
        submissions: takes a job on.
        settings: limits, and what may be read by URI.
    """

    def __init__(self, jobs: Jobs, submissions: Submissions, settings: ServiceSettings) -> None:
        self._jobs, self._submissions, self._settings = jobs, submissions, settings
        self._inputs = Inputs(settings.uploads)

    async def take(self, request: Request, caller: Caller, key: str | None) -> Batch:
        """Read a request whole and make a job of each video; one that cannot be used stops none of the others.

        Sent again with its Idempotency-Key it makes no second job of a video.

        Raises:
            NeuroposeRayError: no job was made, or not all, for a reason that lies in none of the videos.
        """
        batch_id = job_id(caller.name, None if key is None else f"batch {key}")
        await self._submissions.check_open(batch_id)
        upload = self._submissions.new_upload()
        try:
            submission = await self._submissions.read(request, upload, caller)
            batch_id = submission.batch or batch_id
            usable, refused = await unless_gone(request, self._usable(upload, submission.inputs))
            if not usable:
                raise refused[0][1] if refused else RequestError("a batch without a video", hint="upload some")
            shared = submission.model_copy(update={"batch": batch_id})
            ids = [job_id(caller.name, f"{batch_id} {given.uri or given.name}") for given in usable]
            wanted = [
                job_request(name, caller.name, shared, [given]) for name, given in zip(ids, usable, strict=True)
            ]
            await self._check_room(len(wanted))
        except BaseException:  # also a client that has gone away
            await asyncio.shield(asyncio.to_thread(upload.discard))
            raise
        # From here on a client that goes away has its jobs all the same.
        await asyncio.shield(self._submit(wanted, upload))
        batch = await VisibleJobs(self._jobs, caller).batch(batch_id)
        refusals = (JobError(code=why.code, message=public_message(why), input=name) for name, why in refused)
        return batch.model_copy(update={"refused": tuple(refusals)})

    async def _usable(
        self, upload: Upload, named: Sequence[NamedInput]
    ) -> tuple[list[JobInput], list[tuple[str, NeuroposeRayError]]]:
        """The inputs that can be used, and why which cannot."""
        usable: list[JobInput] = []
        refused: list[tuple[str, NeuroposeRayError]] = []
        for given in upload.inputs:
            try:
                await self._submissions.check_files(upload, [given.name])
                usable.append(given)
            except (InputError, RequestError) as error:
                refused.append((given.name, error))
        for uri in dict.fromkeys(picture.uri for picture in named):
            try:
                usable.append(await asyncio.to_thread(self._inputs.admit, uri))
            except (InputError, RequestError) as error:
                refused.append((uri, error))
        return usable, refused

    async def _check_room(self, jobs: int) -> None:
        """Refuse a batch as a whole that has more jobs than may wait."""
        most, queued = self._settings.jobs.queued, (await self._jobs.status()).queued
        if queued + jobs > most:
            raise OverloadedError(f"{queued} jobs wait, and {most} may", hint="submit fewer, or try again later")

    async def _submit(self, wanted: Sequence[JobRequest], upload: Upload) -> None:
        try:
            for job in wanted:
                (given,) = job.inputs
                move: Callable[[Path], None] | None = None
                if given.uri is None:
                    move = partial(upload.move_one_to, given.name)
                await self._submissions.submit(job, move)
        finally:
            await asyncio.to_thread(upload.discard)
