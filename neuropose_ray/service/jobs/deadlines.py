"""Jobs that are to have ended by a certain time, and those of them that have not."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from neuropose_ray.schemas.jobs import JobError, JobProgress
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.job_rows import JobRow

logger = logging.getLogger(__name__)

#: Between two looks; the database is asked about jobs whose deadline is over alone.
_LOOK_S = 0.5
#: The same after one at which a job could not be failed.
_AFTER_FAILURE = Pauses(first_s=1.0, longest_s=30.0)
#: Makes a failed job of one that waits or runs, for a reason; False where it has ended.
Fail = Callable[[str, Callable[[JobRow, JobProgress], JobError]], bool]
#: The code of the error of a job that did not end in time.
CODE = "deadline"


class JobDeadlines:
    """The deadlines of the jobs that wait or run.

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

    def run(self, fail: Fail, closed: threading.Event) -> None:
        """Fail the jobs that do not end in time, until the service closes.

        Args:
            fail: makes a failed job of one that has not ended.
            closed: set when the service closes.
        """
        failures = 0
        while not closed.wait(_AFTER_FAILURE.after(failures) if failures else _LOOK_S):
            now = datetime.now(UTC)
            for job_id in self.fail_overdue(fail, now):
                logger.info("job %s did not end in time", job_id)
            failures = failures + 1 if self.due(now) else 0

    def fail_overdue(self, fail: Fail, now: datetime) -> tuple[str, ...]:
        """Fail the jobs that have not ended by their deadline; their ids. One that cannot be failed now stays due.

        Args:
            fail: makes a failed job of one that has not ended.
            now: the time.
        """
        failed = []
        for job_id in self.due(now):
            try:
                if fail(job_id, deadline_error):
                    failed.append(job_id)
            except Exception:
                # A database that is away for a while must neither end this thread nor keep the next job waiting.
                logger.exception("job %s did not end in time, and cannot be failed yet", job_id)
            else:
                self.forget(job_id, now)
        return tuple(failed)

    def forget(self, job_id: str, now: datetime) -> None:
        """Name a job no more whose deadline is over."""
        with self._lock:
            if self._expected.get(job_id, now) <= now:  # else it was queued again meanwhile
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
