"""Jobs of the inbox done by this process, one after the other: poses alone, without Ray, HTTP or a database.

What must outlive the process is on the disk already: the inbox's ledger has every request, and a run's folder its
chunks. A job of an earlier process is not known here, is submitted again, and goes on from its chunks.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from neuropose_ray.errors import InputNotFoundError, JobCancelledError, JobNotFoundError
from neuropose_ray.schemas.jobs import Job, JobError, JobInput, JobProgress, JobRequest
from neuropose_ray.schemas.workflows import Step
from neuropose_ray.service.data_folder import DataFolder, JobFolder
from neuropose_ray.service.jobs.failures import StepFailedError, job_error
from neuropose_ray.service.jobs.job_log import append_line
from neuropose_ray.service.jobs.progress import ProgressTracker
from neuropose_ray.service.jobs.steps.settings import PoseOptions
from neuropose_ray.service.jobs.steps.work import StepWork
from neuropose_ray.service.settings import Settings

logger = logging.getLogger(__name__)

#: The work of a job: its inputs without a whole result, and why.
Work = Callable[[StepWork, PoseOptions], list[JobError]]
_POSE = Step(kind="pose")


class LocalJobs:
    """The inbox's jobs, in a thread of this process.

    Args:
        data: the folder, which this process has the lock of.
        settings: of the runs.
        work: finds the poses of a job's videos.
    """

    def __init__(self, data: DataFolder, settings: Settings, work: Work) -> None:
        self._data, self._settings, self._work = data, settings, work
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.SimpleQueue[JobRequest | None] = queue.SimpleQueue()
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """Leave the job at hand after its chunk, and end; the next process goes on with it."""
        self._stop.set()
        self._waiting.put(None)
        self._thread.join()

    def submit(self, request: JobRequest) -> Job:
        """Take a job on; the same request again gives the same job."""
        with self._lock:
            if request.id not in self._jobs:
                self._jobs[request.id] = _queued(request)
                self._waiting.put(request)
            return self._jobs[request.id]

    def job(self, job_id: str) -> Job:
        """One job.

        Raises:
            JobNotFoundError: it was not submitted to this process.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise JobNotFoundError("there is no such job", where=job_id)
            return self._jobs[job_id]

    def _run(self) -> None:
        while (request := self._waiting.get()) is not None and not self._stop.is_set():
            self._change(request.id, state="running", started_at=datetime.now(UTC), attempts=1)
            try:
                warnings = self._work(self._step_work(request), PoseOptions())
            except JobCancelledError:
                return
            except StepFailedError as error:
                self._fail(request, error.error)
            except Exception as error:
                # A job that fails must not end those after it.
                logger.exception("job %s failed", request.id)
                self._fail(request, job_error(error, "pose"))
            else:
                self._change(request.id, state="completed", warnings=tuple(warnings), ended_at=datetime.now(UTC))

    def _step_work(self, request: JobRequest) -> StepWork:
        folder = self._data.job(request.id)
        tracker = ProgressTracker(["pose"], partial(self._note, request.id))
        tracker.enter(0, JobProgress())

        def report(
            fraction: float, video: str | None, inputs_done: int, frames: tuple[int, int] | None = None
        ) -> None:
            tracker.at(fraction, video, inputs_done, frames)
            self._note(request.id, tracker.now)

        return StepWork(
            request=request,
            folder=folder,
            step=_POSE,
            settings=self._settings,
            names_by_path={},
            should_stop=self._stop.is_set,
            progress=report,
            log=partial(append_line, folder.log),
        )

    def _note(self, job_id: str, progress: JobProgress) -> None:
        self._change(job_id, progress=progress)

    def _fail(self, request: JobRequest, error: JobError) -> None:
        self._change(request.id, state="failed", error=error, ended_at=datetime.now(UTC))

    def _change(self, job_id: str, **changes: object) -> None:
        with self._lock:
            self._jobs[job_id] = self._jobs[job_id].model_copy(update=changes)


def uploaded(item: JobInput, folder: JobFolder, _should_stop: Callable[[], bool]) -> Path:
    """An input that the inbox has put into the job's folder.

    Raises:
        InputNotFoundError: it is gone.
    """
    path = folder.uploads / item.name
    if not path.exists():
        raise InputNotFoundError("the video is gone", where=item.name, hint="drop it again")
    return path


def _queued(request: JobRequest) -> Job:
    return Job(
        id=request.id,
        state="queued",
        workflow=request.workflow,
        inputs=tuple(item.name for item in request.inputs),
        priority=request.priority,
        labels=request.labels,
        source=request.source,
        folder=request.folder,
        attempts=0,
        progress=JobProgress(),
        submitted_at=request.submitted_at,
    )
