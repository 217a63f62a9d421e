"""Uploaded files on their way to a job's folder."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter, ValidationError

from neuropose_ray.errors import OutputError, RequestError, StorageFullError, TooLargeError
from neuropose_ray.schemas.jobs import FileName, JobInput
from neuropose_ray.service.data_folder import UPLOAD_LOCK, DataFolder
from neuropose_ray.service.inputs import require_input_name
from neuropose_ray.service.settings import UploadSettings

# Bytes that go to the disk, and into the digest, at once: enough that the change of threads costs nothing.
_BLOCK_BYTES = 1 << 20
# The free space is looked at again after so many bytes: other jobs write too.
_LOOK_BYTES = 64 << 20
# File systems take 255 bytes of a name, and results append to it.
_MAX_NAME_BYTES = 200
_FILE_NAME = TypeAdapter(FileName)


class Upload:
    """The files of one request, in a folder of their own below ``incoming`` until a job takes them.

    Args:
        data: the service's folder.
        limits: on the number of files and their bytes together.
        min_free_bytes: that the disk keeps.
    """

    def __init__(self, data: DataFolder, limits: UploadSettings, min_free_bytes: int) -> None:
        self._data, self._limits, self._min_free_bytes = data, limits, min_free_bytes
        self.folder = data.incoming / secrets.token_hex(16)
        self.inputs: list[JobInput] = []
        self._bytes = self._looked_at = 0
        self._lock: int | None = None
        self._name: str | None = None
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._size = 0
        self._block = bytearray()

    def check_room(self, bytes_to_come: int) -> None:
        """Refuse what cannot be kept before it is sent.

        Raises:
            TooLargeError: more than one job may have.
            StorageFullError: the disk would be too full.
        """
        if bytes_to_come > self._limits.max_bytes:
            raise TooLargeError(
                f"more than {self._limits.max_bytes} bytes", hint="submit several jobs, or name the files by URI"
            )
        if shutil.disk_usage(self._data.root).free - bytes_to_come < self._min_free_bytes:
            raise StorageFullError("the disk of the service is nearly full", hint="try again when jobs were removed")

    def begin(self, name: str) -> None:
        """A file begins.

        Raises:
            RequestError: its name cannot be used.
            TooLargeError: too many files.
        """
        try:
            _FILE_NAME.validate_python(name)
            too_long = len(name.encode()) > _MAX_NAME_BYTES
        except (ValidationError, UnicodeEncodeError):
            too_long = True
        if too_long:
            raise RequestError(
                "a file name that cannot be used",
                hint="no folders, no control characters, no dot in front, 200 bytes",
            )
        require_input_name(name, name)
        if any(name.casefold() == known.name.casefold() for known in self.inputs):
            raise RequestError("two files of one name", where=name, hint="rename one")
        if len(self.inputs) >= self._limits.max_files:
            raise TooLargeError(f"more than {self._limits.max_files} files", hint="submit several jobs")
        with _disk_errors():
            if self._lock is None:
                self.folder.mkdir(mode=0o700)
                self._lock = _locked(self.folder / UPLOAD_LOCK)
            self._file = (self.folder / name).open("xb")
        self._name, self._digest, self._size = name, hashlib.sha256(), 0

    async def write(self, data: bytes) -> None:
        """More of the file that began.

        Raises:
            TooLargeError, StorageFullError: as :meth:`check_room`.
        """
        self._bytes += len(data)
        if self._bytes > self._limits.max_bytes:
            self.check_room(self._bytes)
        if self._bytes - self._looked_at >= _LOOK_BYTES:
            self._looked_at = self._bytes
            self.check_room(0)
        self._block += data
        if len(self._block) >= _BLOCK_BYTES:
            await asyncio.to_thread(self._flush)

    async def end(self) -> None:
        """The file that began is whole."""
        await asyncio.to_thread(self._finish)

    def discard(self) -> None:
        """Delete what is there; nothing where a job has taken it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._unlock()

    def move_to(self, folder: Path) -> None:
        """Let a job have the files, by one rename."""
        with _disk_errors():
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)  # of a request that broke off before its job was taken on
            (self.folder / UPLOAD_LOCK).unlink()
            self.folder.rename(folder)
        self._unlock()

    def move_one_to(self, name: str, folder: Path) -> None:
        """Let a job have one of the files, by one rename."""
        with _disk_errors():
            folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.rmtree(folder, ignore_errors=True)  # of a request that broke off before its job was taken on
            folder.mkdir(mode=0o700)
            (self.folder / name).rename(folder / name)

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _flush(self) -> None:
        assert self._file is not None
        self._digest.update(self._block)
        with _disk_errors():
            self._file.write(self._block)
        self._size += len(self._block)
        self._block.clear()

    def _finish(self) -> None:
        self._flush()
        assert self._file is not None
        assert self._name is not None
        with _disk_errors():
            # An accepted job survives a power cut.
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        self.inputs.append(JobInput(name=self._name, sha256=self._digest.hexdigest(), size_bytes=self._size))
        self._file = None


def _locked(path: Path) -> int:
    """Lock a new file until its descriptor is closed, be it by the process's death."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with suppress(OSError):  # a file system without locks: what is left there is removed after a day
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


@contextmanager
def _disk_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFullError(
                "the disk of the service is full", hint="try again when jobs were removed"
            ) from error
        reason = error.strerror or str(error)
        raise OutputError(f"an upload cannot be kept: {reason}", where=str(error.filename)) from error
