"""Clients that wait for jobs to end: any number of them, with one look at the queue at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Query, Request

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.batches import Batch
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.service.http.disconnect import unless_gone
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs

logger = logging.getLogger("ray.serve")

#: Proxies on the way give up a request without an answer after a minute.
LONGEST_WAIT_S = 60.0
#: A client that waits learns of an end so much later at most, besides the look itself.
_LOOK_S = 0.5
#: At a time. Each is an open request; others are answered at once, with the job as it is.
_MOST = 500

Wait = Annotated[
    float,
    Query(
        ge=0,
        le=LONGEST_WAIT_S,
        description="seconds to wait for the end before answering; the answer comes as soon as it has ended",
        examples=[30],
    ),
]


@dataclass(eq=False, slots=True)
class _Waiter:
    left: set[str]
    done: asyncio.Event = field(default_factory=asyncio.Event)


class JobEnds:
    """Notices that jobs have ended, for those who wait for them. No thread is held, and no task for each.

    Args:
        jobs: the job manager.
        look_s: seconds between two looks; nobody looks where nobody waits.
        most: that wait at a time.
    """

    def __init__(self, jobs: Jobs, look_s: float = _LOOK_S, most: int = _MOST) -> None:
        self._jobs, self._look_s, self._most = jobs, look_s, most
        self._waiters: set[_Waiter] = set()
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, job_ids: Collection[str], wait_s: float) -> None:
        """Return when these jobs have ended or are gone, when the time is over, or at once where too many wait.

        Args:
            job_ids: of the jobs.
            wait_s: seconds at most.
        """
        if not job_ids or wait_s <= 0 or len(self._waiters) >= self._most:
            return
        waiter = _Waiter(set(job_ids))
        self._waiters.add(waiter)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            async with asyncio.timeout(wait_s):
                await waiter.done.wait()
        except TimeoutError:
            return
        finally:
            self._waiters.discard(waiter)

    async def job(self, request: Request, jobs: VisibleJobs, job: Job, wait_s: float) -> Job:
        """A job when it has ended, or as it is when the time is over.

        Args:
            request: of the client; its leaving ends the wait.
            jobs: that the client may see.
            job: as it is now.
            wait_s: seconds at most.

        Raises:
            JobNotFoundError: it was removed meanwhile.
            RequestError: the client went away.
        """
        if job.state in ENDED or wait_s <= 0:
            return job
        await unless_gone(request, self.wait([job.id], wait_s))
        return await jobs.job(job.id)

    async def batch(self, request: Request, jobs: VisibleJobs, batch_id: str, wait_s: float) -> Batch:
        """A batch when all its jobs have ended, or as it is when the time is over.

        Args:
            request: of the client; its leaving ends the wait.
            jobs: that the client may see.
            batch_id: its id.
            wait_s: seconds at most.

        Raises:
            BatchNotFoundError: there is none.
            RequestError: the client went away.
        """
        if wait_s > 0:
            await unless_gone(request, self.wait(await jobs.going_on(batch_id), wait_s))
        return await jobs.batch(batch_id)

    async def _look(self) -> None:
        while self._waiters:
            await asyncio.sleep(self._look_s)
            wanted = {job_id for waiter in self._waiters for job_id in waiter.left}
            try:
                ended = await self._jobs.ended(tuple(wanted)) if wanted else ()
            except NeuroposeRayError as error:  # the manager is being replaced
                logger.info("ends of jobs are looked for again: %s", error)
                continue
            for waiter in self._waiters:
                waiter.left.difference_update(ended)
                if not waiter.left:
                    waiter.done.set()
