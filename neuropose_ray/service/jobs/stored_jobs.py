"""The jobs in the database, as they are read from it."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from neuropose_ray.schemas.job_names import ENDED, JobState
from neuropose_ray.schemas.jobs import JobRequest
from neuropose_ray.service.jobs.job_rows import JobRow, job_row, state_of, statuses_of, time_of

#: Of DBOS, of which each job is one.
WORKFLOW = "job"
#: Jobs that are read at once where only the first of them may be wanted, and where all are.
_PAGE, LARGE_PAGE = 200, 2000


@dataclass(frozen=True, slots=True)
class BatchedJob:
    """A job that was submitted with others.

    Attributes:
        id: its own.
        batch: that of the batch.
        owner: the name of the token that it was submitted with.
        submitted_at: when.
    """

    id: str
    batch: str
    owner: str | None
    submitted_at: datetime

    @classmethod
    def of(cls, request: JobRequest) -> BatchedJob:
        """The job of a request that names a batch."""
        assert request.batch is not None
        return cls(request.id, request.batch, request.owner, request.submitted_at)


class StoredJobs:
    """Reads the jobs of the database that is open. No method may be called in an event loop."""

    def row(self, job_id: str) -> JobRow | None:
        """One job, None where it is not known."""
        from dbos import DBOS

        workflows = DBOS.list_workflows(workflow_ids=[job_id], name=WORKFLOW)
        return job_row(workflows[0]) if workflows else None

    def rows(self, state: JobState | None = None, *, until_ms: int | None = None) -> Iterator[JobRow]:
        """Jobs, newest first, read as they are asked for.

        Args:
            state: those in this state alone.
            until_ms: those created at this time or before, milliseconds since 1970.
        """
        from dbos import DBOS

        statuses = None if state is None else statuses_of([state])
        limit, passed_ms = _PAGE, None
        while True:
            workflows = DBOS.list_workflows(
                name=WORKFLOW,
                status=statuses,
                end_time=None if until_ms is None else last_moment(until_ms).isoformat(),
                sort_desc=True,
                limit=limit,
            )
            is_last = len(workflows) < limit
            page = [
                job_row(status) for status in workflows if passed_ms is None or (status.created_at or 0) < passed_ms
            ]
            # SQLite's clock may know whole seconds alone. Jobs of the last one on the page may go on beyond it.
            if not is_last and page:
                page = [row for row in page if row.created_ms > page[-1].created_ms]
            wanted = (row for row in page if state in (None, row.state))
            yield from sorted(wanted, key=lambda row: row.cursor)
            if is_last:
                return
            if page:
                passed_ms = until_ms = page[-1].created_ms
                limit = _PAGE
            else:
                limit *= 2

    def rows_of(self, job_ids: Sequence[str]) -> Iterator[JobRow]:
        """Those of these jobs that are known, in any order."""
        from dbos import DBOS

        for page in _pages(job_ids, LARGE_PAGE):
            yield from map(job_row, DBOS.list_workflows(workflow_ids=page, name=WORKFLOW))

    def counts(self, states: Sequence[JobState]) -> dict[JobState, int]:
        """How many jobs are in each of these states."""
        from dbos import DBOS

        counted = dict.fromkeys(states, 0)
        names = statuses_of(states)
        for status in DBOS.list_workflows(name=WORKFLOW, status=names, load_input=False, load_output=False):
            state = state_of(status)
            if state in counted:
                counted[state] += 1
        return counted

    def awaiting_webhooks(self) -> Iterator[str]:
        """The ids of jobs of whose end somebody is still to be told; all jobs are looked at."""
        for job_id, attributes in self._all_attributes():
            if (attributes.get("webhook") or {}).get("state") in ("awaiting", "pending"):
                yield job_id

    def batched(self) -> Iterator[BatchedJob]:
        """Each job that belongs to a batch; all jobs are looked at."""
        earlier: list[str] = []
        for job_id, attributes in self._all_attributes():
            if "submitted_at" in attributes:
                at = datetime.fromisoformat(attributes["submitted_at"])
                yield BatchedJob(job_id, attributes["batch"], attributes["owner"], at)
            elif "batch" in attributes:  # kept by an earlier version
                earlier.append(job_id)
        for row in self.rows_of(earlier):
            yield BatchedJob.of(row.request)

    def _all_attributes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        from dbos import DBOS

        for offset in itertools.count(0, LARGE_PAGE):
            page = DBOS.list_workflows(
                name=WORKFLOW, limit=LARGE_PAGE, offset=offset, load_input=False, load_output=False
            )
            for status in page:
                yield status.workflow_id, status.attributes or {}
            if len(page) < LARGE_PAGE:
                return

    def ended(self, job_ids: Collection[str]) -> tuple[str, ...]:
        """Those of these jobs that have ended, or are not known."""
        from dbos import DBOS

        going_on: set[str] = set()
        for page in _pages(job_ids, LARGE_PAGE):
            rows = DBOS.list_workflows(workflow_ids=page, name=WORKFLOW, load_input=False, load_output=False)
            going_on.update(row.workflow_id for row in rows if state_of(row) not in ENDED)
        return tuple(job_id for job_id in job_ids if job_id not in going_on)

    def oldest_queued(self) -> datetime | None:
        """Since when the job waits that waits longest."""
        from dbos import DBOS

        workflows = DBOS.list_workflows(
            name=WORKFLOW, status=["ENQUEUED", "DELAYED"], limit=1, load_input=False, load_output=False
        )
        return time_of(workflows[0].created_at) if workflows else None


def _pages(job_ids: Collection[str], size: int) -> Iterator[list[str]]:
    """So many ids at a time: databases take no query with more than some ten thousand values."""
    ids = list(job_ids)
    return (ids[first : first + size] for first in range(0, len(ids), size))


def last_moment(milliseconds: int) -> datetime:
    """Within a millisecond, so far from both ends that rounding does not leave it."""
    return datetime.fromtimestamp((milliseconds + 0.5) / 1000, UTC)
