"""The queue of jobs in a database: all that knows DBOS.

A job is a workflow of DBOS whose id is the job's, with the request as its input; each step of the job is a step of
it. State, times, starts and errors are the workflow's row, and what may change besides, its attributes. A step whose
outcome is in the database is never done again; one that was at work when the process died is done again by the next
process, which finds its workflows by the fixed executor id, and takes them from the same queue by their priority.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from neuropose_ray.errors import RequestError, ServiceError, first_line
from neuropose_ray.schemas.job_names import ENDED, JobState, StepKind
from neuropose_ray.schemas.jobs import JobRequest
from neuropose_ray.schemas.workflows import Workflow
from neuropose_ray.service.deliveries import Deliveries
from neuropose_ray.service.durable_work import dbos_configuration, full_disk_named, is_news, recorded
from neuropose_ray.service.jobs.job_rows import JobRow, first_attributes, job_row, state_of, statuses_of, time_of
from neuropose_ray.service.queue_looks import QueueLooks

logger = logging.getLogger(__name__)

QUEUE = "jobs"
_WORKFLOW = "job"
APPLICATION, _EXECUTOR = "neuropose-ray", "job-manager"
#: Starts of one job after which it is taken for what kills the process.
MOST_STARTS = 20
#: What a queued job waits at most for being noticed.
_POLL_S = 1.0
#: Jobs that are read at once, with their requests and without.
_PAGE, _LARGE_PAGE = 200, 2000
#: Until the thread that takes jobs from a new queue is there.
_START_S = 30.0
_HINT = "check jobs.database_url and the data folder's disk"

#: Does a step of this name once: what it gave is in the database before the next one begins. JSON alone.
RecordStep = Callable[[str, Callable[[], list[dict[str, Any]]]], list[dict[str, Any]]]
#: Does a job, and gives what is wrong with a completed one.
Perform = Callable[[JobRequest, Workflow, RecordStep], list[dict[str, Any]]]


class DurableJobs:
    """The queue; of one process at a time, and one object in it. No method may be called in an event loop.

    Args:
        database_url: of SQLite or PostgreSQL.
        running: jobs at once.
        perform: does one.
        deliveries: of webhooks, in the same database.
        looks: at the queues of both.
    """

    def __init__(
        self, database_url: str, running: int, perform: Perform, deliveries: Deliveries, looks: QueueLooks
    ) -> None:
        self._url, self._running, self._perform, self._deliveries = database_url, running, perform, deliveries
        self._looks = looks
        self._workflow: Any = None
        self._opened_s = 0.0

    def open(self, *, paused: bool) -> None:
        """Open the database, and go on with what an earlier process had begun.

        Raises:
            ServiceError: the database cannot be opened.
        """
        from dbos import DBOS
        from sqlalchemy.exc import SQLAlchemyError

        self._looks.install()
        DBOS(config=dbos_configuration(APPLICATION, self._url, _EXECUTOR))
        logging.getLogger("dbos").addFilter(is_news)
        self._opened_s = time.monotonic()
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=MOST_STARTS)(self._body())
        self._deliveries.register()
        try:
            DBOS.launch()
            self._deliveries.open()
            DBOS.register_queue(
                QUEUE,
                worker_concurrency=0 if paused else self._running,
                polling_interval_sec=_POLL_S,
                on_conflict="always_update",
            )
            self._looks.wake()  # new queues have workers only then
        except SQLAlchemyError as error:
            self.close()
            # Apart from what it is: databases say users and hosts here.
            raise ServiceError(
                "the database of jobs cannot be opened", hint=f"{_HINT}: {first_line(error)}"
            ) from error

    def _body(self) -> Callable[[dict[str, Any], dict[str, Any]], list[dict[str, Any]]]:
        from dbos import error as dbos_error

        perform = self._perform

        def record(name: str, function: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
            def step() -> list[dict[str, Any]]:
                try:
                    return function()
                except ExecutionCancelledError as error:
                    # Recorded as any other error it would end the next try as well.
                    raise dbos_error.DBOSWorkflowCancelledError(str(error)) from error

            return recorded(name, step)

        def job(request: dict[str, Any], workflow: dict[str, Any]) -> list[dict[str, Any]]:
            try:
                return perform(JobRequest.model_validate(request), Workflow.model_validate(workflow), record)
            finally:
                self._looks.wake()  # the next one has its room

        return job

    def close(self) -> None:
        """Let go of the database; jobs that run are another process's then."""
        from dbos import DBOS

        self._deliveries.stop()
        self._looks.close()
        DBOS.destroy(destroy_registry=True)

    def healthy(self) -> bool:
        """Whether the thread that takes jobs from the queue is at work."""
        at_work = any(thread.name == f"queue-worker-{QUEUE}" for thread in threading.enumerate())
        return at_work or time.monotonic() - self._opened_s < _START_S

    def enqueue(self, request: JobRequest, workflow: Workflow) -> None:
        """Take a job on. It is in the database when this returns; a known one is left as it is.

        Raises:
            StorageFullError: the database's disk is full.
        """
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowAttributes, SetWorkflowID

        priority = 11 - request.priority  # of DBOS the least is first, from 1
        attributes = SetWorkflowAttributes(first_attributes(request))
        with SetWorkflowID(request.id), SetEnqueueOptions(priority=priority), attributes:
            as_json = [model.model_dump(mode="json", by_alias=True) for model in (request, workflow)]
            with full_disk_named():
                DBOS.enqueue_workflow(QUEUE, self._workflow, *as_json)
        self._looks.wake()

    def row(self, job_id: str) -> JobRow | None:
        """One job, None where it is not known."""
        from dbos import DBOS

        workflows = DBOS.list_workflows(workflow_ids=[job_id], name=_WORKFLOW)
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
                name=_WORKFLOW,
                status=statuses,
                end_time=None if until_ms is None else _last_moment(until_ms).isoformat(),
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

        for page in _pages(job_ids, _PAGE):
            yield from map(job_row, DBOS.list_workflows(workflow_ids=page, name=_WORKFLOW))

    def counts(self, states: Sequence[JobState]) -> dict[JobState, int]:
        """How many jobs are in each of these states."""
        from dbos import DBOS

        counted = dict.fromkeys(states, 0)
        names = statuses_of(states)
        for status in DBOS.list_workflows(name=_WORKFLOW, status=names, load_input=False, load_output=False):
            state = state_of(status)
            if state in counted:
                counted[state] += 1
        return counted

    def awaiting_webhooks(self) -> Iterator[str]:
        """The ids of jobs of whose end somebody is still to be told; all jobs are looked at."""
        for job_id, attributes in self._all_attributes():
            if (attributes.get("webhook") or {}).get("state") in ("awaiting", "pending"):
                yield job_id

    def batches(self) -> Iterator[tuple[str, str]]:
        """The id of each job that belongs to a batch, with the batch's, oldest first; all jobs are looked at."""
        for job_id, attributes in self._all_attributes():
            if "batch" in attributes:
                yield job_id, attributes["batch"]

    def _all_attributes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        from dbos import DBOS

        for offset in itertools.count(0, _LARGE_PAGE):
            page = DBOS.list_workflows(
                name=_WORKFLOW, limit=_LARGE_PAGE, offset=offset, load_input=False, load_output=False
            )
            for status in page:
                yield status.workflow_id, status.attributes or {}
            if len(page) < _LARGE_PAGE:
                return

    def ended(self, job_ids: Collection[str]) -> tuple[str, ...]:
        """Those of these jobs that have ended, or are not known."""
        from dbos import DBOS

        going_on: set[str] = set()
        for page in _pages(job_ids, _LARGE_PAGE):
            rows = DBOS.list_workflows(workflow_ids=page, name=_WORKFLOW, load_input=False, load_output=False)
            going_on.update(row.workflow_id for row in rows if state_of(row) not in ENDED)
        return tuple(job_id for job_id in job_ids if job_id not in going_on)

    def oldest_queued(self) -> datetime | None:
        """Since when the job waits that waits longest."""
        from dbos import DBOS

        workflows = DBOS.list_workflows(
            name=_WORKFLOW, status=["ENQUEUED", "DELAYED"], limit=1, load_input=False, load_output=False
        )
        return time_of(workflows[0].created_at) if workflows else None

    def note(self, job_id: str, **attributes: Any) -> None:
        """Keep something beside a job.

        Raises:
            StorageFullError: the database's disk is full.
        """
        from dbos import DBOS

        with full_disk_named():
            DBOS.update_workflow_attributes(job_id, attributes, merge=True)

    def cancel(self, job_id: str) -> None:
        """Make a job that has not ended a cancelled one; what runs of it is to be stopped by the caller."""
        from dbos import DBOS

        DBOS.cancel_workflow(job_id)

    def requeue(self, job_id: str, step: int | None = None) -> None:
        """Queue an ended job again.

        Args:
            job_id: of the job.
            step: index of the first step that is done again; None: the first that has not finished.

        Raises:
            StorageFullError: the database's disk is full.
        """
        from dbos import DBOS

        if step is None:
            step = sum(1 for recorded in DBOS.list_workflow_steps(job_id) if recorded["error"] is None)
        with full_disk_named():
            DBOS.rewind_workflow(job_id, start_step=step + 1, queue_name=QUEUE)
        self._looks.wake()

    def step_index(self, job_id: str, kind: StepKind, kinds: Sequence[str]) -> int:
        """The index of a job's first step of a kind, among those that have begun and the one after them.

        Args:
            job_id: of the job.
            kind: of the step.
            kinds: of all steps of its workflow, in their order.

        Raises:
            RequestError: there is none.
        """
        from dbos import DBOS

        reached = kinds[: len(DBOS.list_workflow_steps(job_id)) + 1]
        if kind not in reached:
            raise RequestError(
                f"the job has not come to a step {kind!r}", where="step", hint=f"its steps: {', '.join(reached)}"
            )
        return reached.index(kind)

    def resume_lost(self, job_id: str) -> None:
        """Queue a running job again whose thread ended without an outcome in the database.

        Should the thread be there after all, it does not own the job any more, and writes nothing of it.

        Raises:
            StorageFullError: the database's disk is full.
        """
        from dbos import DBOS

        with full_disk_named():
            DBOS.resume_workflow(job_id, queue_name=QUEUE)
        self._looks.wake()

    def delete(self, job_id: str) -> None:
        """Remove a job from the database."""
        from dbos import DBOS

        DBOS.delete_workflow(job_id)

    def pause(self) -> None:
        """Start no more jobs, here and after a restart; what runs goes on."""
        self._set_running(0)
        time.sleep(1.5 * _POLL_S)  # a look at the queue that has begun goes by the number before

    def resume(self) -> None:
        """Start jobs again."""
        self._set_running(self._running)

    def _set_running(self, jobs: int) -> None:
        from dbos import DBOS

        queue = DBOS.retrieve_queue(QUEUE)
        if queue is None:
            raise ServiceError("the queue is gone from the database", hint="start the service again")
        queue.set_worker_concurrency(jobs)
        self._looks.wake()


class ExecutionCancelledError(Exception):
    """Ends the execution of a job that is a cancelled one in the database already."""


def _pages(job_ids: Collection[str], size: int) -> Iterator[list[str]]:
    """So many ids at a time: databases take no query with more than some ten thousand values."""
    ids = list(job_ids)
    return (ids[first : first + size] for first in range(0, len(ids), size))


def _last_moment(milliseconds: int) -> datetime:
    """Within a millisecond, so far from both ends that rounding does not leave it."""
    return datetime.fromtimestamp((milliseconds + 0.5) / 1000, UTC)
