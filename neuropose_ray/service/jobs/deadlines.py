"""Jobs that are to have ended by a certain time, and those of them that have not."""

from __future__ import annotations

import threading
from datetime import datetime

from neuropose_ray.schemas.jobs import JobError, JobProgress
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.job_rows import JobRow

#: The code of the error of a job that did not end in time.
CODE = "deadline"


class JobDeadlines:
    """The deadlines of the jobs that wait or run; what is done about one is the caller's.

    Args:
        durable: the queue.
    """

    def __init__(self, durable: DurableJobs) -> None:
        self._durable = durable
        self._lock = threading.Lock()
        self._expected: dict[str, datetime] = {}

    def open(self) -> None:
        """Learn the deadlines of the jobs that an earlier process left waiting or running."""
        for state in ("queued", "running"):
            for row in self._durable.rows(state):
                self.expect(row)

    def expect(self, row: JobRow) -> None:
        """Name this job when its deadline is over; nothing where it has none."""
        if row.deadline is not None:
            with self._lock:
                self._expected[row.request.id] = row.deadline

    def due(self, now: datetime) -> tuple[str, ...]:
        """The ids of the jobs whose deadline is over, whether or not they have ended."""
        with self._lock:
            return tuple(job_id for job_id, deadline in self._expected.items() if deadline <= now)

    def forget(self, job_id: str) -> None:
        """Name a job no more: it has ended."""
        with self._lock:
            self._expected.pop(job_id, None)


def deadline_error(row: JobRow, progress: JobProgress) -> JobError:
    """Why a job fails that did not end in time.

    Args:
        row: of the job.
        progress: how far it had come.
    """
    assert row.request.deadline_s is not None
    came = "it had not begun" if row.state == "queued" else f"it was at {progress.percent:.0f} %"
    message = f"it did not end within {row.request.deadline_s:g} s; {came}"
    return JobError(code=CODE, message=message, step=progress.stage, input=progress.input)
