"""Names of jobs and of their files: out of paths that others chose, into names that every file system takes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

from neuropose_ray.schemas.result_files import RESULTS_FILE, SUMMARY_FILE
from neuropose_ray.video import VIDEO_EXTENSIONS

#: What lies beside the jobs' folders in ``out`` or in a job's results, and so can be no folder's name.
RESERVED_NAMES = frozenset(["status.json", RESULTS_FILE, SUMMARY_FILE, "job.json"])
#: Bytes of UTF-8. File systems take 255; results and copies put something behind.
_LONGEST = 180
#: Categories of Unicode: letters, the marks on them, digits, and pictures such as emoji, of all scripts.
_KEPT = ("L", "M", "N", "So")
_UNSAFE_IN_FILES = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udfff]")
_PARTIAL_SUFFIXES = (".part", ".partial", ".filepart", ".crdownload", ".download", ".tmp", ".~tmp")
#: rsync writes ``.walk.mp4.Xa81bQ`` until a file is whole.
_RSYNC_SUFFIX = re.compile(r"\.[A-Za-z0-9]{6}$")


def job_name(parts: tuple[str, ...]) -> str:
    """The name of the job that does one video, from the video's path in its archive.

    As NeuroPose does it: parts joined by ``_`` without the extension, runs of other characters and runs of ``_``
    become one ``_``, none at the ends; nothing left is ``video``. Unlike there, the letters of all scripts stay, in
    Unicode's composed form, so that names that differ give jobs that differ. Beyond that no leading dots (the inbox
    passes over hidden folders), no reserved name, and 180 bytes at most.
    """
    joined = unicodedata.normalize("NFC", "_".join(parts))
    suffix = PurePosixPath(parts[-1].lstrip(".")).suffix
    name = "".join(letter if _is_kept(letter) else "_" for letter in joined.removesuffix(suffix))
    name = re.sub("_+", "_", name).strip("_").lstrip("._")
    if len(name.encode()) > _LONGEST:
        digest = hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        name = f"{_shortened(name, _LONGEST - 9)}_{digest}"
    return f"{name}_video" if name.lower() in RESERVED_NAMES else name or "video"


def _is_kept(letter: str) -> bool:
    return letter in "._-" or unicodedata.category(letter).startswith(_KEPT)


def _shortened(name: str, most_bytes: int) -> str:
    """The beginning of a name, without half a letter at its end."""
    return name.encode()[:most_bytes].decode("utf-8", "ignore")


def file_name(name: str) -> str:
    """A video's own name without separators, control characters, leading dots and undecodable bytes.

    In Unicode's composed form: file systems give one name in either form.
    """
    name = unicodedata.normalize("NFC", name)
    suffix = PurePosixPath(name).suffix if is_video_file(name) else ""
    stem = _UNSAFE_IN_FILES.sub("_", name.removesuffix(suffix)).lstrip(". ") or "video"
    if stem.lower() in RESERVED_NAMES:
        stem += "_video"
    return _shortened(stem, _LONGEST) + suffix


def is_video_file(name: str) -> bool:
    """Whether a file's name is a video's; hidden files are litter of file managers ("._walk.mp4")."""
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in VIDEO_EXTENSIONS


def is_partial(name: str) -> bool:
    """Whether a file's name says that a program is still writing it."""
    lower = name.lower()
    if lower.endswith(_PARTIAL_SUFFIXES):
        return True
    without_suffix = _RSYNC_SUFFIX.sub("", name)
    return without_suffix != name and name.startswith(".") and is_video_file(without_suffix[1:])
