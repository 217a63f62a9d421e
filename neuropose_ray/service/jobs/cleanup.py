"""What requests that were never finished have left on the disk.

Uploads are the ingress's, in another process that goes on while the manager is replaced. It holds a lock on each of
them: one whose lock is free was left by a process that died. Where there is no lock, on some network's file system,
files tell: an upload that goes on writes to them, and what is whole becomes a job within minutes. What nobody has
written to for a day is nobody's.
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from neuropose_ray.service.data_folder import UPLOAD_LOCK, JobFolder

logger = logging.getLogger(__name__)

#: Connections die within hours, also those of clients that sleep.
ABANDONED_S = 24 * 3600.0
_JOB_ID = re.compile(r"[0-9a-f]{32}")


def clear_incoming(incoming: Path) -> None:
    """Remove uploads, and tables on their way to a client, that nobody goes on with; safe at any time."""
    for entry in _listed(incoming):
        if _receiver_has_died(entry) or _is_abandoned(entry):
            _remove(entry)


def clear_job_folders(jobs: Path, is_known: Callable[[str], bool]) -> None:
    """Remove the files of requests that never became jobs, because the service died in between.

    A folder with a log was a job's once: it stays whatever the database says, which may be another one, or a new one,
    by mistake. To be called before the inbox runs: it comes back to the folders of its jobs also after days.

    Args:
        jobs: the folders of all jobs, each called as its job.
        is_known: whether there is a job of this id.
    """
    for entry in _listed(jobs):
        is_jobs = _JOB_ID.fullmatch(entry.name) is not None
        if is_jobs and _is_abandoned(entry) and not _has_been_job(entry) and not is_known(entry.name):
            _remove(entry)


def _receiver_has_died(upload: Path) -> bool:
    """Whether nobody holds the lock of an upload any more; False where there is none."""
    try:
        descriptor = os.open(upload / UPLOAD_LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _has_been_job(folder: Path) -> bool:
    return JobFolder(folder).log.exists()


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):  # a file, or gone
        return sorted(folder.iterdir())
    return []


def _is_abandoned(entry: Path) -> bool:
    """Whether the last change of it, or of the files right in it, was long ago. Clocks may step: not by a day."""
    with suppress(OSError):  # somebody went on with it just now
        newest = max(os.lstat(path).st_mtime for path in (entry, *_listed(entry)))
        return time.time() - newest > ABANDONED_S
    return False


def _remove(entry: Path) -> None:
    logger.info("%s is removed: nobody goes on with it", entry)
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        with suppress(OSError):
            entry.unlink()
