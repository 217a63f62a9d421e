"""The jobs of a service in pages, newest first."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from neuropose_ray.schemas.job_names import JobState
from neuropose_ray.schemas.jobs import JobPage
from neuropose_ray.service.jobs.batches import JobBatches
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.execution import Executor
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.views import has_label, job_of, parse_cursor


class JobList:
    """Lists jobs as clients see them.

    Args:
        durable: the queue.
        executor: what runs.
        batches: which jobs were submitted together.
    """

    def __init__(self, durable: DurableJobs, executor: Executor, batches: JobBatches) -> None:
        self._durable, self._executor, self._batches = durable, executor, batches

    def page(
        self,
        state: JobState | None = None,
        label: str | None = None,
        source: str | None = None,
        limit: int = 50,
        after: str | None = None,
        owner: str | None = None,
        batch: str | None = None,
    ) -> JobPage:
        """Some of the jobs, newest first.

        Args:
            state: those in this state.
            label: those with this label, ``name=value``, or with any of this name.
            source: those from ``http`` or ``inbox``.
            limit: so many at most.
            after: ``next`` of the page before.
            owner: those that were submitted with the token of this name.
            batch: those of this batch.

        Raises:
            RequestError: ``after`` is not of a page.
            BatchNotFoundError: there is no such batch.
        """
        cursor = None if after is None else parse_cursor(after)
        running = self._executor.all_running()
        page: list[JobRow] = []
        for row in self._rows(state, batch, owner, None if cursor is None else -cursor[0]):
            if cursor is not None and row.cursor <= cursor:
                continue
            wanted = source in (None, row.request.source) and owner in (None, row.request.owner)
            if wanted and has_label(row.request, label):
                page.append(row)
            if len(page) > limit:
                break
        shown = page[:limit]
        return JobPage(
            jobs=tuple(job_of(row, running) for row in shown),
            next="_".join(str(part) for part in shown[-1].cursor) if len(page) > limit and shown else None,
        )

    def ended(self, job_ids: Collection[str]) -> tuple[str, ...]:
        """Those of these jobs that have ended, or are not known."""
        return self._durable.ended(job_ids)

    def _rows(
        self, state: JobState | None, batch: str | None, owner: str | None, until_ms: int | None
    ) -> Iterator[JobRow]:
        if batch is None:
            return self._durable.rows(state, until_ms=until_ms)
        return (row for row in self._batches.rows(batch, owner) if state in (None, row.state))
