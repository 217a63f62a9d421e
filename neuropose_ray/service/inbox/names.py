"""Names of jobs and of their files: out of paths that others chose, into names that every file system takes."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from neuropose_ray.schemas.result_files import RESULTS_FILE, SUMMARY_FILE
from neuropose_ray.video.sources import VIDEO_EXTENSIONS

#: What lies beside the jobs' folders in ``out`` or in a job's results, and so can be no folder's name.
RESERVED_NAMES = frozenset(["status.json", RESULTS_FILE, SUMMARY_FILE, "job.json"])
#: File systems take 255 bytes; results and copies put something behind.
_LONGEST = 180
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_UNSAFE_IN_FILES = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udfff]")
_PARTIAL_SUFFIXES = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".~tmp")
#: rsync writes ``.walk.mp4.Xa81bQ`` until a file is whole.
_RSYNC_SUFFIX = re.compile(r"\.[A-Za-z0-9]{6}$")


def job_name(parts: tuple[str, ...]) -> str:
    """The name of the job that does one video, from the video's path in its archive.

    As NeuroPose does it: parts joined by ``_`` without the extension, runs of other characters than
    ``A-Za-z0-9._-`` and runs of ``_`` become one ``_``, none at the ends; nothing left is ``video``.
    Beyond that no leading dots (the inbox passes over hidden folders), no reserved name, and 180 characters at most.
    """
    joined = "_".join(parts)
    suffix = PurePosixPath(parts[-1].lstrip(".")).suffix
    name = _UNSAFE.sub("_", joined.removesuffix(suffix))
    name = re.sub("_+", "_", name).strip("_").lstrip("._")
    if len(name) > _LONGEST:
        name = f"{name[: _LONGEST - 9]}_{hashlib.sha256(joined.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    return f"{name}_video" if name.lower() in RESERVED_NAMES else name or "video"


def file_name(name: str) -> str:
    """A video's own name without separators, control characters, leading dots and undecodable bytes."""
    suffix = PurePosixPath(name).suffix if is_video_file(name) else ""
    stem = _UNSAFE_IN_FILES.sub("_", name.removesuffix(suffix)).lstrip(". ") or "video"
    if stem.lower() in RESERVED_NAMES:
        stem += "_video"
    while len(stem.encode()) > _LONGEST:
        stem = stem[:-1]
    return stem + suffix


def is_video_file(name: str) -> bool:
    """Whether a file's name is a video's; hidden files are litter of file managers ("._walk.mp4")."""
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in VIDEO_EXTENSIONS


def is_partial(name: str) -> bool:
    """Whether a file's name says that a program is still writing it."""
    lower = name.lower()
    if lower.endswith(_PARTIAL_SUFFIXES):
        return True
    whole = _RSYNC_SUFFIX.sub("", name)
    return whole != name and name.startswith(".") and is_video_file(whole[1:])
