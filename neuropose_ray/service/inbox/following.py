"""The jobs of drops, followed to their end: results go to ``out``, folders of failed ones to ``failed``."""

from __future__ import annotations

import logging
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from neuropose_ray.errors import JobNotFoundError, NeuroposeRayError, OutputError
from neuropose_ray.schemas.jobs import Job, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.delivery import deliver, give_videos, quarantine
from neuropose_ray.service.inbox.drops import DropRecord, Outcome, remove_token, token_of
from neuropose_ray.service.inbox.folders import take_snapshot
from neuropose_ray.service.inbox.known_drops import KnownDrops
from neuropose_ray.service.inbox.log_once import LogOnce
from neuropose_ray.service.inbox.status_file import StatusEntry, StatusFile

logger = logging.getLogger(__name__)

#: Waiting jobs that are asked after at once; thousands may wait, and running ones are asked after always.
_ASKED_AT_ONCE = 20


class JobsPort(Protocol):
    """The jobs of the service, as far as the inbox needs them; called in the inbox's thread."""

    def submit(self, request: JobRequest) -> Job:
        """Take a job on; the same request again gives the same job."""
        ...

    def job(self, job_id: str) -> Job:
        """One job; JobNotFoundError where it is not known."""
        ...


class JobFollower:
    """Submits drops, and follows their jobs.

    Args:
        data: the service's folder.
        drops: all that are known; those without an outcome are followed.
        status: the inbox's status file.
        jobs: that take and do the work.
    """

    def __init__(self, data: DataFolder, drops: KnownDrops, status: StatusFile, jobs: JobsPort) -> None:
        self._data, self._drops, self._status, self._jobs = data, drops, status, jobs
        self._to_ask = deque(drop.id for drop in drops if drop.outcome is None)  # whose job has not ended
        self._new: list[str] = []  # of these, whose jobs are submitted next
        self._running: set[str] = set()
        self._log = LogOnce(logger)

    def add(self, drop: DropRecord) -> None:
        """Follow a drop's job, which is submitted next, after those that were added before."""
        self._new.append(drop.id)

    def follow(self, stop: threading.Event) -> None:
        """Ask after all running jobs, and after some of those that wait; return early where ``stop`` is set."""
        drops = {drop.id: drop for drop in self._drops if drop.outcome is None}
        waiting = [*self._new, *(job_id for job_id in self._to_ask if job_id not in self._running)]
        self._new.clear()
        asked = [*self._running, *waiting[:_ASKED_AT_ONCE]]
        self._to_ask = deque([*waiting[_ASKED_AT_ONCE:], *asked])
        for job_id in asked:
            if stop.is_set():
                return
            drop = drops.get(job_id)
            if drop is None or self._ask(drop):
                self._to_ask.remove(job_id)
                self._running.discard(job_id)

    def _ask(self, drop: DropRecord) -> bool:
        """Whether a drop's job has ended, and all is done that follows from it."""
        try:
            return self._has_ended(drop)
        except (OSError, OutputError) as error:  # the disk is full, or away
            self._log.say(drop.folder, f"job {drop.id} waits: {error}")
            return False

    def _has_ended(self, drop: DropRecord) -> bool:
        try:
            try:
                job = self._jobs.job(drop.id)
            except JobNotFoundError:
                job = self._submit(drop)
            if job.state == "completed":
                self._complete(drop, job)
            elif job.state == "failed":
                what = "it failed" if job.error is None else f"{job.error.code}: {job.error.message}"
                self._fail(drop, job, what)
            elif job.state == "cancelled":
                self._fail(drop, job, "job_cancelled: it was cancelled")
            else:
                (self._running.add if job.state == "running" else self._running.discard)(drop.id)
                self._status.set(drop.folder, StatusEntry.processing(drop, job))
                return False
        except FileNotFoundError as error:
            self._fail(drop, None, f"input: {Path(error.filename or '').name} is gone")
        except OutputError:
            raise
        except NeuroposeRayError as error:
            if error.retryable:
                self._log.say(drop.folder, f"job {drop.id} waits: {error}")
                return False
            self._fail(drop, None, f"{error.code}: {error}")
        return True

    def _submit(self, drop: DropRecord) -> Job:
        job = self._data.job(drop.id)
        give_videos(self._data.inbox / drop.folder, drop, job)
        return self._jobs.submit(drop.request)

    def _complete(self, drop: DropRecord, job: Job) -> None:
        file = deliver(job, drop, self._data.job(drop.id).results, self._data.outbox)
        warnings = "; ".join(f"{drop.original(warning.input)}: {warning.message}" for warning in job.warnings)
        outcome = Outcome(
            started_at=job.started_at or job.submitted_at,
            completed_at=job.ended_at or datetime.now(UTC),
            results=str(file),
            warning=warnings or None,
        )
        self._drops.end(drop, outcome)
        logger.info("%s is completed: %s", drop.folder, file)

    def _fail(self, drop: DropRecord, job: Job | None, error: str) -> None:
        path = self._data.inbox / drop.folder
        if token_of(path) == drop.id and self._has_changed(path, drop):
            # Whoever copied it went on: it is another drop, and must not be moved away from under the copy.
            self._log.say(drop.folder, f"has changed since it was taken; job {drop.id} is forgotten ({error})")
            self._status.set(drop.folder, None)
            self._drops.forget(drop)
            remove_token(path)
            return
        moved = quarantine(path, self._data.failed) if token_of(path) == drop.id else None
        started_at = job.started_at if job is not None and job.started_at else drop.request.submitted_at
        self._status.set(drop.folder, StatusEntry.failed(started_at, datetime.now(UTC), error))
        self._status.write()
        self._drops.forget(drop)
        if moved is not None:
            remove_token(moved)
        logger.warning("%s failed: %s", drop.folder, error)

    @staticmethod
    def _has_changed(path: Path, drop: DropRecord) -> bool:
        try:
            return not drop.covers(take_snapshot(path).videos)
        except (OSError, UnicodeEncodeError):
            return False
