"""Batches: jobs that were submitted together, found by an index that is made once and kept in memory."""

from __future__ import annotations

import heapq
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate

from neuropose_ray.errors import BatchNotFoundError, JobNotFoundError, JobStateError
from neuropose_ray.schemas.batches import Batch, BatchFailure, BatchPage
from neuropose_ray.schemas.job_names import ENDED, JobState
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.execution import Executor
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.stored_jobs import LARGE_PAGE, BatchedJob
from neuropose_ray.service.jobs.views import BatchCursor, batch_cursor_text, job_of, parse_batch_cursor

#: Failed jobs that are named; all of them are in the list of jobs.
_MOST_FAILURES = 100


@dataclass(slots=True)
class _Members:
    """The jobs of a batch.

    Attributes:
        first_ms: when the first of them was submitted, since 1970; kept when that job is removed.
        owners: by the ids of the jobs.
    """

    first_ms: int
    owners: dict[str, str | None] = field(default_factory=dict)


class JobBatches:
    """Which jobs belong to which batch and to whom. This process alone adds jobs and removes them.

    Args:
        durable: the queue.
        executor: what runs.
    """

    def __init__(self, durable: DurableJobs, executor: Executor) -> None:
        self._durable, self._executor = durable, executor
        self._lock = threading.Lock()
        self._batches: dict[str, _Members] = {}
        self._batch_of: dict[str, str] = {}

    def open(self) -> None:
        """Learn the batches of an earlier process."""
        for job in self._durable.batched():
            self.add(job)

    def add(self, job: BatchedJob) -> None:
        """Take a job into its batch."""
        at_ms = round(job.submitted_at.timestamp() * 1000)
        with self._lock:
            members = self._batches.setdefault(job.batch, _Members(at_ms))
            members.first_ms = min(members.first_ms, at_ms)
            members.owners[job.id] = job.owner
            self._batch_of[job.id] = job.batch

    def forget(self, job_id: str) -> None:
        """Leave a job out that was removed; a batch without jobs is none."""
        with self._lock:
            batch_id = self._batch_of.pop(job_id, None)
            if batch_id is not None:
                members = self._batches[batch_id]
                members.owners.pop(job_id, None)
                if not members.owners:
                    del self._batches[batch_id]

    def rows(self, batch_id: str, owner: str | None = None) -> list[JobRow]:
        """The jobs of a batch that belong to an owner, newest first; of all owners where None is given.

        Raises:
            BatchNotFoundError: there is none, or it has no job of this owner.
        """
        with self._lock:
            job_ids = self._jobs_of(batch_id, owner)
        rows = list(self._durable.rows_of(job_ids))
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
        """Some of the batches, newest first by their first jobs, with one question to the database.

        Args:
            limit: so many at most; fewer where they have very many jobs.
            after: ``next`` of the page before, whose batches may have been removed since.
            owner: whose jobs count; None: all.

        Raises:
            RequestError: ``after`` is not of a page.
        """
        begin = None if after is None else parse_batch_cursor(after)
        running = self._executor.all_running()  # before the rows, as above
        with self._lock:
            listed = self._first(limit + 1, begin, owner)
            jobs = {cursor: self._jobs_of(cursor[1], owner) for cursor in listed}
        chosen = _bounded(listed[:limit], {cursor: len(ids) for cursor, ids in jobs.items()})
        rows: dict[str, list[JobRow]] = defaultdict(list)
        for row in self._durable.rows_of([job_id for cursor in chosen for job_id in jobs[cursor]]):
            rows[str(row.request.batch)].append(row)
        return BatchPage(
            batches=tuple(
                batch_of(batch_id, [job_of(row, running) for row in rows[batch_id]])
                for _, batch_id in chosen
                if batch_id in rows  # else removed meanwhile
            ),
            next=batch_cursor_text(chosen[-1]) if len(listed) > len(chosen) else None,
        )

    def _first(self, count: int, begin: BatchCursor | None, owner: str | None) -> list[BatchCursor]:
        """The newest batches beyond a place that have jobs of an owner; under the lock."""
        cursors = (
            (-members.first_ms, batch_id)
            for batch_id, members in self._batches.items()
            if owner is None or owner in members.owners.values()
        )
        return heapq.nsmallest(count, (cursor for cursor in cursors if begin is None or cursor > begin))

    def _jobs_of(self, batch_id: str, owner: str | None) -> list[str]:
        """The ids of the jobs of a batch that belong to an owner; under the lock."""
        members = self._batches.get(batch_id)
        owners = {} if members is None else members.owners
        return [job_id for job_id, name in owners.items() if owner in (None, name)]

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


def _bounded(cursors: Sequence[BatchCursor], counts: Mapping[BatchCursor, int]) -> list[BatchCursor]:
    """The first batches whose jobs can be read together, at least one."""
    chosen: list[BatchCursor] = []
    for cursor, total in zip(cursors, accumulate(counts[cursor] for cursor in cursors), strict=True):
        if chosen and total > LARGE_PAGE:
            break
        chosen.append(cursor)
    return chosen


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
