"""One job from its first step to its last: tries, back-off, cancelling, progress."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from neuropose_ray.errors import JobCancelledError, NeuroposeRayError, StepTimeoutError, StorageFullError
from neuropose_ray.schemas.atomic import is_disk_full
from neuropose_ray.schemas.jobs import JobError, JobProgress, JobRequest, JobStep
from neuropose_ray.schemas.workflows import Step, Workflow
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.durable_work import ExecutionStoppedError, Pauses
from neuropose_ray.service.jobs.durable import ExecutionCancelledError, RecordStep
from neuropose_ray.service.jobs.failures import StepFailedError, job_error
from neuropose_ray.service.jobs.job_log import append_line
from neuropose_ray.service.jobs.memory import MemoryBound
from neuropose_ray.service.jobs.metrics import JobMeter
from neuropose_ray.service.jobs.progress import ProgressTracker
from neuropose_ray.service.jobs.step_states import StepStates, read_steps
from neuropose_ray.service.jobs.steps.pose import PoseStep
from neuropose_ray.service.jobs.steps.settings import PoseOptions
from neuropose_ray.service.jobs.steps.videos import VideoSteps
from neuropose_ray.service.jobs.steps.work import StepWork
from neuropose_ray.service.jobs.workflows import options_of
from neuropose_ray.service.logs import log_context
from neuropose_ray.service.settings import Settings

R = TypeVar("R")

logger = logging.getLogger(__name__)

#: Between the tries of a step, and while it waits for space.
PAUSES = Pauses(first_s=2.0, longest_s=300.0)
_LOOK_S, _MEMORY_LOOK_S = 0.2, 1.0
#: With so much more room than when the disk was full a job goes on at once; it may still be too little.
_ROOM_BYTES = 16 * 1024**2
#: Shown of a job that waits for room.
WAITS_FOR_SPACE = "space on the service's disk"


class AttributeStore(Protocol):
    """Keeps attributes of a job in the database."""

    def __call__(self, job_id: str, **attributes: Any) -> None:
        """Write attributes of a job, beside those that it has."""
        ...


@dataclass(slots=True)
class RunningJob:
    """A job that this process is at; ``cancelled`` makes it leave, whatever the database then says of it."""

    request: JobRequest
    progress: ProgressTracker
    steps: StepStates
    cancelled: threading.Event = field(default_factory=threading.Event)


class Executor:
    """Does jobs, several at a time, each in the thread that calls.

    Args:
        data: where they lie.
        settings: of the service.
        pose: the first step.
        videos: all others.
        attributes: what is kept beside a job; asked for within steps alone.
        note: keeps more; the same.
        meter: counts; None for nobody.
        pauses: between the tries of a step.
    """

    def __init__(
        self,
        data: DataFolder,
        settings: Settings,
        pose: PoseStep,
        videos: VideoSteps,
        *,
        attributes: Callable[[str], dict[str, Any]],
        note: AttributeStore,
        meter: JobMeter | None,
        pauses: Pauses = PAUSES,
    ) -> None:
        self._data, self._settings, self._pose, self._videos = data, settings, pose, videos
        self._attributes, self._note, self._meter = attributes, note, meter
        self._pauses = pauses
        self._memory = MemoryBound(settings.service.jobs.min_free_memory_bytes)
        self._stopping = threading.Event()
        self._running: dict[str, RunningJob] = {}
        self._held: Counter[str] = Counter()
        self._lock = threading.Condition()

    def running(self, job_id: str) -> RunningJob | None:
        """A job that is being done now."""
        return self._running.get(job_id)

    def all_running(self) -> dict[str, RunningJob]:
        """All jobs that are being done now, by id."""
        with self._lock:
            return dict(self._running)

    def holds(self, job_id: str) -> bool:
        """Whether a thread of this process does a job, or waits for its turn to do it."""
        return self._held[job_id] > 0

    def stop(self, wait_s: float) -> None:
        """Leave all jobs where they are, and wait for it."""
        self._stopping.set()
        with self._lock:
            self._lock.notify_all()
            self._lock.wait_for(lambda: not self._running, wait_s)

    def perform(self, request: JobRequest, workflow: Workflow, record: RecordStep) -> list[dict[str, Any]]:
        """Do a job.

        Returns:
            What is wrong with a completed job.

        Raises:
            StepFailedError: it failed.
            ExecutionStoppedError: the service stops.
        """
        with self._holding(request.id), log_context(job=request.id):
            return self._perform(request, workflow, record)

    def _perform(self, request: JobRequest, workflow: Workflow, record: RecordStep) -> list[dict[str, Any]]:
        kinds = [step.kind for step in workflow.steps]
        running = RunningJob(
            request,
            ProgressTracker(kinds, partial(self._write_progress, request.id)),
            StepStates(kinds, partial(self._write_steps, request.id)),
        )
        with self._entered(running):
            self._log(request, "started")
            errors: list[dict[str, Any]] = []
            try:
                for number, step in enumerate(workflow.steps):
                    with log_context(step=step.kind):
                        errors += record(f"{number + 1}_{step.kind}", partial(self._step, running, number, step))
            except StepFailedError as error:
                self._log(request, f"failed: {error.error.code}: {error.error.message}", logging.WARNING)
                raise
            self._log(request, "completed" + (f" with {len(errors)} warnings" if errors else ""))
            return errors

    @contextmanager
    def _holding(self, job_id: str) -> Iterator[None]:
        """Counted: a job that was cancelled and queued again may be held twice for a moment."""
        with self._lock:
            self._held[job_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[job_id] -= 1
                self._held += Counter()  # without those at zero

    @contextmanager
    def _entered(self, running: RunningJob) -> Iterator[None]:
        """Register the job as running; one that was cancelled and queued again waits for its own end here."""
        job_id = running.request.id
        most = self._settings.service.jobs.running  # the queue's own limit may be an older one for a moment

        def may_enter() -> bool:
            return job_id not in self._running and len(self._running) < most

        with self._lock:
            self._lock.wait_for(lambda: may_enter() or self._stopping.is_set())
            if self._stopping.is_set():
                raise ExecutionStoppedError
            self._running[job_id] = running
        try:
            yield
        finally:
            with self._lock:
                del self._running[job_id]
                self._lock.notify_all()

    def _write_progress(self, job_id: str, progress: JobProgress) -> None:
        self._write(job_id, progress=progress.model_dump(mode="json"))

    def _write_steps(self, job_id: str, steps: tuple[JobStep, ...]) -> None:
        self._write(job_id, steps=[step.model_dump(mode="json") for step in steps])

    def _write(self, job_id: str, **shown: Any) -> None:
        try:
            self._note(job_id, **shown)
        except StorageFullError as error:
            # What is shown of a running job is in memory; a full disk must not end the work that reports progress.
            logger.warning("the progress of job %s is not kept: %s", job_id, error)

    def _step(self, running: RunningJob, number: int, step: Step) -> list[dict[str, Any]]:
        """All tries of a step."""
        request = running.request
        self._wait_for_memory(running, step)
        attributes = self._attributes(request.id)
        if "started_at" not in attributes:
            began_at = datetime.now(UTC).isoformat()
            self._with_space(running, step, lambda: self._note(request.id, started_at=began_at))
        running.progress.enter(number, floor=JobProgress.model_validate(attributes.get("progress") or {}))
        kinds = [recorded.kind for recorded in running.steps.now]
        running.steps.enter(number, read_steps(kinds, attributes.get("steps")))
        self._log(request, f"step {number + 1}, {step.kind}")
        began, outcome = time.perf_counter(), "left"
        try:
            errors = self._tries(running, number, step)
            running.steps.leave(number, "completed")
            outcome = "done"
            return [error.model_dump(mode="json") for error in errors]
        except StepFailedError as failure:
            running.steps.leave(number, "failed", failure.error)
            outcome = "failed"
            raise
        finally:
            running.progress.write()
            if self._meter is not None:
                self._meter.step(step.kind, outcome, time.perf_counter() - began)

    def _tries(self, running: RunningJob, index: int, step: Step) -> list[JobError]:
        names_by_path: dict[str, str] = {}
        for number in range(1, step.max_attempts + 1):
            try:
                return self._with_space(running, step, partial(self._try, running, step, names_by_path))
            except (StepFailedError, ExecutionCancelledError):
                raise
            except Exception as error:
                # Also what nobody foresaw: a job must end, and say why. What was told to stop may fail in doing so.
                self._leave(running)
                self._log(running.request, f"{step.kind}, try {number}: {type(error).__name__}: {error}")
                logger.warning("job %s, %s, try %d", running.request.id, step.kind, number, exc_info=error)
                passing = error.retryable if isinstance(error, NeuroposeRayError) else True
                failure = job_error(error, step.kind, names_by_path=names_by_path)
                if not passing or number == step.max_attempts:
                    raise StepFailedError(failure) from error
            running.steps.note_failure(index, failure)
            self._pause(running, step, number)
            running.steps.try_again(index)
        raise AssertionError("a step has at least one try")

    def _with_space(self, running: RunningJob, step: Step, function: Callable[[], R]) -> R:
        """What a function gives, called again for as long as it fails because the disk is full: no try is spent."""
        waits = 0
        while True:
            try:
                return function()
            except (StepFailedError, ExecutionCancelledError):
                raise
            except Exception as error:
                if not isinstance(error, StorageFullError) and not is_disk_full(error):
                    raise
                self._leave(running)
                waits += 1
                self._log(running.request, f"{step.kind} waits for {WAITS_FOR_SPACE}: {error}")
                logger.warning("job %s waits for %s", running.request.id, WAITS_FOR_SPACE)
            self._wait_for_space(running, self._pauses.after(waits))
            self._log(running.request, f"{step.kind} goes on")

    def _wait_for_space(self, running: RunningJob, most_s: float) -> None:
        """Wait until there is more room, which a quota or another disk does not show, and so not for ever."""
        before, until = self._free_bytes(), time.monotonic() + most_s
        running.progress.wait_for(WAITS_FOR_SPACE)
        try:
            while time.monotonic() < until and self._free_bytes() < before + _ROOM_BYTES:
                self._leave(running)
                running.cancelled.wait(_LOOK_S)
            self._leave(running)
        finally:
            running.progress.wait_for(None)

    def _wait_for_memory(self, running: RunningJob, step: Step) -> None:
        """Wait until as much memory is free as is kept; the job says that it does."""
        waits = False
        while (shortage := self._memory.shortage()) is not None:
            running.progress.wait_for(shortage)
            if not waits:
                self._log(running.request, f"{step.kind} waits for {shortage}", logging.WARNING)
            waits = True
            self._leave(running)
            running.cancelled.wait(_MEMORY_LOOK_S)
        if waits:
            running.progress.wait_for(None)
            self._log(running.request, f"{step.kind} goes on")

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._data.root).free

    def _pause(self, running: RunningJob, step: Step, tries: int) -> None:
        pause_s = self._pauses.after(tries)
        self._log(running.request, f"{step.kind} is tried again in {pause_s:.1f} s")
        if self._meter is not None:
            self._meter.retry(step.kind)
        until = time.monotonic() + pause_s
        while (left := until - time.monotonic()) > 0:
            self._leave(running)
            running.cancelled.wait(min(left, _LOOK_S))
        self._leave(running)

    def _leave(self, running: RunningJob) -> None:
        """End this execution where it should."""
        if running.cancelled.is_set():
            raise ExecutionCancelledError("the job was cancelled")
        if self._stopping.is_set():
            raise ExecutionStoppedError

    def _try(self, running: RunningJob, step: Step, names_by_path: dict[str, str]) -> list[JobError]:
        self._leave(running)
        deadline = None if step.timeout_s is None else time.monotonic() + step.timeout_s

        def late() -> bool:
            return deadline is not None and time.monotonic() > deadline

        request = running.request
        work = StepWork(
            request=request,
            folder=self._data.job(request.id),
            step=step,
            settings=self._settings,
            names_by_path=names_by_path,
            should_stop=lambda: running.cancelled.is_set() or self._stopping.is_set() or late(),
            progress=running.progress.at,
            log=partial(self._log, request),
        )
        options = options_of(step)
        try:
            if isinstance(options, PoseOptions):
                return self._pose(work, options)
            return self._videos(work, options)
        except JobCancelledError as error:
            self._leave(running)
            raise StepTimeoutError(f"took longer than {step.timeout_s:g} s", hint="raise timeout_s") from error

    def _log(self, request: JobRequest, text: str, level: int = logging.INFO) -> None:
        append_line(self._data.job(request.id).log, text, level)
