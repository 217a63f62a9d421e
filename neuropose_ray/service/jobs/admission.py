"""Whether there is room for another job, and the folder that its uploads go to."""

from __future__ import annotations

import shutil

from neuropose_ray.errors import DrainingError, OutputError, OverloadedError, StorageFullError
from neuropose_ray.service.data_folder import DataFolder, JobFolder
from neuropose_ray.service.jobs.mode import CLOSED, read_mode
from neuropose_ray.service.settings import JobSettings


def require_room(data: DataFolder, settings: JobSettings, queued: int) -> None:
    """Refuse a job for which there is no room.

    Args:
        data: the service's folder.
        settings: how many jobs may wait, and how much of the disk is kept free.
        queued: jobs that wait now.

    Raises:
        DrainingError: the service is being drained.
        OverloadedError: as many jobs wait as may.
        StorageFullError: less than what is kept of the disk is free.
    """
    if read_mode(data) in CLOSED:
        raise DrainingError("the service takes no new jobs", hint="it is being drained; `resume` ends that")
    if queued >= settings.queued:
        raise OverloadedError(f"{settings.queued} jobs wait already", hint="try again later")
    free = shutil.disk_usage(data.root).free
    if free < settings.min_free_bytes:
        kept = f"{settings.min_free_bytes // 10**6} MB"
        raise StorageFullError(
            f"{free // 10**6} MB of the service's disk are free, {kept} are kept", hint="remove old jobs"
        )


def make_uploads_folder(folder: JobFolder) -> None:
    """Make the folder of a job's uploads, which only this user may read.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        folder.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(error.strerror or str(error), where=str(folder.root)) from error
