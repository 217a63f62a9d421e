"""One run at a time in an output folder, also where several machines see it: a lease with a heartbeat.

Locks of the operating system, and with them the library filelock, end at the machine and do not say who holds them.
A lease is a file that every machine sees: ``lease-N.json`` says who works here, and a thread of that run rewrites it
every few seconds. To take over from lease N is to create ``lease-N+1.json``, which the file system grants to one
process alone; the highest number holds. Files of lower numbers are removed only while a higher one is there, so that
a taker who was slow finds it and steps back.

No two machines' clocks are compared. Whether a holder lives is decided by what the taker itself sees change while
its own clock runs. The file's age, both ends of it told by the clock of the disk that holds it, only shortens the
watch: a file that is old already is watched for three heartbeats, any other for the whole limit.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from neuropose_ray.errors import DiskFullError, OutputError, RunLockedError
from neuropose_ray.pipeline.state.lease_record import LeaseRecord, own_record, process_is_gone
from neuropose_ray.schemas.atomic import is_disk_full
from neuropose_ray.schemas.immutable import FrozenModel

logger = logging.getLogger(__name__)

_NAME = re.compile(r"lease-(\d+)\.json")
#: What a disk says that has no second names for a file, as some shared ones have not.
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


class LeaseSettings(FrozenModel):
    """How often a run says that it lives, and how long its silence is borne."""

    beat_s: float = Field(default=5.0, gt=0, description="seconds between heartbeats: nothing to a disk")
    # A disk shared by many hangs for tens of seconds when it is busy, and a run must not lose its folder for that.
    dead_after_s: float = Field(default=60.0, gt=0, description="seconds of silence after which a run counts as dead")


@dataclass(frozen=True, slots=True)
class LeaseSnapshot:
    """The lease that holds now, as it was read; ``record`` is None while it is being written, or damaged."""

    number: int
    path: Path
    content: bytes
    record: LeaseRecord | None

    @property
    def is_free(self) -> bool:
        """Whether nobody works under it any more: given back, or its process is gone from this machine."""
        return self.record is not None and (self.record.released or process_is_gone(self.record))


def last_lease(folder: Path) -> LeaseSnapshot | None:
    """The lease of the highest number in a folder, None where there is none."""
    number = _highest(folder)
    if not number:
        return None
    path = _path(folder, number)
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # a newer one came, and this one went, in between
        return last_lease(folder)
    try:
        return LeaseSnapshot(number, path, content, LeaseRecord.model_validate_json(content))
    except ValidationError:
        return LeaseSnapshot(number, path, content, None)


class LivenessMonitor:
    """Tells the living from the dead by looking at a lease again and again."""

    def __init__(self, settings: LeaseSettings, age_s: Callable[[Path], float]) -> None:
        self._settings, self._age_s = settings, age_s
        self._content: bytes | None = None
        self._since = self._silent_before = 0.0

    def observe(self, snapshot: LeaseSnapshot) -> Literal["alive", "dead", "unsure"]:
        """What is known by now; ``unsure`` asks for another look a little later."""
        now = time.monotonic()
        if snapshot.content != self._content:
            self._silent_before = self._age_s(snapshot.path) if self._content is None else 0.0
            self._content, self._since = snapshot.content, now
        watched, settings = now - self._since, self._settings
        if watched >= settings.dead_after_s:
            return "dead"
        if self._silent_before < settings.dead_after_s:
            return "alive"
        return "dead" if watched >= 3 * settings.beat_s else "unsure"

    def silent_s(self) -> float:
        """Seconds since the last sign of life, as far as can be told."""
        return max(0.0, self._silent_before) + time.monotonic() - self._since


class Lease:
    """A folder held by this run; made by :func:`held_lease`."""

    def __init__(self, folder: Path, number: int, record: LeaseRecord, settings: LeaseSettings) -> None:
        self._folder, self._number, self._record, self._settings = folder, number, record, settings
        self._lost, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Stop this run if another one has the folder.

        Raises:
            RunLockedError: it was taken over.
        """
        if self._lost.is_set():
            raise RunLockedError(
                "another run took this folder over, since this one gave no sign of life",
                where=str(self._folder.parent),
                hint="if that was not meant, look at the disk and at the load of this machine",
            )

    def release(self) -> None:
        """Stop the heartbeat and say that the run has ended."""
        self._ended.set()
        self._thread.join()
        if not self._lost.is_set():
            self._beat(released=True)

    def _beat_on(self) -> None:
        while not self._ended.wait(self._settings.beat_s):
            self._beat()

    def _beat(self, *, released: bool = False) -> None:
        try:
            if _highest(self._folder) > self._number:
                self._lost.set()
                return
            changed = {"beats": self._record.beats + 1, "beat_at": datetime.now(UTC), "released": released}
            self._record = self._record.model_copy(update=changed)
            _replace(_path(self._folder, self._number), self._record)
        except OSError as error:  # a disk that is away or full for a while; the next beat tries again
            logger.warning("heartbeat: %s", error)
            if released:
                self._release_in_place()

    def _release_in_place(self) -> None:
        """Say it in the file that is there, which takes no new space; who reads half of it looks again."""
        content = self._record.model_copy(update={"released": True}).model_dump_json().encode()
        try:
            with _path(self._folder, self._number).open("r+b") as file:
                file.write(content)
                file.truncate()
        except OSError as error:
            logger.warning("the lease is not given back: %s", error)


@contextmanager
def held_lease(
    folder: Path,
    *,
    wait: bool = False,
    settings: LeaseSettings | None = None,
    on_wait: Callable[[str], None] = lambda _: None,
) -> Iterator[Lease]:
    """Hold a folder, which is made if it is not there, until the block ends.

    Args:
        folder: on a disk that all machines see which could work in it.
        wait: wait for another run to end, instead of refusing.
        settings: heartbeat and limit, the same for all runs.
        on_wait: told for whom this run waits, at every look at the lease, about once a second; what it raises ends
            the wait.

    Raises:
        RunLockedError: another run holds it; the line says who, since when, and its last sign of life.
        DiskFullError: the disk is full.
        OutputError: the folder cannot be made or written.
    """
    settings = settings or LeaseSettings()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        number, record = _acquire(folder, settings, wait, on_wait)
    except OSError as error:
        where = str(folder.parent)
        kind = DiskFullError if is_disk_full(error) else OutputError
        raise kind(error.strerror or str(error), where=where, hint="choose another --out") from error
    lease = Lease(folder, number, record, settings)
    try:
        yield lease
    finally:
        lease.release()


def _acquire(
    folder: Path, settings: LeaseSettings, wait: bool, on_wait: Callable[[str], None]
) -> tuple[int, LeaseRecord]:
    monitor = LivenessMonitor(settings, age_on_its_disk)
    while True:
        snapshot = last_lease(folder)
        if snapshot is None or snapshot.is_free or (state := monitor.observe(snapshot)) == "dead":
            number, record = (snapshot.number if snapshot else 0) + 1, own_record()
            if _created(folder, number, record):
                return number, record
            continue  # another was faster: see whether it lives
        who = snapshot.record.holder if snapshot.record else "nobody knows who"
        if state == "alive" and not wait:
            what = (
                f"another run is writing into this folder ({who}; last sign of life {monitor.silent_s():.0f} s ago)"
            )
            raise RunLockedError(
                what, where=str(folder.parent), hint="wait for it with --wait, or choose another --out"
            )
        if wait:
            on_wait(f"waiting for another run in this folder to end ({who})")
        time.sleep(min(1.0, settings.beat_s / 2))


def _created(folder: Path, number: int, record: LeaseRecord) -> bool:
    """Create a lease and remove those before it; false if another process has this number or a higher one."""
    path = _path(folder, number)
    try:
        _create(path, record.model_dump_json().encode())
    except FileExistsError:
        return False
    if _highest(folder) > number:
        path.unlink(missing_ok=True)
        return False
    for older in _numbers(folder):
        if older < number:
            _path(folder, older).unlink(missing_ok=True)
    return True


def _create(path: Path, content: bytes) -> None:
    """Create a file with its content at once, so that a killed process leaves none of which nobody knows whose.

    Raises:
        FileExistsError: there is one of the name.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        part.write_bytes(content)
        os.link(part, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with path.open("xb") as file:
            file.write(content)
    finally:
        part.unlink(missing_ok=True)


def age_on_its_disk(path: Path) -> float:
    """Seconds since a file was written, by the clock of the disk it is on; 0 where that cannot be told."""
    probe = path.with_name(f".clock-{secrets.token_hex(4)}")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return 0.0
    finally:
        with suppress(OSError):
            probe.unlink()


def _replace(path: Path, record: LeaseRecord) -> None:
    """Rewrite a file atomically; not to the platter, which a busy disk could delay longer than a heartbeat may."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_bytes(record.model_dump_json().encode())
    temporary.replace(path)


def _path(folder: Path, number: int) -> Path:
    return folder / f"lease-{number}.json"


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(match[1]) for name in os.listdir(folder) if (match := _NAME.fullmatch(name))]  # noqa: PTH208
    except FileNotFoundError:
        return []


def _highest(folder: Path) -> int:
    return max(_numbers(folder), default=0)
