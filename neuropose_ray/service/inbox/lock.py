"""One service to a data folder: an exclusive lock that the operating system takes back from a dead process.

The lock file also holds the id of the process that has it, for the error of the next one. The library filelock, which
guards the cache of weights, keeps no such word, and some of its versions empty the file when they try to lock it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuropose_ray.errors import OutputError, ServiceRunningError

_RETRY_S = 0.1


class FolderLock:
    """Holds a lock file from :meth:`acquire` to :meth:`release`; the process's death releases it too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, wait_s: float = 0.0) -> None:
        """Take the lock, and write this process's id into it.

        Args:
            wait_s: for a holder that is just ending.

        Raises:
            ServiceRunningError: another process has it.
            OutputError: the file cannot be made or locked.
        """
        deadline = time.monotonic() + wait_s
        while True:
            try:
                self._descriptor = self._try()
            except OSError as error:
                raise OutputError(error.strerror or str(error), where=str(self._path)) from error
            if self._descriptor is not None:
                return
            if time.monotonic() >= deadline:
                raise ServiceRunningError(
                    f"a service has this data folder (process {lock_holder(self._path) or 'unknown'})",
                    where=str(self._path.parent),
                    hint="stop it, or give this one another data folder",
                )
            time.sleep(_RETRY_S)

    def release(self) -> None:
        """Give it back. The file stays: its removal would let two processes lock two files of one name."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def _try(self) -> int | None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it may have removed the file in between; then this is the lock of nothing.
            if os.fstat(descriptor).st_ino != self._path.stat().st_ino:
                os.close(descriptor)
                return None
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES, errno.ENOENT):
                return None
            raise
        return descriptor


@contextmanager
def held_lock(path: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a lock until the block ends; see :meth:`FolderLock.acquire` for what it raises."""
    lock = FolderLock(path)
    lock.acquire(wait_s)
    try:
        yield
    finally:
        lock.release()


def lock_holder(path: Path) -> int | None:
    """The process id in a lock file, None where there is none; whether it holds the lock is another question."""
    try:
        return int(path.read_text("ascii").strip())
    except (OSError, ValueError):
        return None
