"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from neuropose_ray.errors import DiskFullError, OutputError

#: No space is left, or none that this user may take.
DISK_FULL = frozenset([errno.ENOSPC, errno.EDQUOT])
#: What to do about the usual reasons.
_HINTS: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: "free some space or write elsewhere",
        errno.EDQUOT: "free some of your quota or write elsewhere",
        errno.EFBIG: "raise the limit on file sizes or write elsewhere",
        errno.EACCES: "change the folder's permissions or write elsewhere",
        errno.EPERM: "change the folder's permissions or write elsewhere",
        errno.EROFS: "write elsewhere",
        errno.ENOTDIR: "a part of the path is a file, write elsewhere",
        errno.EEXIST: "a part of the path is a file, write elsewhere",
        errno.EISDIR: "a folder has this name, remove it or write elsewhere",
        errno.ENAMETOOLONG: "choose a shorter name",
    }
)


@contextmanager
def atomic_path(path: Path, *, durable: bool = True, durable_name: bool = True) -> Iterator[Path]:
    """A temporary file in the folder of ``path`` that takes its name when the block ends without an exception.

    For writers that open their file by name; the block must have closed it. Missing parent folders are made.
    Its content is on the disk before it is renamed, and a file that stood at ``path`` stays whole until then.
    After an exception the temporary file is gone and ``path`` is as it was.

    Args:
        path: where the file is to be.
        durable: whether the file is to survive a power cut. Without that nothing waits for the disk: a file is whole
            whatever is killed, but one of the last half minute before a power cut may be gone, or damaged. For files
            whose reader notices that and that are quickly made again; see :func:`flush`.
        durable_name: whether that also goes for its name, for which the folder is synchronised, several times as slow
            as a file. False where the next durable file of the same folder is what vouches for this one.

    Raises:
        DiskFullError: no space is left, or none that this user may take.
        OutputError: no permission, a parent that is not a folder, or another refusal of the file system.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _refusals_named(path, temporary):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            if durable:
                _synchronise(temporary)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        # Best effort: the rename survives a power cut only once the folder is on the disk, and some file
        # systems cannot synchronise a folder.
        if durable and durable_name:
            with suppress(OSError):
                _synchronise(path.parent)


@contextmanager
def atomic_write(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """A binary file that appears at ``path`` when the block ends without an exception; see :func:`atomic_path`."""
    with atomic_path(path, durable=durable) as temporary, temporary.open("xb") as file:
        yield file


def atomic_write_bytes(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a whole file at once; see :func:`atomic_path`."""
    with atomic_write(path, durable=durable) as file:
        file.write(content)


def flush(paths: Iterable[Path]) -> None:
    """Wait until files that were written without ``durable`` are on the disk; those that are not there are left out.

    Raises:
        DiskFullError: no space is left, or none that this user may take.
        OutputError: another refusal of the file system.
    """
    for path in paths:
        with _refusals_named(path, path), suppress(FileNotFoundError):
            _synchronise(path)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error, or one that it was raised from, says that a disk or a quota is full."""
    visited: set[int] = set()
    while error is not None and id(error) not in visited:
        if isinstance(error, DiskFullError) or (isinstance(error, OSError) and error.errno in DISK_FULL):
            return True
        visited.add(id(error))
        error = error.__cause__ or error.__context__
    return False


def output_error(what: str, error: OSError, where: str, hint: str | None = None) -> OutputError:
    """The error of an output that the file system refuses: one that waits for space is told apart from others."""
    kind = DiskFullError if is_disk_full(error) else OutputError
    return kind(what, where=where, hint=hint)


@contextmanager
def _refusals_named(path: Path, temporary: Path) -> Iterator[None]:
    """Turn the file system's refusals of this output into one line, and let errors of other files pass."""
    try:
        yield
    except OSError as error:
        # A failed write names no file; failed opens, renames and folders name theirs.
        ours = {str(file) for file in (temporary, path, *path.parents)}
        if error.errno is None or (error.filename is not None and str(error.filename) not in ours):
            raise
        reason = os.strerror(error.errno)
        hint = _HINTS.get(error.errno)
        raise output_error(f"cannot be written: {reason}", error, str(path), hint) from error


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
