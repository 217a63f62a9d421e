"""The job manager, as routes call it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from neuropose_ray.cluster import SEE_LOG, cause_of
from neuropose_ray.errors import JobNotFoundError, NeuroposeRayError, NotReadyError
from neuropose_ray.schemas.batches import Batch, BatchPage
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import Action, Job, JobPage, JobRequest, JobsStatus
from neuropose_ray.service.http.auth import Caller

#: How long a call waits for the manager's replica to be replaced; a start takes a third of it.
PATIENCE_S = 30.0
_PAUSE_S = 0.5


class Jobs:
    """Calls of the one job manager over its Serve handle.

    While its replica is being replaced calls are repeated: each of them may be made twice without harm, a job is
    known by the id that it was given here.

    Args:
        handle: Serve's, of the deployment.
        patience_s: after which a call is given up.
    """

    def __init__(self, handle: Any, patience_s: float = PATIENCE_S) -> None:
        self._handle, self._patience_s = handle, patience_s

    async def submit(self, request: JobRequest) -> Job:
        """Take a job on; one that is known is given back.

        Raises:
            JobStateError: known with other work.
            OverloadedError, DrainingError, StorageFullError: not now.
        """
        return cast(Job, await self._call("submit", request))

    async def job(self, job_id: str, *, patience_s: float | None = None) -> Job:
        """One job.

        Raises:
            JobNotFoundError: not known.
        """
        return cast(Job, await self._call("job", job_id, patience_s=patience_s))

    async def jobs(self, **filters: Any) -> JobPage:
        """Some of the jobs, newest first, by the filters of the job manager.

        Raises:
            BatchNotFoundError: there is no such batch.
        """
        return cast(JobPage, await self._call("jobs", **filters))

    async def ended(self, job_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these jobs that have ended, or are not known."""
        return cast("tuple[str, ...]", await self._call("ended", job_ids))

    async def batch(self, batch_id: str, owner: str | None) -> Batch:
        """The jobs of a batch that belong to an owner, or of all owners, in numbers.

        Raises:
            BatchNotFoundError: there are none.
        """
        return cast(Batch, await self._call("batch", batch_id, owner))

    async def batches(self, **filters: Any) -> BatchPage:
        """Some of the batches, newest first: ``limit``, ``after``, ``owner``."""
        return cast(BatchPage, await self._call("batches", **filters))

    async def going_on(self, batch_id: str, owner: str | None) -> tuple[str, ...]:
        """The ids of the jobs of a batch that have not ended."""
        return cast("tuple[str, ...]", await self._call("going_on", batch_id, owner))

    async def cancel_batch(self, batch_id: str, owner: str | None) -> Batch:
        """Stop all jobs of a batch that wait or run."""
        return cast(Batch, await self._call("cancel_batch", batch_id, owner))

    async def cancel(self, job_id: str) -> Job:
        """Stop a job that waits or runs."""
        return cast(Job, await self._call("cancel", job_id))

    async def retry(self, job_id: str, step: StepKind | None = None) -> Job:
        """Queue an ended job again, from a step on where one is named."""
        return cast(Job, await self._call("retry", job_id, step))

    async def remove(self, job_id: str) -> None:
        """Forget an ended job and delete its files."""
        await self._call("remove", job_id)

    async def log(self, job_id: str) -> tuple[str, ...]:
        """What happened to a job, a line each."""
        return tuple(await self._call("log", job_id))

    async def status(self) -> JobsStatus:
        """All jobs in numbers."""
        return cast(JobsStatus, await self._call("status"))

    async def control(self, action: Action, *, end: bool) -> JobsStatus:
        """Pause, resume or drain, also to end."""
        return cast(JobsStatus, await self._call("control", action, end=end))

    async def waits_for(self, patience_s: float) -> tuple[str, ...]:
        """What the manager itself still waits for."""
        return tuple(await self._call("ready", patience_s=patience_s))

    async def _call(self, method: str, *args: object, patience_s: float | None = None, **filters: object) -> Any:
        return await patient_call(self._handle, method, args, filters, patience_s or self._patience_s)


class VisibleJobs:
    """The jobs that one caller may know of: its own, or all with the scope ``admin``.

    A job of somebody else is answered as one that is not there.

    Args:
        jobs: all of them.
        caller: who asks.
    """

    def __init__(self, jobs: Jobs, caller: Caller) -> None:
        self._jobs, self._caller = jobs, caller
        self._owner = None if caller.may("admin") else caller.name

    async def job(self, job_id: str) -> Job:
        """One job.

        Raises:
            JobNotFoundError: not known, or somebody else's.
        """
        job = await self._jobs.job(job_id)
        if not self._caller.sees(job.owner):
            raise JobNotFoundError("there is no such job", hint="it may have been removed")
        return job

    async def jobs(self, **filters: Any) -> JobPage:
        """Some of the jobs; see :meth:`Jobs.jobs`."""
        own = {} if self._owner is None else {"owner": self._owner}
        return await self._jobs.jobs(**(filters | own))

    async def batch(self, batch_id: str) -> Batch:
        """A batch, as far as its jobs are the caller's.

        Raises:
            BatchNotFoundError: there is none, or none of its jobs is.
        """
        return await self._jobs.batch(batch_id, self._owner)

    async def batches(self, **filters: Any) -> BatchPage:
        """Some of the batches; see :meth:`Jobs.batches`."""
        return await self._jobs.batches(**(filters | {"owner": self._owner}))

    async def going_on(self, batch_id: str) -> tuple[str, ...]:
        """The ids of the caller's jobs of a batch that have not ended."""
        return await self._jobs.going_on(batch_id, self._owner)

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Stop the caller's jobs of a batch."""
        return await self._jobs.cancel_batch(batch_id, self._owner)

    async def cancel(self, job_id: str) -> Job:
        """Stop a job that waits or runs."""
        await self.job(job_id)
        return await self._jobs.cancel(job_id)

    async def retry(self, job_id: str, step: StepKind | None = None) -> Job:
        """Queue an ended job again, from a step on where one is named."""
        await self.job(job_id)
        return await self._jobs.retry(job_id, step)

    async def remove(self, job_id: str) -> None:
        """Forget an ended job and delete its files."""
        await self.job(job_id)
        await self._jobs.remove(job_id)

    async def log(self, job_id: str) -> tuple[str, ...]:
        """What happened to a job, a line each."""
        await self.job(job_id)
        return await self._jobs.log(job_id)

    async def status(self) -> JobsStatus:
        """All jobs in numbers, of which only the visible ones are shown."""
        status = await self._jobs.status()
        current = tuple(job for job in status.current if self._caller.sees(job.owner))
        return status.model_copy(update={"current": current})


async def patient_call(
    handle: Any,
    method: str,
    args: tuple[object, ...],
    keywords: Mapping[str, object],
    patience_s: float,
    *,
    who: str = "the job manager",
) -> Any:
    """Call a method of a deployment, again where its replica goes away, until the patience is spent.

    Raises:
        NotReadyError: nobody answered in this time.
        NeuroposeRayError: what the method raised.
    """
    from ray.exceptions import RayActorError, RayError
    from ray.serve.exceptions import RayServeException

    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_s
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                answer = await handle.answer.remote(method, *args, **keywords)
            if not isinstance(answer, NeuroposeRayError):
                return answer
            reason: Exception = answer
            if not isinstance(reason, NotReadyError):
                raise reason
        except TimeoutError as error:
            raise _not_ready(who) from error
        except (RayActorError, RayServeException) as error:
            reason = error
        except RayError as error:
            raise cause_of(error, SEE_LOG) from error
        if loop.time() + _PAUSE_S > deadline:
            raise reason if isinstance(reason, NotReadyError) else _not_ready(who) from reason
        await asyncio.sleep(_PAUSE_S)


def _not_ready(who: str) -> NotReadyError:
    return NotReadyError(f"{who} does not answer", hint="it is being started or replaced; try again soon")
