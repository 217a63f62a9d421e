"""All that can be asked of the jobs and told them."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from neuropose_ray.errors import (
    JobNotFoundError,
    JobStateError,
)
from neuropose_ray.schemas.job_names import ENDED, JobState, StepKind
from neuropose_ray.schemas.jobs import (
    Action,
    Job,
    JobError,
    JobProgress,
    JobRequest,
    JobsStatus,
    QueueStatus,
)
from neuropose_ray.schemas.service_status import SlowestStep
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.admission import make_uploads_folder, require_room
from neuropose_ray.service.jobs.batches import JobBatches
from neuropose_ray.service.jobs.deadlines import JobDeadlines
from neuropose_ray.service.jobs.durable import QUEUE, DurableJobs
from neuropose_ray.service.jobs.execution import Executor
from neuropose_ray.service.jobs.job_log import append_line, read_lines
from neuropose_ray.service.jobs.job_rows import DEADLINE_FROM, PAST_DEADLINE, JobRow, steps_before
from neuropose_ray.service.jobs.listing import JobList
from neuropose_ray.service.jobs.mode import read_mode
from neuropose_ray.service.jobs.options import with_options
from neuropose_ray.service.jobs.orders import Orders
from neuropose_ray.service.jobs.retention import Retention
from neuropose_ray.service.jobs.stored_jobs import BatchedJob
from neuropose_ray.service.jobs.views import artifacts_in, job_of
from neuropose_ray.service.jobs.webhooks import JobWebhooks
from neuropose_ray.service.jobs.workflows import Workflows
from neuropose_ray.service.settings import JobSettings
from neuropose_ray.words import counted

#: A job whose thread is on its way into or out of it is not lost; that takes less than a second.
LOST_S = 20.0
#: Any replica has noticed by then that nobody waits for its chunk.
LATE_S = 60.0
_STATES: tuple[JobState, ...] = ("queued", "running", *ENDED)


class JobService:
    """The jobs of one service. Its methods may be called in any thread, but not in an event loop.

    Args:
        data: where they lie.
        settings: of the queue.
        workflows: that they may name.
        durable: the queue.
        executor: what runs.
        webhooks: tells others of the ends of jobs.
        batches: which jobs were submitted together.
        deadlines: when jobs are to have ended.
        slowest: the kind of step that takes longest.

    Attributes:
        list: of the jobs, in pages.
        batches: as given.
        deadlines: as given.
    """

    def __init__(
        self,
        data: DataFolder,
        settings: JobSettings,
        workflows: Workflows,
        durable: DurableJobs,
        executor: Executor,
        webhooks: JobWebhooks,
        batches: JobBatches,
        deadlines: JobDeadlines,
        slowest: Callable[[], SlowestStep | None],
    ) -> None:
        self._slowest = slowest
        self._data, self._settings, self._workflows = data, settings, workflows
        self._durable, self._executor, self._webhooks = durable, executor, webhooks
        self.batches, self.deadlines = batches, deadlines
        self.list = JobList(durable, executor, batches)
        self._orders, self._retention = Orders(data, durable), Retention(data, settings, durable.rows)
        self._lock = threading.Lock()  # of all that looks first and then acts
        self._removed: dict[str, float] = {}
        self._unheld: dict[str, float] = {}
        self._began = time.monotonic()

    def submit(self, request: JobRequest) -> Job:
        """Take a job on; it is not lost any more when this returns. One that is known already is given back.

        Raises:
            RequestError: there is no such workflow.
            AddressRefusedError: its webhook may not be sent to.
            JobStateError: its id is known with other work.
            DrainingError, OverloadedError, StorageFullError: no new jobs now.
            OutputError: its folder cannot be made.
        """
        with self._lock:
            known = self._durable.row(request.id)
            if known is None:
                workflow = self._workflows.named(request.workflow)
                self._webhooks.check(request)
                require_room(self._data, self._settings, self._durable.counts(["queued"])["queued"])
                make_uploads_folder(self._data.job(request.id))
                workflow = with_options(workflow, request.options, self._data.job(request.id).calibration)
                by = request.source if request.owner is None else f"{request.source} ({request.owner})"
                append_line(
                    self._data.job(request.id).log,
                    f"submitted by {by}: workflow {request.workflow}, {counted(len(request.inputs), 'input')}, "
                    f"priority {request.priority}",
                )
                self._durable.enqueue(request, workflow)
                self._webhooks.expect(request)
                if request.batch is not None:
                    self.batches.add(BatchedJob.of(request))
                self.deadlines.expect(self._row(request.id))
            elif not known.request.same_work(request):
                raise JobStateError("this id is another job's", hint="use a new Idempotency-Key for other work")
        return self.job(request.id)

    def job(self, job_id: str) -> Job:
        """One job, with the files that it has made.

        Raises:
            JobNotFoundError: it is not known.
        """
        running = self._executor.all_running()
        job = job_of(self._row(job_id), running)
        return job.model_copy(update={"artifacts": artifacts_in(self._data.job(job_id).results)})

    def cancel(self, job_id: str) -> Job:
        """Stop a job that waits or runs; one that is cancelled already is given back.

        Raises:
            JobNotFoundError: it is not known.
            JobStateError: it has completed or failed.
        """
        with self._lock:
            row = self._row(job_id)
            if row.state in ("completed", "failed"):
                raise JobStateError(f"the job has {row.state}", hint="only what waits or runs can be cancelled")
            self._stop(row)
            if row.state != "cancelled":
                append_line(self._data.job(job_id).log, "cancelled")
        return self.job(job_id)

    def _stop(self, row: JobRow) -> None:
        """Let a job that waits never run, and one that runs leave its step."""
        self._durable.cancel(row.request.id)
        if running := self._executor.running(row.request.id):
            running.cancelled.set()

    def fail(self, job_id: str, error_of: Callable[[JobRow, JobProgress], JobError]) -> bool:
        """Make a failed job of one that waits or runs, and stop what runs of it; False where it has ended or is gone.

        Args:
            job_id: of the job.
            error_of: gives the reason, of the job and how far it is.
        """
        with self._lock:
            row = self._durable.row(job_id)
            if row is None or row.state in ENDED:
                return False
            running = self._executor.running(job_id)
            written = JobProgress.model_validate(row.attributes.get("progress") or {})
            error = error_of(row, written if running is None else running.progress.now)
            # Noted first: where the service is killed in between, the next one finds it waiting or running still.
            self._durable.note(job_id, **{PAST_DEADLINE: error.model_dump(mode="json")})
            self._stop(row)
            append_line(self._data.job(job_id).log, f"failed: {error.code}: {error.message}")
            return True

    def retry(self, job_id: str, step: StepKind | None = None) -> Job:
        """Queue an ended job again.

        Args:
            job_id: of the job.
            step: a step to do again, of a completed job too, and with it the steps after it, which read its results.
                None: a failed or cancelled job goes on with the step that it ended in.

        Raises:
            JobNotFoundError: it is not known.
            JobStateError: it waits or runs; it has completed and no step is named; or it is the inbox's, which makes
                new ones of folders.
            RequestError: its workflow has no such step, or the job has not come to it.
        """
        with self._lock:
            row = self._row(job_id)
            if row.state not in ENDED:
                raise JobStateError(f"the job is {row.state}", hint="only a job that has ended can be tried again")
            if row.state == "completed" and step is None:
                raise JobStateError("the job has completed", hint="name the step that is to be done again")
            if row.request.source == "inbox":
                # The inbox is done with it: results of another try would come to no `out`.
                raise JobStateError("this job is the inbox's", hint="move its folder from failed/ back to in/")
            first = None if step is None else self._durable.step_index(job_id, step, row.steps)
            # What was done of a step that is done again is no progress of it.
            progress = {} if first is None else {"progress": None, "steps": steps_before(row, first)}
            deadline = {PAST_DEADLINE: None, DEADLINE_FROM: datetime.now(UTC).isoformat()}
            self._durable.note(
                job_id,
                starts_before=row.starts,
                **progress,
                **({} if row.deadline is None else deadline),
                **self._webhooks.awaited_again(row),
            )
            self._durable.requeue(job_id, first)
            self._webhooks.expect(row.request)
            self.deadlines.expect(self._row(job_id))
            append_line(self._data.job(job_id).log, "queued again" + (f" from step {step}" if step else ""))
        return self.job(job_id)

    def remove(self, job_id: str) -> None:
        """Forget an ended job, and delete its files.

        Raises:
            JobNotFoundError: it is not known.
            JobStateError: it has not ended, or is still stopping.
        """
        with self._lock:
            row = self._row(job_id)
            if row.state not in ENDED:
                raise JobStateError(f"the job is {row.state}", hint="cancel it first")
            if self._executor.running(job_id) is not None:
                raise JobStateError("the job is still stopping", hint="try again in a second")
            self._webhooks.deliver(row)
            shutil.rmtree(self._data.job(job_id).root, ignore_errors=True)
            self._durable.delete(job_id)
            self.batches.forget(job_id)
            self._removed[job_id] = time.monotonic()

    def resume_lost(self, after_s: float = LOST_S) -> tuple[str, ...]:
        """Queue the jobs again that run by the database, and that no thread has held for so long.

        A thread ends so where it cannot write its outcome, as on a full disk.
        """
        resumed, now = [], time.monotonic()
        with self._lock:
            running = {row.request.id: row for row in self._durable.rows("running")}
            unheld = [job_id for job_id in running if not self._executor.holds(job_id)]
            self._unheld = {job_id: self._unheld.get(job_id, now) for job_id in unheld}
            for job_id, since in list(self._unheld.items()):
                if now - since < after_s:
                    continue
                self._durable.note(job_id, starts_before=running[job_id].starts)
                self._durable.resume_lost(job_id)
                del self._unheld[job_id]
                append_line(self._data.job(job_id).log, "queued again: its outcome could not be kept")
                resumed.append(job_id)
        return tuple(resumed)

    def clear_removed(self, after_s: float = LATE_S) -> None:
        """Delete what was still written for jobs that were cancelled and removed so long ago.

        A replica leaves its chunk only when it has done some more frames of it, and notes that.
        """
        with self._lock:
            for job_id, removed_at in list(self._removed.items()):
                if time.monotonic() - removed_at < after_s:
                    continue
                del self._removed[job_id]
                if self._durable.row(job_id) is None:
                    folder = self._data.job(job_id)
                    shutil.rmtree(folder.results, ignore_errors=True)
                    with suppress(OSError):  # uploads of the same job, which is being submitted anew
                        folder.root.rmdir()

    def log(self, job_id: str) -> tuple[str, ...]:
        """What happened to a job, a line each.

        Raises:
            JobNotFoundError: it is not known.
        """
        self._row(job_id)
        return read_lines(self._data.job(job_id).log)

    def status(self) -> JobsStatus:
        """All jobs in numbers."""
        counts, running = self.counts(), self._executor.all_running()
        return JobsStatus(
            mode=read_mode(self._data),
            active=counts["running"],
            queued=counts["queued"],
            processed=counts["completed"],
            errors=counts["failed"],
            cancelled=counts["cancelled"],
            uptime_s=time.monotonic() - self._began,
            queues={QUEUE: QueueStatus(depth=counts["queued"], oldest_s=self.queue_age_s())},
            current=tuple(job_of(row, running) for row in self._durable.rows("running")),
            disk_free_bytes=shutil.disk_usage(self._data.root).free,
            slowest_step=self._slowest(),
        )

    def queue_age_s(self) -> float | None:
        """Seconds for which the oldest queued job has waited; None where none waits."""
        oldest = self._durable.oldest_queued()
        return None if oldest is None else max(0.0, (datetime.now(UTC) - oldest).total_seconds())

    def counts(self) -> dict[JobState, int]:
        """How many jobs are in each state."""
        return self._durable.counts(_STATES)

    def control(self, action: Action, *, end: bool = False) -> JobsStatus:
        """Give an order; see :meth:`~neuropose_ray.service.jobs.orders.Orders.give`."""
        with self._lock:
            self._orders.give(action, end=end)
        return self.status()

    def note_end(self) -> None:
        """Note that the service may end now, where it was told to end and no job runs any more."""
        self._orders.note_end(busy=bool(self._executor.all_running()))

    def remove_outdated(self) -> tuple[str, ...]:
        """Remove the ended jobs that the settings do not keep."""
        removed = []
        for job_id in self._retention.outdated(datetime.now(UTC)):
            with suppress(JobNotFoundError, JobStateError):  # removed, or queued again, meanwhile
                self.remove(job_id)
                removed.append(job_id)
        return tuple(removed)

    def _row(self, job_id: str) -> JobRow:
        row = self._durable.row(job_id)
        if row is None:
            raise JobNotFoundError("there is no such job", hint="it may have been removed")
        return row
