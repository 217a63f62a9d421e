"""Whether a file is still the one that was read: by what the file system keeps of it, without reading it again."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import VideoError
from neuropose_ray.video import list_images


@dataclass(frozen=True, slots=True)
class Signature:
    """The signature of an input.

    Attributes:
        text: another one for another content, as far as the file system can tell.
        size_bytes: of the file, or of all images of a folder.
        mtime_ns: of the file, or the latest of the images.
        shared: of a file with several names (hard links) what tells it from all other files and contents, so that
            what was read under one name holds for the others; else empty.
    """

    text: str
    size_bytes: int
    mtime_ns: int
    shared: str = ""


def signature_of(path: Path) -> Signature:
    """Size, time of change of content and of status, and file number: of a video, or of every image of a folder.

    The time of the status changes also where a tool puts an old time of content back. What is read of the input is
    to be read afterwards, so that a change in between is noticed the next time.

    Raises:
        InputNotFoundError: a folder without a single numbered series of images.
        VideoError: a file cannot be looked at.
    """
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
        files = list_images(path).paths if is_folder else (path,)
        stats = [file.stat() for file in files]
    except OSError as error:
        raise VideoError(f"the file cannot be read ({error.strerror})", where=str(path)) from error
    lines = [f"{entry.st_size}-{entry.st_mtime_ns}-{entry.st_ctime_ns}-{entry.st_ino}" for entry in stats]
    if is_folder:
        named = "\n".join(f"{file.name} {line}" for file, line in zip(files, lines, strict=True))
        text = hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()
    else:
        (text,) = lines
    shared = f"{stats[0].st_dev}-{text}" if not is_folder and stats[0].st_nlink > 1 else ""
    size_bytes, mtime_ns = sum(entry.st_size for entry in stats), max(entry.st_mtime_ns for entry in stats)
    return Signature(text, size_bytes, mtime_ns, shared)


def signature_of_outputs(files: Sequence[Path]) -> str:
    """Size and time of change of results; empty where one is missing.

    A damaged or exchanged file has another size or time; one that was copied with its time kept is the same.
    """
    try:
        stats = [file.stat() for file in files]
    except OSError:
        return ""
    return " ".join(f"{entry.st_size}-{entry.st_mtime_ns}" for entry in stats)
