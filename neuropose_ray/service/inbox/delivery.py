"""Videos from the inbox to a job, its results to ``out``, and folders whose job failed to ``failed``."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from neuropose_ray.errors import FileFormatError
from neuropose_ray.pipeline import RunSummary
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.schemas.result_files import RESULTS_FILE, SUMMARY_FILE
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.inbox.drops import DropRecord
from neuropose_ray.service.inbox.names import RESERVED_NAMES
from neuropose_ray.service.inbox.results_file import join_results

#: Whose results a folder of ``out`` has.
JOB_FILE = "job.json"
#: Hidden, so that nobody takes it for a folder that was dropped.
_WRAP_PREFIX = ".neuropose-video-"
_NO_LINKS = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


def give_videos(folder: Path, drop: DropRecord, job: JobFolder) -> None:
    """Make the videos of a drop, or its pictures, the uploads of its job; those that are there already are left.

    Links to the same bytes: they take no room, and the job goes on, also after a retry, when the folder was moved or
    removed meanwhile. Copies where the file system has no links.

    Raises:
        OSError: a video is gone, or the disk is full.
    """
    job.uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    for video in drop.videos:
        target = job.uploads / video.input
        target.parent.mkdir(mode=0o700, exist_ok=True)
        _link(folder / video.file, target)


def deliver(job: Job, drop: DropRecord, results: Path, outbox: Path) -> Path:
    """Put a job's results into ``out/<folder>``, which appears whole.

    Results of an earlier drop of this name are kept beside it, as ``<folder>.1`` and so on.

    Returns:
        The joined results file.

    Raises:
        FileFormatError: the job's own files are not what they should be.
        OSError, OutputError: the file system refuses.
    """
    target = outbox / drop.folder
    if _delivered(target) == job.id:
        return target / RESULTS_FILE
    temporary = outbox / f".{secrets.token_hex(8)}.tmp"
    temporary.mkdir(mode=0o700)
    try:
        join_results(temporary / RESULTS_FILE, sorted(_video_results(drop, results)))
        (temporary / JOB_FILE).write_text(job.model_dump_json(indent=2), "utf-8")
        _link_tree(results, temporary)
        if target.exists():
            target.rename(free_name(target))
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target / RESULTS_FILE


def quarantine(folder: Path, failed: Path) -> Path:
    """Move a folder to ``failed``, under a name that is free there.

    Raises:
        OSError: the file system refuses.
    """
    target = failed / folder.name
    target = free_name(target) if target.exists() else target
    folder.rename(target)
    return target


def wrap_video(video: Path) -> Path:
    """Put a video that lies in the inbox itself into a folder of its own, which appears whole.

    Returns:
        The folder, called as the video without its extension, or with a number where that name is taken.

    Raises:
        OSError: the file system refuses.
    """
    temporary = video.with_name(f"{_WRAP_PREFIX}{secrets.token_hex(8)}")
    temporary.mkdir(mode=0o700)
    try:
        video.rename(temporary / video.name)
    except OSError:
        temporary.rmdir()
        raise
    return _unwrapped(temporary, video.name)


def recover_wrapped(inbox: Path) -> None:
    """Finish what a killed process had begun to wrap."""
    for temporary in inbox.glob(f"{_WRAP_PREFIX}*"):
        names = [entry.name for entry in temporary.iterdir()]
        if names:
            _unwrapped(temporary, names[0])
        else:
            temporary.rmdir()


def _unwrapped(temporary: Path, name: str) -> Path:
    target = temporary.with_name(Path(name).stem)
    if target.name.lower() in RESERVED_NAMES:
        target = target.with_name(f"{target.name}_video")
    target = free_name(target) if target.exists() else target
    return temporary.rename(target)


def clear_unfinished(outbox: Path) -> None:
    """Remove what a killed process left of a delivery, or of the status file."""
    for path in outbox.glob(".*.tmp"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def free_name(path: Path) -> Path:
    """``<path>.1``, or with the next number that is free."""
    number = 1
    while (free := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    return free


def _delivered(target: Path) -> str | None:
    try:
        return Job.model_validate_json((target / JOB_FILE).read_bytes()).id
    except (OSError, ValidationError):
        return None


def _video_results(drop: DropRecord, results: Path) -> Iterator[tuple[str, Path]]:
    """The results of single videos under the names that the videos had in their folder."""
    try:
        summary = RunSummary.model_validate_json((results / SUMMARY_FILE).read_bytes())
    except ValidationError as error:
        raise FileFormatError("not a summary", where=str(results / SUMMARY_FILE)) from error
    for video in summary.videos:
        file = results / video.name / RESULTS_FILE
        if video.state != "failed" and file.exists():
            yield drop.original(Path(video.input).name) or video.name, file


def _link_tree(source: Path, target: Path) -> None:
    """The files below a folder, without hidden ones, which are the pipeline's own."""
    for entry in sorted(source.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir():
            (target / entry.name).mkdir(mode=0o700)
            _link_tree(entry, target / entry.name)
        else:
            _link(entry, target / entry.name)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            shutil.copy2(source, temporary, follow_symlinks=False)
            temporary.rename(target)
        finally:
            temporary.unlink(missing_ok=True)
