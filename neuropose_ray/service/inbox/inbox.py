"""The inbox: each folder or video that is dropped into ``in`` becomes one job, and its results come to ``out``."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from neuropose_ray.errors import JobNotFoundError, NeuroposeRayError, OutputError
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.jobs import Job, JobInput, JobRequest
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.delivery import (
    clear_unfinished,
    deliver,
    give_videos,
    quarantine,
    recover_wrapped,
    wrap_video,
)
from neuropose_ray.service.inbox.drops import DropRecord, DropStore, Outcome, remove_token, token_of, write_token
from neuropose_ray.service.inbox.folders import FolderSnapshot, take_snapshot, video_snapshot
from neuropose_ray.service.inbox.ingest import clear_leftovers
from neuropose_ray.service.inbox.names import RESERVED_NAMES, is_partial, is_video_file
from neuropose_ray.service.inbox.notices import notices
from neuropose_ray.service.inbox.stability import StabilityTracker
from neuropose_ray.service.inbox.status_file import StatusEntry, StatusFile
from neuropose_ray.service.settings import InboxSettings

logger = logging.getLogger(__name__)

#: Between two looks at running jobs; also the longest time that :meth:`Inbox.stop` waits for nothing.
_TICK_S = 0.5
#: Waiting jobs that are asked after at once; thousands may wait, and running ones are asked after always.
_ASKED_AT_ONCE = 20
_STOP_WAIT_S = 30.0


class JobsPort(Protocol):
    """The jobs of the service, as far as the inbox needs them; called in the inbox's thread."""

    def submit(self, request: JobRequest) -> Job:
        """Take a job on; the same request again gives the same job."""
        ...

    def job(self, job_id: str) -> Job:
        """One job; JobNotFoundError where it is not known."""
        ...


class Inbox:
    """Watches ``in``, submits what is whole, and follows its jobs to their end.

    Args:
        data: the service's folder, which this process has the lock of.
        settings: how long a folder must be still, and which workflow does it.
        jobs: that take and do the work.
    """

    def __init__(self, data: DataFolder, settings: InboxSettings, jobs: JobsPort) -> None:
        self._data, self._settings, self._jobs = data, settings, jobs
        self._store, self._status = DropStore(data.drops), StatusFile(data.status_file)
        self._drops: dict[str, DropRecord] = {}  # by folder; one at most of each name
        self._to_ask: deque[str] = deque()  # ids of drops whose job has not ended
        self._running: set[str] = set()
        self._unchanged: dict[str, tuple[int, int]] = {}  # folders of ended jobs, looked at already
        self._said: dict[str, str] = {}
        self._stability = StabilityTracker(settings.settle_s, settings.unfinished_s)
        self._unfinished: dict[str, datetime] = {}  # what the status file says of them is no drop's
        self._stop, self._ended = threading.Event(), threading.Event()
        self._ended.set()

    def run(self) -> None:
        """Work until :meth:`stop`; what fails is logged and tried again."""
        self._ended.clear()
        try:
            while not self._stop.is_set():
                try:
                    self._start()
                    self._work()
                except Exception:
                    # A disk or database that is away for a while must not end the inbox for good.
                    logger.exception("the inbox failed, and goes on")
                    self._stop.wait(2 * self._settings.poll_s)
        finally:
            self._ended.set()

    def stop(self) -> None:
        """Make :meth:`run` return, and wait until it has; jobs go on without it, and the next inbox follows them."""
        self._stop.set()
        self._ended.wait(_STOP_WAIT_S)

    def _start(self) -> None:
        self._data.create()
        clear_leftovers(self._data)
        clear_unfinished(self._data.outbox)
        recover_wrapped(self._data.inbox)
        before = self._status.load()
        is_new = self._store.is_new
        self._store.create()
        if is_new:
            self._adopt(before)
        self._drops = self._newest_drops()
        self._to_ask = deque(drop.id for drop in self._drops.values() if drop.outcome is None)
        for folder, entry in before.items():
            if entry.status == "processing" and folder not in self._drops:
                self._status.set(folder, None)
        for drop in self._drops.values():
            entry = StatusEntry.waiting(drop) if drop.outcome is None else StatusEntry.completed(drop, drop.outcome)
            self._status.set(drop.folder, entry)

    def _newest_drops(self) -> dict[str, DropRecord]:
        """The drops by their folder; of two of one name the earlier was about to be forgotten."""
        newest: dict[str, DropRecord] = {}
        for drop in sorted(self._store.drops(), key=lambda drop: drop.request.submitted_at):
            if drop.folder in newest:
                self._store.remove(newest[drop.folder].id)
            newest[drop.folder] = drop
        return newest

    def _adopt(self, entries: dict[str, StatusEntry]) -> None:
        """Take a folder of NeuroPose's over: what it completed is not done again."""
        for folder, entry in entries.items():
            path = self._data.inbox / folder
            if entry.status != "completed" or not path.is_dir():
                continue
            videos = take_snapshot(path).videos
            if videos and (self._data.outbox / folder / "results.json").exists():
                ended_at = entry.completed_at or entry.started_at
                results = entry.results_path or str(self._data.outbox / folder / "results.json")
                outcome = Outcome(started_at=entry.started_at, completed_at=ended_at, results=results)
                drop = self._drop_of(folder, FolderSnapshot(frozenset(), videos, None, ()))
                write_token(path, drop.id)
                self._store.put(drop.model_copy(update={"outcome": outcome}))

    def _work(self) -> None:
        looked_at = -self._settings.poll_s
        tick_s = min(_TICK_S, self._settings.poll_s, self._settings.settle_s or _TICK_S)
        for changed in notices(self._data.inbox, tick_s, self._stop):
            now = time.monotonic()
            due = now - looked_at >= self._settings.poll_s
            if changed or due or self._stability.goes_on:
                looked_at = now
                self._scan(changed)
            self._follow()
            self._status.write()
            if self._stop.is_set():
                return

    # What is dropped.

    def _scan(self, changed: frozenset[str]) -> None:
        self._data.inbox.mkdir(exist_ok=True)
        with os.scandir(self._data.inbox) as listing:
            entries = {entry.name: entry for entry in listing if not entry.name.startswith(".")}
        for folder, drop in list(self._drops.items()):
            if drop.outcome is not None and folder not in entries:
                # What comes back after it was away is dropped again.
                self._forget(drop)
        self._stability.keep(entries)
        for name in self._unfinished.keys() - entries.keys():
            self._clear_unfinished(name)
        for name in sorted(entries):
            try:
                if entries[name].is_dir(follow_symlinks=False):
                    self._consider(name, entries[name].stat(follow_symlinks=False), changed)
                elif entries[name].is_file(follow_symlinks=False) and (is_video_file(name) or is_partial(name)):
                    self._consider_file(name)
                else:
                    self._say(name, "is neither a folder nor a video; a folder with videos makes a job")
            except FileNotFoundError:
                continue  # moved away while it was looked at
            except (OSError, OutputError) as error:
                self._say(name, f"cannot be taken: {error}")

    def _consider(self, name: str, status: os.stat_result, changed: frozenset[str]) -> None:
        path, drop, identity = self._data.inbox / name, self._drops.get(name), (status.st_ino, status.st_mtime_ns)
        if drop is not None and self._unchanged.get(name) == identity and name not in changed:
            return
        is_taken = drop is not None and token_of(path) == drop.id
        if is_taken and drop is not None and drop.outcome is None:
            return
        try:
            name.encode()
            snapshot = take_snapshot(path)
        except UnicodeEncodeError:
            self._reject(name, "a name in it is not UTF-8; rename it")
            return
        if is_taken and drop is not None and drop.covers(snapshot.videos):
            self._unchanged[name] = identity
            self._stability.forget(name)
        elif snapshot.entries:
            if self._stability.is_over(name, snapshot, path):
                self._take(name, snapshot)
            else:
                self._note_unfinished(name)

    def _consider_file(self, name: str) -> None:
        """A video beside the folders gets a folder of its own when it is whole; a part of one is named and left."""
        path = self._data.inbox / name
        try:
            snapshot = video_snapshot(path)
        except UnicodeEncodeError:
            self._say(name, "has a name that is not UTF-8; rename it")
            return
        if is_partial(name):
            self._set_unfinished(name, "the rest of it: its name says that it is being copied")
        elif self._stability.is_over(name, snapshot, self._data.inbox):
            self._stability.forget(name)
            self._clear_unfinished(name)
            logger.info("%s is put into %s", name, wrap_video(path).name)
        else:
            self._note_unfinished(name)

    def _note_unfinished(self, name: str) -> None:
        what = self._stability.waits_for(name)
        if what is None:
            self._clear_unfinished(name)
        else:
            self._set_unfinished(name, what)

    def _set_unfinished(self, name: str, what: str) -> None:
        self._say(name, f"waits for {what}")
        since = self._unfinished.setdefault(name, datetime.now(UTC))
        self._status.set(name, StatusEntry.unfinished(since, what))

    def _clear_unfinished(self, name: str) -> None:
        """Leave what the status file says of a drop of this name."""
        if self._unfinished.pop(name, None) is not None and name not in self._drops:
            self._status.set(name, None)

    def _take(self, name: str, snapshot: FolderSnapshot) -> None:
        self._stability.forget(name)
        self._clear_unfinished(name)
        if name.lower() in RESERVED_NAMES:
            self._reject(name, "this name is the inbox's own; rename the folder")
        elif not snapshot.videos:
            what = f" ({', '.join(snapshot.others[:3])})" if snapshot.others else ""
            self._reject(name, f"there is no video in it{what}; videos lie in the folder itself, not as links")
        else:
            drop, earlier = self._drop_of(name, snapshot), self._drops.get(name)
            write_token(self._data.inbox / name, drop.id)
            self._store.put(drop)
            if earlier is not None:
                self._forget(earlier)  # its job may run on, but this name is another drop's now
            self._drops[name] = drop
            self._to_ask.appendleft(drop.id)
            self._status.set(name, StatusEntry.waiting(drop))
            self._status.write()
            logger.info("%s is job %s with %d videos", name, drop.id, len(drop.videos))

    def _drop_of(self, name: str, snapshot: FolderSnapshot) -> DropRecord:
        inputs = tuple(JobInput(name=video.input, size_bytes=video.size_bytes) for video in snapshot.videos)
        request = JobRequest(
            id=uuid.uuid4().hex,
            workflow=self._settings.workflow,
            inputs=inputs,
            source="inbox",
            folder=name,
            submitted_at=datetime.now(UTC),
        )
        return DropRecord(folder=name, request=request, videos=snapshot.videos)

    # What becomes of it.

    def _follow(self) -> None:
        """Ask after all running jobs, and after some of those that wait."""
        drops = {drop.id: drop for drop in self._drops.values() if drop.outcome is None}
        waiting = [job_id for job_id in self._to_ask if job_id not in self._running]
        asked = [*self._running, *waiting[:_ASKED_AT_ONCE]]
        self._to_ask = deque([*waiting[_ASKED_AT_ONCE:], *asked])
        for job_id in asked:
            if self._stop.is_set():
                return
            drop = drops.get(job_id)
            if drop is None or self._ask(drop):
                self._to_ask.remove(job_id)
                self._running.discard(job_id)

    def _ask(self, drop: DropRecord) -> bool:
        """Whether a drop's job has ended, and all is done that follows from it."""
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
        except (OSError, OutputError) as error:  # the disk is full, or away
            self._say(drop.folder, f"job {drop.id} waits: {error}")
            return False
        except NeuroposeRayError as error:
            if error.retryable:
                self._say(drop.folder, f"job {drop.id} waits: {error}")
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
        ended = drop.model_copy(update={"outcome": outcome})
        self._store.put(ended)
        self._drops[drop.folder] = ended
        self._status.set(drop.folder, StatusEntry.completed(ended, outcome))
        logger.info("%s is completed: %s", drop.folder, file)

    def _fail(self, drop: DropRecord, job: Job | None, error: str) -> None:
        path = self._data.inbox / drop.folder
        if token_of(path) == drop.id and self._has_changed(path, drop):
            # Whoever copied it went on: it is another drop, and must not be moved away from under the copy.
            self._say(drop.folder, f"has changed since it was taken; job {drop.id} is forgotten ({error})")
            self._status.set(drop.folder, None)
            self._forget(drop)
            remove_token(path)
            return
        moved = quarantine(path, self._data.failed) if token_of(path) == drop.id else None
        started_at = job.started_at if job is not None and job.started_at else drop.request.submitted_at
        self._status.set(drop.folder, StatusEntry.failed(started_at, datetime.now(UTC), error))
        self._status.write()
        self._forget(drop)
        if moved is not None:
            remove_token(moved)
        logger.warning("%s failed: %s", drop.folder, error)

    @staticmethod
    def _has_changed(path: Path, drop: DropRecord) -> bool:
        try:
            return not drop.covers(take_snapshot(path).videos)
        except (OSError, UnicodeEncodeError):
            return False

    def _reject(self, name: str, why: str) -> None:
        """A folder of which there can be no job."""
        self._stability.forget(name)
        earlier = self._drops.get(name)
        remove_token(quarantine(self._data.inbox / name, self._data.failed))
        if earlier is not None:
            self._forget(earlier)
        now = datetime.now(UTC)
        self._status.set(utf8_text(name), StatusEntry.failed(now, now, f"input: {why}"))
        self._status.write()
        logger.warning("%s is moved to failed: %s", utf8_text(name), why)

    def _forget(self, drop: DropRecord) -> None:
        self._store.remove(drop.id)
        if self._drops.get(drop.folder) == drop:
            del self._drops[drop.folder]
        self._unchanged.pop(drop.folder, None)

    def _say(self, name: str, what: str) -> None:
        """Log a thing once, not at every look."""
        if self._said.get(name) != what:
            self._said[name] = what
            logger.info("%s %s", utf8_text(name), what)
