"""An archive or a folder of videos into the inbox: checked whole, unpacked aside, and then placed all at once."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from neuropose_ray.errors import (
    ArchiveInvalidError,
    ArchiveTooLargeError,
    OutputError,
    ServiceRunningError,
    StorageFullError,
)
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.archives import Source, damage_named, opened
from neuropose_ray.service.inbox.lock import FolderLock
from neuropose_ray.service.inbox.plan import IngestPlan, PlannedJob, plan_ingest
from neuropose_ray.service.settings import ArchiveSettings

#: Beside ``in``, on the same disk: what is in it is renamed into ``in``.
STAGING_PREFIX = ".ingest_"
_BLOCK_BYTES = 1 << 20
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class IngestedJob:
    """One job that lies in the inbox now."""

    job_name: str
    job_dir: Path
    video_filename: str
    uncompressed_bytes: int


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of an archive."""

    archive: Path
    ingested: tuple[IngestedJob, ...]
    skipped_non_videos: tuple[str, ...]

    @property
    def job_count(self) -> int:
        """How many jobs it gave."""
        return len(self.ingested)

    @property
    def total_uncompressed_bytes(self) -> int:
        """The size of all videos together, in bytes."""
        return sum(job.uncompressed_bytes for job in self.ingested)


def ingest(
    archive: Path,
    data: DataFolder,
    *,
    limits: ArchiveSettings,
    force: bool = False,
    on_progress: Progress = lambda _done, _total: None,
) -> IngestResult:
    """Make one job of each video in a zip, a tar or a folder; the service need not run.

    Either all jobs appear in the inbox or none, and nothing else is left behind. Each appears whole.

    Args:
        archive: the file or folder; it stays as it is.
        data: the service's folder.
        limits: on members and bytes, compared with what is declared and with what is there.
        force: let new jobs take the place of those of the same name in the inbox.
        on_progress: told the bytes that are unpacked, and all bytes.

    Raises:
        InputNotFoundError: there is no such archive.
        ArchiveInvalidError: it is no archive, is damaged or encrypted, or has links, devices or paths that
            point outside.
        ArchiveTooLargeError: it is beyond the limits.
        ArchiveEmptyError: there is no video in it.
        JobCollisionError: jobs that are in the inbox already, or twice in the archive; all are listed.
        StorageFullError: the disk has not the space.
        OutputError: the file system refuses.
    """
    data.create()
    clear_leftovers(data)
    with _refusals_named(data), opened(archive, limits) as source:
        with damage_named(archive):
            plan = plan_ingest(source, archive, limits, data.inbox, force=force)
        free = shutil.disk_usage(data.root).free
        if plan.total_bytes > free:
            what = f"{plan.total_bytes} bytes to unpack, {free} free"
            raise StorageFullError(what, where=str(data.root), hint="free some space")
        with _staging(data) as staging:
            with damage_named(archive):
                _unpack(source, plan, staging / "new", archive, on_progress)
            _place(plan, staging, data.inbox)
    jobs = (IngestedJob(job.name, data.inbox / job.name, job.file, job.member.size) for job in plan.jobs)
    return IngestResult(archive, tuple(jobs), plan.skipped)


def clear_leftovers(data: DataFolder) -> None:
    """Remove what an ingest that was killed has left; one that goes on is not touched."""
    for staging in data.root.glob(f"{STAGING_PREFIX}*"):
        lock = FolderLock(staging / ".lock")
        with suppress(ServiceRunningError, OutputError):
            lock.acquire()
            shutil.rmtree(staging, ignore_errors=True)
            with suppress(OSError):
                lock.release()


@contextmanager
def _staging(data: DataFolder) -> Iterator[Path]:
    staging = data.root / f"{STAGING_PREFIX}{secrets.token_hex(8)}"
    staging.mkdir(mode=0o700)
    lock = FolderLock(staging / ".lock")
    lock.acquire()
    try:
        (staging / "new").mkdir()
        (staging / "old").mkdir()
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        lock.release()


def _unpack(source: Source, plan: IngestPlan, folder: Path, archive: Path, on_progress: Progress) -> None:
    jobs = {job.member: job for job in plan.jobs}
    done = 0
    for member, stream in source.contents(list(jobs)):
        job = jobs[member]
        target = folder / job.name / job.file
        target.parent.mkdir(mode=0o700)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for block in _blocks(stream, job, archive):
                file.write(block)
                done += len(block)
                on_progress(done, plan.total_bytes)
            file.flush()
            os.fsync(file.fileno())


def _blocks(stream: BinaryIO, job: PlannedJob, archive: Path) -> Iterator[bytes]:
    """A member's content; exactly as many bytes as were declared and counted."""
    left, name = job.member.size, "/".join(job.member.parts)
    while block := stream.read(_BLOCK_BYTES):
        left -= len(block)
        if left < 0:
            raise ArchiveTooLargeError(f"{name!r} is larger than it says", where=str(archive))
        yield block
    if left:
        raise ArchiveInvalidError(f"{name!r} ends {left} bytes early", where=str(archive), hint="copy it again")


def _place(plan: IngestPlan, staging: Path, inbox: Path) -> None:
    """Rename all jobs into the inbox; after an error those that were placed are taken back."""
    placed: list[str] = []
    try:
        for job in plan.jobs:
            target = inbox / job.name
            if target.exists():
                target.rename(staging / "old" / job.name)
            placed.append(job.name)
            (staging / "new" / job.name).rename(target)
    except OSError:
        for name in placed:
            with suppress(OSError):
                (inbox / name).rename(staging / "new" / name)
            with suppress(OSError):
                (staging / "old" / name).rename(inbox / name)
        raise


@contextmanager
def _refusals_named(data: DataFolder) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = str(error.filename or data.root)
        raise OutputError(error.strerror or str(error), where=where, hint="check the disk and permissions") from error
