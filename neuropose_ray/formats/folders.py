"""Files and folders that replace nothing unasked, and are there whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import output_error


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

    Files that an earlier export left at ``path`` go with the old folder.

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
        if path.exists():
            old = temporary.with_suffix(".old")
            path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.rename(path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise output_error(f"cannot be written: {reason}", error, str(path), "write elsewhere") from error
    finally:
        with suppress(OSError):
            shutil.rmtree(temporary, ignore_errors=True)
