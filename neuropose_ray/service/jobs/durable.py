"""The queue of jobs in a database: with ``stored_jobs.py``, all that knows DBOS.

A job is a workflow of DBOS whose id is the job's, with the request as its input; each step of the job is a step of
it. State, times, starts and errors are the workflow's row, and what may change besides, its attributes. A step whose
outcome is in the database is never done again; one that was at work when the process died is done again by the next
process, which finds its workflows by the fixed executor id, and takes them from the same queue by their priority.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from neuropose_ray.errors import RequestError, ServiceError, first_line
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobRequest
from neuropose_ray.schemas.workflows import Workflow
from neuropose_ray.service.deliveries import Deliveries
from neuropose_ray.service.durable_work import dbos_configuration, full_disk_named, is_news, recorded
from neuropose_ray.service.jobs.job_rows import first_attributes
from neuropose_ray.service.jobs.stored_jobs import WORKFLOW, StoredJobs
from neuropose_ray.service.queue_looks import QueueLooks

logger = logging.getLogger(__name__)

QUEUE = "jobs"
APPLICATION, _EXECUTOR = "neuropose-ray", "job-manager"
#: Starts of one job after which it is taken for what kills the process.
MOST_STARTS = 20
#: Until the thread that takes jobs from a new queue is there.
_START_S = 30.0
_HINT = "check jobs.database_url and the data folder's disk"

#: Does a step of this name once: what it gave is in the database before the next one begins. JSON alone.
RecordStep = Callable[[str, Callable[[], list[dict[str, Any]]]], list[dict[str, Any]]]
#: Does a job, and gives what is wrong with a completed one.
Perform = Callable[[JobRequest, Workflow, RecordStep], list[dict[str, Any]]]


class DurableJobs(StoredJobs):
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
        self._workflow = DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_STARTS)(self._body())
        self._deliveries.register()
        try:
            DBOS.launch()
            self._deliveries.open()
            DBOS.register_queue(
                QUEUE,
                worker_concurrency=0 if paused else self._running,
                polling_interval_sec=self._looks.poll_s,
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
        time.sleep(1.5 * self._looks.poll_s)  # a look at the queue that has begun goes by the number before

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
