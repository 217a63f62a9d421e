"""What lies in a folder of the inbox, and whether it is whole."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from neuropose_ray.service.inbox.drops import DroppedVideo, is_token
from neuropose_ray.service.inbox.names import file_name, is_partial, is_video_file
from neuropose_ray.video import is_image_name, is_image_series

#: Of one file or folder: its path, size, time of change and identity.
Entry = tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class FolderSnapshot:
    """A folder at one moment.

    Attributes:
        entries: all that is below it; equal ones mean that nothing has changed.
        videos: the videos that lie in it itself, by name; of a frame folder, which has none, its pictures.
        partial: a file whose name says that it is being copied, the one that was written last; None where there is
            none.
        others: what lies in it besides: files, folders, links.
    """

    entries: frozenset[Entry]
    videos: tuple[DroppedVideo, ...]
    partial: str | None
    others: tuple[str, ...]


def take_snapshot(folder: Path) -> FolderSnapshot:
    """Look at everything below a folder; links are not followed.

    Raises:
        OSError: it cannot be listed.
        UnicodeEncodeError: the name of a video is not UTF-8, and can be in no file of results.
    """
    entries: set[Entry] = set()
    videos: list[tuple[str, os.stat_result]] = []
    pictures: list[tuple[str, os.stat_result]] = []
    others: list[str] = []
    partials: list[tuple[int, str]] = []
    for entry in _walk(folder):
        with suppress(FileNotFoundError):  # gone since it was listed
            path, status = os.path.relpath(entry.path, folder), entry.stat(follow_symlinks=False)
            if is_token(path):
                continue
            entries.add((path, status.st_size, status.st_mtime_ns, status.st_ino))
            if stat.S_ISREG(status.st_mode) and is_partial(entry.name):
                partials.append((status.st_mtime_ns, path))
            if os.sep in path:
                continue
            if stat.S_ISREG(status.st_mode) and is_video_file(entry.name):
                entry.name.encode()
                videos.append((entry.name, status))
            else:
                others.append(path)
                if stat.S_ISREG(status.st_mode) and _is_picture(entry.name):
                    pictures.append((entry.name, status))
    partial = max(partials)[1] if partials else None
    dropped = _named(sorted(videos))
    if not videos and is_image_series(name for name, _ in pictures):
        dropped = _frames(folder, sorted(pictures))
        others = sorted(set(others) - {picture.file for picture in dropped})
    return FolderSnapshot(frozenset(entries), dropped, partial, tuple(sorted(others)))


def video_snapshot(file: Path) -> FolderSnapshot:
    """Look at a video that lies in the inbox itself.

    Raises:
        OSError: it is gone, or cannot be looked at.
        UnicodeEncodeError: its name is not UTF-8, and can be in no file of results.
    """
    file.name.encode()
    status = file.stat(follow_symlinks=False)
    entry = (file.name, status.st_size, status.st_mtime_ns, status.st_ino)
    return FolderSnapshot(frozenset([entry]), _named([(file.name, status)]), None, ())


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below a folder, however deep: each level that is listed is closed before the next is opened."""
    waiting = [os.fspath(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _is_picture(name: str) -> bool:
    return is_image_name(PurePath(name)) and not name.startswith(".")


def _frames(folder: Path, pictures: list[tuple[str, os.stat_result]]) -> tuple[DroppedVideo, ...]:
    """The pictures of a frame folder, which keep their names below that of the folder."""
    for name, _ in pictures:
        name.encode()
    name_in_job = file_name(folder.name)
    return tuple(
        DroppedVideo(
            file=name,
            input=f"{name_in_job}/{name}",
            size_bytes=status.st_size,
            modified_ns=status.st_mtime_ns,
        )
        for name, status in pictures
    )


def _named(videos: list[tuple[str, os.stat_result]]) -> tuple[DroppedVideo, ...]:
    """Videos with names for a job, whose inputs differ in more than their extension and the case of letters."""
    taken: set[str] = set()
    named = []
    for name, status in videos:
        safe = Path(file_name(name))
        stem, number = safe.stem, 2
        if stem.casefold() in taken:
            stem = f"{safe.stem}_{safe.suffix[1:]}"
        base = stem
        while stem.casefold() in taken:
            stem, number = f"{base}_{number}", number + 1
        taken.add(stem.casefold())
        named.append(
            DroppedVideo(
                file=name, input=stem + safe.suffix, size_bytes=status.st_size, modified_ns=status.st_mtime_ns
            )
        )
    return tuple(named)


def is_being_written(path: Path) -> bool:
    """Whether a process of this machine has a file open to write it; False where the system cannot tell.

    Linux grants a read lease only on a file that nobody writes. It is given back at once.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        # Who opens the file now is told of by a signal; SIGIO would end this process, SIGURG does nothing.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:  # another user's file, or a file system without leases
        return False
    finally:
        os.close(descriptor)
    return False
