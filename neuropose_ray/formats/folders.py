"""Files and folders that replace nothing unasked, and are there whole or not at all."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import output_error

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h
#: What a system, or a file system, says that cannot let two names change places.
_CANNOT_EXCHANGE = frozenset([errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM])


def require_free(path: Path, *, overwrite: bool) -> None:
    """Refuse to replace what is at a path unless that is wanted; an empty folder is free.

    Raises:
        OutputError: there is something.
    """
    is_free = not path.exists() or (path.is_dir() and not any(path.iterdir()))
    if not (overwrite or is_free):
        raise OutputError(
            "there is something already", where=str(path), hint="give --overwrite to replace it, or write elsewhere"
        )


@contextmanager
def atomic_folder(path: Path, *, ours: str) -> Iterator[Path]:
    """A temporary folder that takes the name ``path`` when the block ends without an exception.

    Files that an earlier export left at ``path`` go with the old folder. Where the system can exchange two names at
    once, as Linux does, there is always a whole folder at ``path``, the old one or the new one, whatever is killed.

    Args:
        path: where the folder is to be.
        ours: a glob of the files that may be replaced.

    Raises:
        OutputError: there is something else at ``path``, or the file system refuses.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        if path.exists() and (not path.is_dir() or any(not file.match(ours) for file in path.iterdir())):
            raise OutputError("there is something else of this name", where=str(path), hint="write elsewhere")
        temporary.mkdir(parents=True)
        yield temporary
        if not path.exists():
            temporary.rename(path)
        elif not _exchange(temporary, path):
            old = temporary.with_suffix(".old")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise output_error(f"cannot be written: {reason}", error, str(path), "write elsewhere") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(temporary, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two names of one file system change places at once; False where that cannot be done, and nothing was.

    Raises:
        OSError: the file system refuses for another reason.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if os.name == "posix" else None
    if rename is None:
        return False
    if not rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        return True
    code = ctypes.get_errno()
    if code in _CANNOT_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(other))
