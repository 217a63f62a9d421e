"""What other processes ask the job manager of many jobs at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from neuropose_ray.schemas.batches import Batch, BatchPage
from neuropose_ray.schemas.job_names import JobState
from neuropose_ray.schemas.jobs import JobPage
from neuropose_ray.service.jobs.job_service import JobService

R = TypeVar("R")


class ListCalls(Protocol):
    """Methods of the manager; each runs in a thread, and is called over the handle of the deployment."""

    async def _ask(self, method: Callable[[JobService], R]) -> R: ...

    async def jobs(
        self,
        state: JobState | None = None,
        label: str | None = None,
        source: str | None = None,
        limit: int = 50,
        after: str | None = None,
        owner: str | None = None,
        batch: str | None = None,
    ) -> JobPage:
        """Some of the jobs, newest first; see :meth:`.listing.JobList.page`."""
        return await self._ask(lambda service: service.list.page(state, label, source, limit, after, owner, batch))

    async def ended(self, job_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Those of these jobs that have ended, or are not known."""
        return await self._ask(lambda service: service.list.ended(job_ids))

    async def batch(self, batch_id: str, owner: str | None = None) -> Batch:
        """The jobs of a batch in numbers; see :meth:`.batches.JobBatches.batch`, so for all that follow."""
        return await self._ask(lambda service: service.batches.batch(batch_id, owner))

    async def batches(self, limit: int = 50, after: str | None = None, owner: str | None = None) -> BatchPage:
        """Some of the batches, newest first."""
        return await self._ask(lambda service: service.batches.page(limit, after, owner))

    async def going_on(self, batch_id: str, owner: str | None = None) -> tuple[str, ...]:
        """The ids of the jobs of a batch that have not ended."""
        return await self._ask(lambda service: service.batches.going_on(batch_id, owner))

    async def cancel_batch(self, batch_id: str, owner: str | None = None) -> Batch:
        """Cancel all jobs of a batch that wait or run."""
        return await self._ask(lambda service: service.batches.cancel(batch_id, owner, service.cancel))
