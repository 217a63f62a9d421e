"""Batches: jobs that were submitted together, found by an index that is made once and kept in memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from neuropose_ray.errors import BatchNotFoundError, JobNotFoundError, JobStateError
from neuropose_ray.schemas.batches import Batch, BatchFailure, BatchPage
from neuropose_ray.schemas.job_names import ENDED, JobState
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.execution import Executor
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.views import job_of

#: Failed jobs that are named; all of them are in the list of jobs.
_MOST_FAILURES = 100


class JobBatches:
    """Which jobs belong to which batch. This process alone adds jobs and removes them.

    Args:
        durable: the queue.
        executor: what runs.
    """

    def __init__(self, durable: DurableJobs, executor: Executor) -> None:
        self._durable, self._executor = durable, executor
        self._lock = threading.Lock()
        self._jobs: dict[str, dict[str, None]] = {}
        self._batch_of: dict[str, str] = {}

    def open(self) -> None:
        """Learn the batches of an earlier process."""
        for job_id, batch_id in self._durable.batches():
            self.add(job_id, batch_id)

    def add(self, job_id: str, batch_id: str | None) -> None:
        """Take a job into its batch; nothing where it has none."""
        if batch_id is not None:
            with self._lock:
                self._jobs.setdefault(batch_id, {})[job_id] = None
                self._batch_of[job_id] = batch_id

    def forget(self, job_id: str) -> None:
        """Leave a job out that was removed; a batch without jobs is none."""
        with self._lock:
            batch_id = self._batch_of.pop(job_id, None)
            if batch_id is not None:
                self._jobs[batch_id].pop(job_id, None)
                if not self._jobs[batch_id]:
                    del self._jobs[batch_id]

    def rows(self, batch_id: str, owner: str | None = None) -> list[JobRow]:
        """The jobs of a batch that belong to an owner, newest first; of all owners where None is given.

        Raises:
            BatchNotFoundError: there is none, or it has no job of this owner.
        """
        with self._lock:
            job_ids = tuple(self._jobs.get(batch_id, ()))
        rows = [row for row in self._durable.rows_of(job_ids) if owner in (None, row.request.owner)]
        if not rows:
            raise BatchNotFoundError("there is no such batch", hint="it may have been removed")
        return sorted(rows, key=lambda row: row.cursor)

    def batch(self, batch_id: str, owner: str | None = None) -> Batch:
        """A batch as clients see it.

        Args:
            batch_id: its id.
            owner: whose jobs count; None: all.

        Raises:
            BatchNotFoundError: there is none, or it has no job of this owner.
        """
        running = self._executor.all_running()  # before the rows: else the last progress may be in neither
        return batch_of(batch_id, [job_of(row, running) for row in self.rows(batch_id, owner)])

    def page(self, limit: int = 50, after: str | None = None, owner: str | None = None) -> BatchPage:
        """Some of the batches, newest first.

        Args:
            limit: so many at most.
            after: ``next`` of the page before.
            owner: whose jobs count; None: all.

        Raises:
            BatchNotFoundError: the batch ``after`` is gone.
        """
        with self._lock:
            ids = list(self._jobs)[::-1]
        if after is not None:
            if after not in ids:
                raise BatchNotFoundError("there is no such batch", where="after", hint="list them from the first on")
            ids = ids[ids.index(after) + 1 :]
        batches: list[Batch] = []
        for batch_id in ids:
            with suppress(BatchNotFoundError):  # of somebody else, or removed meanwhile
                batches.append(self.batch(batch_id, owner))
            if len(batches) > limit:
                break
        shown = tuple(batches[:limit])
        return BatchPage(batches=shown, next=shown[-1].id if len(batches) > limit else None)

    def going_on(self, batch_id: str, owner: str | None = None) -> tuple[str, ...]:
        """The ids of the jobs of a batch that have not ended, newest first.

        Raises:
            BatchNotFoundError: there is none, or it has no job of this owner.
        """
        return tuple(row.request.id for row in self.rows(batch_id, owner) if row.state not in ENDED)

    def cancel(self, batch_id: str, owner: str | None, cancel: Callable[[str], object]) -> Batch:
        """Stop all jobs of a batch that wait or run; those that have ended are left as they are.

        Args:
            batch_id: its id.
            owner: whose jobs are stopped; None: all.
            cancel: stops one.

        Raises:
            BatchNotFoundError: there is none, or it has no job of this owner.
        """
        # The newest first: those behind the running ones never begin.
        for job_id in self.going_on(batch_id, owner):
            with suppress(JobNotFoundError, JobStateError):  # it ended, or was removed, meanwhile
                cancel(job_id)
        return self.batch(batch_id, owner)


def batch_of(batch_id: str, jobs: Sequence[Job]) -> Batch:
    """A batch, of its jobs.

    Args:
        batch_id: its id.
        jobs: at least one.
    """
    counts = Counter(job.state for job in jobs)
    all_ended = all(job.state in ENDED for job in jobs)
    ends = [job.ended_at for job in jobs if job.ended_at is not None]
    owners = {job.owner for job in jobs}
    failed = [job for job in sorted(jobs, key=lambda job: job.submitted_at) if job.state == "failed"]
    return Batch(
        id=batch_id,
        state=batch_state(counts),
        counts=dict(counts),
        # What has ended needs no more time, however it ended.
        percent=round(sum(100.0 if job.state in ENDED else job.progress.percent for job in jobs) / len(jobs), 1),
        owner=owners.pop() if len(owners) == 1 else None,
        submitted_at=min(job.submitted_at for job in jobs),
        ended_at=max(ends) if all_ended and ends else None,
        failures=tuple(
            BatchFailure(job=job.id, inputs=job.inputs, error=job.error) for job in failed[:_MOST_FAILURES]
        ),
    )


def batch_state(counts: Mapping[JobState, int]) -> JobState:
    """The state of a batch with so many jobs in each state."""
    states = {state for state, count in counts.items() if count}
    if states <= {"queued"}:
        return "queued"
    if states & {"queued", "running"}:
        return "running"
    return next(state for state in ("failed", "cancelled", "completed") if state in states)
