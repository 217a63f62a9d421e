"""Lists of jobs and batches as the job manager makes them, over jobs in memory instead of a database."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from support.jobs_in_memory import JobsInMemory

from neuropose_ray.schemas.batches import BatchPage
from neuropose_ray.schemas.job_names import JobState
from neuropose_ray.schemas.jobs import JobPage, JobRequest
from neuropose_ray.service.jobs.batches import JobBatches
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.listing import JobList
from neuropose_ray.service.jobs.stored_jobs import BatchedJob, last_moment


class RowsInMemory:
    """Stands for the database of jobs, all in one state, and counts how many were read at each question."""

    def __init__(self, state: JobState) -> None:
        self._state = state
        self.requests: dict[str, JobRequest] = {}
        self.questions: list[int] = []

    def rows_of(self, job_ids: Sequence[str]) -> Iterator[JobRow]:
        self.questions.append(len(job_ids))
        yield from (self._row(self.requests[job_id]) for job_id in job_ids if job_id in self.requests)

    def rows(self, state: JobState | None = None, *, until_ms: int | None = None) -> Iterator[JobRow]:
        if until_ms is not None:
            last_moment(until_ms).isoformat()  # as the database is asked
        rows = sorted(map(self._row, self.requests.values()), key=lambda row: row.cursor)
        yield from (
            row for row in rows if state in (None, row.state) and row.created_ms <= (until_ms or row.created_ms)
        )

    def _row(self, request: JobRequest) -> JobRow:
        return JobRow(
            request=request, steps=("pose",), state=self._state, starts=0,
            created_ms=round(request.submitted_at.timestamp() * 1000), started_at=None, ended_at=None, error=None,
            warnings=(), attributes={},
        )  # fmt: skip


class ListedJobs(JobsInMemory):
    """Jobs in memory whose lists are the job manager's own.

    Args:
        state: of all jobs in the lists.
    """

    def __init__(self, state: JobState = "queued") -> None:
        super().__init__()
        self.rows = RowsInMemory(state)
        executor: Any = SimpleNamespace(all_running=dict)
        self.of_batches = JobBatches(self.rows, executor)  # type: ignore[arg-type]
        self._list = JobList(self.rows, executor, self.of_batches)  # type: ignore[arg-type]

    def keep(self, request: JobRequest) -> None:
        """Have a job in the lists."""
        self.rows.requests[request.id] = request
        if request.batch is not None:
            self.of_batches.add(BatchedJob.of(request))

    def remove_from_lists(self, job_id: str) -> None:
        """Have a job no more."""
        self.rows.requests.pop(job_id)
        self.of_batches.forget(job_id)

    async def jobs(self, **filters: Any) -> JobPage:
        return self._list.page(**filters)

    async def batches(self, **filters: Any) -> BatchPage:
        return self.of_batches.page(**filters)
