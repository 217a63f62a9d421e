"""Whether a file is still the one that was read: by what the file system keeps of it, without reading it again."""

from __future__ import annotations

import hashlib
import os
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
        VideoError: a file, or a folder, cannot be looked at; an image of a folder that cannot is part of what it is.
    """
    try:
        entry = path.stat()
    except OSError as error:
        raise VideoError(f"the file cannot be read ({error.strerror})", where=str(path)) from error
    if not stat.S_ISDIR(entry.st_mode):
        text = _line(entry)
        shared = f"{entry.st_dev}-{text}" if entry.st_nlink > 1 else ""
        return Signature(text, entry.st_size, entry.st_mtime_ns, shared)
    lines, known = [], []
    for image in list_images(path).paths:
        try:
            known.append(image.stat())
            lines.append(f"{image.name} {_line(known[-1])}")
        except OSError as error:  # a link to nowhere is one bad frame
            lines.append(f"{image.name} {error.strerror}")
    text = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    latest_ns = max((image.st_mtime_ns for image in known), default=entry.st_mtime_ns)
    return Signature(text, sum(image.st_size for image in known), latest_ns)


def _line(entry: os.stat_result) -> str:
    return f"{entry.st_size}-{entry.st_mtime_ns}-{entry.st_ctime_ns}-{entry.st_ino}"


def signature_of_outputs(files: Sequence[Path]) -> str:
    """Size and time of change of results; empty where one is missing.

    A damaged or exchanged file has another size or time; one that was copied with its time kept is the same.
    """
    try:
        stats = [file.stat() for file in files]
    except OSError:
        return ""
    return " ".join(f"{entry.st_size}-{entry.st_mtime_ns}" for entry in stats)
