"""A data folder made empty again, never under a running service."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import OutputError, ServiceRunningError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox import STAGING_PREFIX, FolderLock
from neuropose_ray.service.record import ServiceRecord, read_record

_LOOK_S = 0.2
#: After a SIGKILL: for the system to take back what the process had.
_KILLED_S = 10.0


@dataclass(frozen=True, slots=True)
class Removal:
    """One path that goes, and the bytes that it takes."""

    path: Path
    size_bytes: int


def removals(data: DataFolder, *, keep_failed: bool) -> tuple[Removal, ...]:
    """What is to go: all jobs, the inbox with its results, and the queue. The folders themselves stay.

    Args:
        data: the service's folder.
        keep_failed: leave the folders of failed jobs.
    """
    return tuple(Removal(path, _size(path)) for path in _paths(data, keep_failed))


def _paths(data: DataFolder, keep_failed: bool) -> Iterator[Path]:
    folders = [data.inbox, data.outbox, data.jobs, data.incoming, data.logs, *([] if keep_failed else [data.failed])]
    for folder in folders:
        if folder.is_dir():
            yield from sorted(folder.iterdir())
    if data.root.is_dir():
        yield from sorted(data.root.glob(f"{STAGING_PREFIX}*"))
        yield from sorted(data.root.glob(f"{data.database.name}*"))  # with its journal
    yield from (path for path in (data.drops, data.mode, data.record, data.ray_token) if path.exists())


def _size(path: Path) -> int:
    """The bytes below a path, as far as they can be counted: a service that runs yet goes on meanwhile."""
    files = [path] if path.is_symlink() or not path.is_dir() else _files(path)
    return sum(map(_bytes_of, files))


def _files(folder: Path) -> Iterator[Path]:
    return (Path(parent) / name for parent, _, names in os.walk(folder) for name in names)


def _bytes_of(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:
        return 0


def remove(removed: tuple[Removal, ...]) -> int:
    """Remove paths; links are removed, not what they lead to.

    Returns:
        The bytes that were freed.

    Raises:
        OutputError: something cannot be removed.
    """
    freed = 0
    for removal in removed:
        try:
            if removal.path.is_symlink() or not removal.path.is_dir():
                removal.path.unlink(missing_ok=True)
            else:
                shutil.rmtree(removal.path)
        except FileNotFoundError:
            continue  # the service has removed it in ending
        except OSError as error:
            raise OutputError(
                error.strerror or str(error), where=str(removal.path), hint="check who owns it"
            ) from error
        freed += removal.size_bytes
    return freed


def stop_service(data: DataFolder, *, grace_s: float, force: bool) -> None:
    """End the service of a data folder: the process that its own record names, and no other.

    Args:
        data: the service's folder.
        grace_s: for the service to hand back what runs, and end.
        force: kill it after that.

    Raises:
        ServiceRunningError: there is no record to find it by, or it has not ended.
    """
    record = read_record(data.record)
    if record is None or not record.is_alive:
        raise ServiceRunningError(
            "a service has this data folder, and its record does not say which process it is",
            where=str(data.root),
            hint="stop it where it was started",
        )
    _signal(record, signal.SIGTERM)
    if not _ended(data, record, grace_s):
        if force:
            _signal(record, signal.SIGKILL)
        if not force or not _ended(data, record, _KILLED_S):
            what = f"the service (process {record.process.pid}) did not exit within {grace_s:.0f} s"
            raise ServiceRunningError(what, where=str(data.root), hint="wait, or kill it with --force")


def _signal(record: ServiceRecord, number: signal.Signals) -> None:
    import psutil

    # psutil compares the time of the process's start once more before it sends.
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(record.process.pid)
        if record.is_alive:
            process.send_signal(number)


def _ended(data: DataFolder, record: ServiceRecord, wait_s: float) -> bool:
    """Whether process and lock are gone within a time."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if not record.is_alive:
            lock = FolderLock(data.lock)
            with suppress(ServiceRunningError):
                lock.acquire()
                lock.release()
                return True
        time.sleep(_LOOK_S)
    return False
