"""The inbox: each folder or video that is dropped into ``in`` becomes one job, and its results come to ``out``.

A folder holds videos, or the numbered pictures of one.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from datetime import UTC, datetime

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.delivery import (
    clear_unfinished,
    quarantine,
    recover_wrapped,
    wrap_video,
)
from neuropose_ray.service.inbox.drops import remove_token, token_of
from neuropose_ray.service.inbox.folders import FolderSnapshot, take_snapshot, video_snapshot
from neuropose_ray.service.inbox.following import JobFollower, JobsPort
from neuropose_ray.service.inbox.ingest import clear_leftovers
from neuropose_ray.service.inbox.known_drops import KnownDrops
from neuropose_ray.service.inbox.log_once import LogOnce
from neuropose_ray.service.inbox.names import RESERVED_NAMES, is_partial, is_video_file
from neuropose_ray.service.inbox.notices import notices
from neuropose_ray.service.inbox.stability import StabilityTracker
from neuropose_ray.service.inbox.status_file import StatusEntry, StatusFile
from neuropose_ray.service.settings import InboxSettings

logger = logging.getLogger(__name__)

#: Between two looks at running jobs; also the longest time that :meth:`Inbox.stop` waits for nothing.
_TICK_S = 0.5
_STOP_WAIT_S = 30.0


class Inbox:
    """Watches ``in``, submits what is whole, and follows its jobs to their end.

    Args:
        data: the service's folder, which this process has the lock of.
        settings: how long a folder must be still, and which workflow does it.
        jobs: that take and do the work.
    """

    def __init__(self, data: DataFolder, settings: InboxSettings, jobs: JobsPort) -> None:
        self._data, self._settings, self._jobs = data, settings, jobs
        self._status = StatusFile(data.status_file)
        self._drops = KnownDrops(data, self._status, settings.workflow)
        self._follower = JobFollower(data, self._drops, self._status, jobs)
        self._unchanged: dict[str, tuple[str, int, int]] = {}  # folders of ended drops, looked at already
        self._log = LogOnce(logger)
        self._scanned_at = time.monotonic()
        # What is found in one scan is of one age, so that folders that came together are taken in their order.
        self._stability = StabilityTracker(settings.settle_s, settings.unfinished_s, clock=lambda: self._scanned_at)
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
        self._drops.load()
        self._follower = JobFollower(self._data, self._drops, self._status, self._jobs)

    def _work(self) -> None:
        looked_at = -self._settings.poll_s
        tick_s = min(_TICK_S, self._settings.poll_s, self._settings.settle_s or _TICK_S)
        for changed in notices(self._data.inbox, tick_s, self._stop):
            now = time.monotonic()
            due = now - looked_at >= self._settings.poll_s
            if changed or due or self._stability.goes_on:
                looked_at = now
                self._scan(changed)
            self._follower.follow(self._stop)
            self._status.write()
            if self._stop.is_set():
                return

    def _scan(self, changed: frozenset[str]) -> None:
        self._scanned_at = time.monotonic()
        self._data.inbox.mkdir(exist_ok=True)
        with os.scandir(self._data.inbox) as listing:
            entries = {entry.name: entry for entry in listing if not entry.name.startswith(".")}
        for drop in self._drops:
            if drop.outcome is not None and drop.folder not in entries:
                # What comes back after it was away is dropped again.
                self._drops.forget(drop)
        self._stability.keep(entries)
        self._unchanged = {name: identity for name, identity in self._unchanged.items() if name in entries}
        for name in self._unfinished.keys() - entries.keys():
            self._clear_unfinished(name)
        for name in sorted(entries):
            try:
                if entries[name].is_dir(follow_symlinks=False):
                    self._consider(name, entries[name].stat(follow_symlinks=False), changed)
                elif entries[name].is_file(follow_symlinks=False) and (is_video_file(name) or is_partial(name)):
                    self._consider_file(name)
                else:
                    self._log.say(
                        name,
                        "is neither a folder nor a video; a folder with videos or numbered pictures makes a job",
                    )
            except FileNotFoundError:
                continue  # moved away while it was looked at
            except (OSError, OutputError) as error:
                self._log.say(name, f"cannot be taken: {error}")

    def _consider(self, name: str, status: os.stat_result, changed: frozenset[str]) -> None:
        path, drop = self._data.inbox / name, self._drops.get(name)
        identity = ("" if drop is None else drop.id, status.st_ino, status.st_mtime_ns)
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
            self._log.say(name, "has a name that is not UTF-8; rename it")
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
        self._log.say(name, f"waits for {what}")
        if self._status.has_completed(name):
            return  # what stands there of results must outlive what comes later, and the end of this process
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
        elif not snapshot.videos and self._status.has_completed(name):
            self._log.say(name, "has results, and no video in it any more; its results stay")
        elif not snapshot.videos:
            what = f" ({', '.join(snapshot.others[:3])})" if snapshot.others else ""
            self._reject(
                name,
                f"there is no video in it{what}, and no single series of numbered pictures; they lie in the folder "
                "itself, not as links",
            )
        else:
            drop = self._drops.add(name, snapshot)
            self._follower.add(drop)
            self._status.write()
            logger.info("%s is job %s with %d videos", name, drop.id, len(drop.videos))

    def _reject(self, name: str, why: str) -> None:
        """A folder of which there can be no job."""
        self._stability.forget(name)
        earlier = self._drops.get(name)
        remove_token(quarantine(self._data.inbox / name, self._data.failed))
        if earlier is not None:
            self._drops.forget(earlier)
        now = datetime.now(UTC)
        self._status.set(utf8_text(name), StatusEntry.failed(now, now, f"input: {why}"))
        self._status.write()
        logger.warning("%s is moved to failed: %s", utf8_text(name), why)
