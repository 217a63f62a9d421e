"""Where a job's inputs lie: among its uploads, below an allowed folder, or fetched; archives are unpacked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from neuropose_ray.errors import InputNotFoundError, JobCancelledError
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.frame_archives import is_archive_name, name_in_archive, unpack_frames
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.settings import ArchiveSettings

_LOOK_S = 0.2


class InputLocator:
    """Finds inputs, and fetches those that lie elsewhere.

    Args:
        inputs: what may be read.
        archives: limits on what is in an archive of pictures.
    """

    def __init__(self, inputs: Inputs, archives: ArchiveSettings = ArchiveSettings()) -> None:
        self._inputs, self._archives = inputs, archives

    def __call__(self, given: JobInput, folder: JobFolder, should_stop: Callable[[], bool]) -> Path:
        """Where an input is on this machine: a video, or a folder of pictures.

        Raises:
            InputError: it is nowhere, or an archive that cannot be unpacked.
            RequestError: it may not be read (any more), or is too large.
            JobCancelledError: it should stop.
        """
        if given.uri is None:
            path = folder.uploads / given.name
            if not path.exists():
                raise InputNotFoundError("the upload is gone", where=str(path), hint="submit the job anew")
        else:
            path = stoppable(lambda: self._inputs.bring(given, folder.fetched), should_stop)
        if not is_archive_name(given.name) or path.is_dir():
            return path
        target = folder.frames / given.name / name_in_archive(given.name)
        return stoppable(lambda: unpack_frames(path, target, self._archives), should_stop)


def stoppable(function: Callable[[], Path], should_stop: Callable[[], bool]) -> Path:
    """What a function gives that knows no end before its end; left to itself where it should stop.

    Raises:
        JobCancelledError: it should stop.
    """
    results: list[Path] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            results.append(function())
        except Exception as error:  # noqa: BLE001  raised again where it is waited for
            errors.append(error)

    thread = threading.Thread(target=work, name="fetch", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_S)
        if should_stop():
            raise JobCancelledError("the job was told to stop")
    if errors:
        raise errors[0]
    return results[0]
