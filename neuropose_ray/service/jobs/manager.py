"""The job manager: one object, in one process of the service, that has the queue, the inbox, and what runs."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from neuropose_ray import machine
from neuropose_ray.errors import EngineError, NeuroposeRayError, NotReadyError, ServiceError
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline import Engine
from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import Action, Job, JobRequest, JobsStatus
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.deliveries import Deliveries, Delivery, DeliveryState
from neuropose_ray.service.durable_work import Pauses
from neuropose_ray.service.inbox import FolderLock
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.jobs.batches import JobBatches
from neuropose_ray.service.jobs.cleanup import clear_incoming, clear_job_folders
from neuropose_ray.service.jobs.deadlines import JobDeadlines
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.execution import PAUSES, Executor
from neuropose_ray.service.jobs.failures import redact_paths
from neuropose_ray.service.jobs.job_service import JobService
from neuropose_ray.service.jobs.list_calls import ListCalls
from neuropose_ray.service.jobs.locating import InputLocator
from neuropose_ray.service.jobs.metrics import JobMeter, RayJobMeter
from neuropose_ray.service.jobs.mode import STARTS_NONE, read_mode
from neuropose_ray.service.jobs.step_times import StepTimes
from neuropose_ray.service.jobs.steps.pose import Engines, PoseStep
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import VideoTasks
from neuropose_ray.service.jobs.tasks import RayVideoTasks
from neuropose_ray.service.jobs.webhooks import JobWebhooks
from neuropose_ray.service.jobs.workflows import Workflows
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.names import TASK
from neuropose_ray.service.queue_looks import POLL_S, QueueLooks
from neuropose_ray.service.settings import Settings
from neuropose_ray.stores import WebhookSender

R = TypeVar("R")

logger = logging.getLogger(__name__)

#: A predecessor that was told to end needs so long to leave what it does; a killed one holds nothing.
LOCK_WAIT_S = 60.0
#: Between two looks at what is to be counted and removed.
_HOUSEKEEPING_S = 10.0
_STOP_WAIT_S = 10.0
#: Between two looks at whether jobs with webhooks have ended; without such jobs nothing is looked at.
_WEBHOOKS_S = 1.0
#: For which a webhook is tried before it goes on in rounds.
_IN_LINE_S = 20.0


class BackgroundService(Protocol):
    """Works in a thread of the manager as long as the manager does."""

    def run(self) -> None:
        """Until it is stopped."""
        ...

    def stop(self) -> None:
        """Make :meth:`run` return soon."""
        ...


class JobManager(ListCalls):
    """The jobs of a service, from any process over its handle. There is one at a time for a data folder.

    It starts in the background: until :meth:`ready` gives nothing, all other methods raise NotReadyError.

    Args:
        settings: of the service.
        spec: the pose model.
        pose: the handle of the deployment that has the pose model.
        others: further pose models and the handles of their deployments, by the names that jobs call them.
        engines: who computes poses instead of it.
        tasks: who does the other steps, instead of Ray.
        background: what else works on the jobs, as the inbox does.
        pauses: between the tries of a step.
        poll_s: between two looks for jobs and for messages to webhooks, while there may be some.
        logs: of this process; None where somebody else writes them.

    Raises:
        SettingsError: a workflow has wrong settings.
        OutputError: the data folder cannot be made.
    """

    def __init__(
        self,
        settings: Settings,
        spec: PoseModelSpec,
        pose: Any,
        *,
        others: Mapping[str, tuple[PoseModelSpec, Any]] | None = None,
        engines: Engines | None = None,
        tasks: VideoTasks | None = None,
        background: Callable[[JobService], BackgroundService] | None = None,
        pauses: Pauses = PAUSES,
        poll_s: float = POLL_S,
        logs: LogFiles | None = None,
    ) -> None:
        if logs is not None:
            logs.start()
        task_logs = None if logs is None else replace(logs, part=TASK)
        jobs = settings.service.jobs
        self._data = DataFolder(settings.service.data_dir)
        self._workflows, self._jobs = Workflows(jobs.workflows), jobs
        self._data.create()
        locate = InputLocator(Inputs(settings.service.uploads), settings.service.archives)
        self._meter = StepTimes(_meter())
        sender = WebhookSender(settings.service.webhooks)
        looks = QueueLooks(poll_s=poll_s)
        deliveries = Deliveries(sender, self._report_delivery, in_line_s=_IN_LINE_S, poll_s=poll_s, looks=looks)
        self._durable = DurableJobs(_database_url(settings), jobs.running, self._perform, deliveries, looks)
        self._webhooks = JobWebhooks(sender, self._durable, deliveries)
        self._executor = Executor(
            self._data,
            settings,
            PoseStep(
                spec,
                engines or _serve_engines(settings, spec, pose),
                locate,
                {
                    name: (spec_of_model, _serve_engines(settings, spec_of_model, handle))
                    for name, (spec_of_model, handle) in (others or {}).items()
                },
            ),
            VideoSteps(tasks or RayVideoTasks(_tasks_at_once(jobs.running), task_logs), locate),
            attributes=self._attributes,
            note=self._durable.note,
            meter=self._meter,
            pauses=pauses,
        )
        self._background_factory = background
        self._background: BackgroundService | None = None
        self._lock = FolderLock(self._data.lock)
        self._service: JobService | None = None
        self._waits_for: tuple[str, ...] = ("the job manager to start",)
        self._fault: NeuroposeRayError | None = None
        self._closed = threading.Event()
        self._threads: list[threading.Thread] = []
        self._starter = self._spawn(self._start, "job-manager")

    def _perform(self, *args: Any) -> list[dict[str, Any]]:
        return self._executor.perform(*args)

    def _report_delivery(self, delivery: Delivery, state: DeliveryState) -> None:
        self._webhooks.report(delivery, state)

    def _attributes(self, job_id: str) -> dict[str, Any]:
        row = self._durable.row(job_id)
        return {} if row is None else dict(row.attributes)

    def _spawn(self, function: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=function, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _start(self) -> None:
        try:
            self._open()
        except NeuroposeRayError as error:
            logger.error("the job manager cannot start: %s", error)
            self._fault = error
        except Exception as error:
            # Serve replaces a manager that is not well; one that waits for ever would not be.
            logger.exception("the job manager cannot start")
            self._fault = ServiceError(f"the job manager cannot start ({type(error).__name__})", hint="see its log")

    def _open(self) -> None:
        self._waits_for = (f"the data folder's lock ({self._data.lock.name}), which another process has",)
        self._lock.acquire(LOCK_WAIT_S)
        self._waits_for = ("the database of jobs",)
        self._durable.open(paused=read_mode(self._data) in STARTS_NONE)
        batches, deadlines = JobBatches(self._durable, self._executor), JobDeadlines(self._durable)
        batches.open()
        deadlines.open()
        parts = self._workflows, self._durable, self._executor, self._webhooks, batches, deadlines
        service = JobService(self._data, self._jobs, *parts, self._meter.slowest)
        clear_incoming(self._data.incoming)
        clear_job_folders(self._data.jobs, lambda job_id: self._durable.row(job_id) is not None)
        if self._background_factory is not None:
            self._background = self._background_factory(service)
            self._spawn(self._background.run, "inbox")
        self._service, self._waits_for = service, ()
        self._spawn(self._run_housekeeping, "job-housekeeping")
        self._spawn(self._run_webhooks, "job-webhooks")
        self._spawn(partial(deadlines.run, service.fail, self._closed), "job-deadlines")

    def _run_housekeeping(self) -> None:
        while not self._closed.wait(_HOUSEKEEPING_S):
            service = self._ready_service()
            try:
                clear_incoming(self._data.incoming)
                service.clear_removed()
                self._webhooks.tidy()
                for job_id in service.resume_lost():
                    logger.warning("job %s is queued again: nothing worked on it", job_id)
                for job_id in service.remove_outdated():
                    logger.info("job %s was removed: it is no longer kept", job_id)
                self._meter.jobs(service.counts(), service.queue_age_s() or 0.0)
            except Exception:
                # A database that is away for a while must not end this thread for good.
                logger.exception("housekeeping failed, and is done again")

    def _run_webhooks(self) -> None:
        is_open = False
        while not self._closed.wait(_WEBHOOKS_S):
            try:
                if not is_open:
                    self._webhooks.open()
                    is_open = True
                self._webhooks.deliver_ended()
                self._ready_service().note_end()
            except Exception:
                logger.exception("webhooks of ended jobs are ordered later")

    def _ready_service(self) -> JobService:
        if self._service is None:
            raise NotReadyError(f"waiting for {', '.join(self._waits_for)}", hint="try again soon")
        return self._service

    async def _ask(self, method: Callable[[JobService], R]) -> R:
        return await asyncio.to_thread(method, self._ready_service())

    async def answer(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method for another process: an error that the caller is to be told is given back, not raised.

        What a method raises, Serve takes for a failure of this deployment, and logs with a trace.
        """
        try:
            return await getattr(self, method)(*arguments, **keywords)
        except NeuroposeRayError as error:
            return error

    async def submit(self, request: JobRequest) -> Job:
        """See :meth:`~neuropose_ray.service.jobs.job_service.JobService.submit`; so for all that follow."""
        return await self._ask(lambda service: service.submit(request))

    async def job(self, job_id: str) -> Job:
        """The view of one job."""
        return await self._ask(lambda service: service.job(job_id))

    async def cancel(self, job_id: str) -> Job:
        """Cancel a job that waits or runs."""
        return await self._ask(lambda service: service.cancel(job_id))

    async def retry(self, job_id: str, step: StepKind | None = None) -> Job:
        """Queue an ended job again, from a step on where one is named."""
        return await self._ask(lambda service: service.retry(job_id, step))

    async def remove(self, job_id: str) -> None:
        """Forget an ended job, with its files."""
        await self._ask(lambda service: service.remove(job_id))

    async def log(self, job_id: str) -> tuple[str, ...]:
        """What happened to a job, a line each."""
        return await self._ask(lambda service: service.log(job_id))

    async def status(self) -> JobsStatus:
        """All jobs in numbers."""
        return await self._ask(lambda service: service.status())

    async def control(self, action: Action, end: bool = False) -> JobsStatus:
        """Pause, resume, or drain, also to end."""
        return await self._ask(lambda service: service.control(action, end=end))

    async def ready(self) -> tuple[str, ...]:
        """What it still waits for; nothing when it is ready. For everybody's eyes: where and why is in the log."""
        return self._waits_for if self._fault is None else (redact_paths(self._fault.what),)

    def check_health(self) -> None:
        """For Serve, which replaces a manager that is not well.

        Raises:
            NeuroposeRayError: it cannot start, or takes no jobs from the queue any more.
        """
        if self._fault is not None:
            raise self._fault
        if self._service is not None and not self._durable.healthy():
            raise EngineError("no thread takes jobs from the queue", hint="the manager is to be replaced")

    def close(self) -> None:
        """Leave the jobs where they are, for the next process, and give the data folder back."""
        self._closed.set()
        self._starter.join(LOCK_WAIT_S)
        if self._background is not None:
            self._background.stop()
        if self._executor.all_running():
            self._durable.pause()  # of the queue alone: the next process sets it by the mode
        self._executor.stop(_STOP_WAIT_S)
        if self._service is not None:
            self._service = None
            self._durable.close()
        self._lock.release()

    def __del__(self) -> None:
        """Serve's way to end a replica."""
        closed = getattr(self, "_closed", None)  # missing where the settings were refused
        if closed is not None and not closed.is_set():
            # Serve calls this within its event loop, and there DBOS refuses what would hold the loop.
            thread = threading.Thread(target=self.close, name="job-manager-close")
            thread.start()
            thread.join()


def _meter() -> JobMeter | None:
    """Through Ray, where this process is one of Ray's."""
    import ray

    return RayJobMeter() if ray.is_initialized() else None


def _database_url(settings: Settings) -> str:
    from sqlalchemy import URL

    given = settings.service.jobs.database_url
    if given is not None:
        return given.get_secret_value()
    data = DataFolder(settings.service.data_dir)
    data.create_database()
    return URL.create("sqlite", database=str(data.database.absolute())).render_as_string(hide_password=False)


def _serve_engines(settings: Settings, spec: PoseModelSpec, pose: Any) -> Engines:
    @contextmanager
    def engine(should_stop: Callable[[], bool], log: Callable[[str], None]) -> Iterator[Engine]:
        from neuropose_ray.service.pose import ServeEngine, chunks_at_once

        at_once = chunks_at_once(settings.engine, spec)
        with closing(ServeEngine(pose, chunks_per_replica=at_once, should_stop=should_stop, log=log)) as serve:
            yield serve

    return engine


def _tasks_at_once(running: int) -> int:
    """All running jobs together have a task for each core."""
    return max(1, machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()) // running)
