"""Files on their way to a service, and how many of their bytes were sent."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from neuropose_ray.errors import InputNotFoundError

#: Bytes so far, and all bytes.
Progress = Callable[[int, int], None]


def opened(path: Path) -> BinaryIO:
    """A file to upload, open for reading.

    Raises:
        InputNotFoundError: it is not there, or cannot be read.
    """
    try:
        return path.open("rb")
    except OSError as error:
        raise InputNotFoundError(error.strerror or str(error), where=str(path), hint="check the path") from error


class CountedUpload:
    """The bytes that are read from all files of an upload together.

    Args:
        total: bytes of all files.
        on_progress: told the bytes that were read, and all bytes.
    """

    def __init__(self, total: int, on_progress: Progress) -> None:
        self._total, self._on_progress = total, on_progress
        self._done = 0

    def of(self, stream: BinaryIO) -> BinaryIO:
        """The same file, of which every read is counted."""
        return _CountedFile(stream, self)  # type: ignore[return-value]

    def add(self, count: int) -> None:
        """Count some more bytes."""
        self._done += count
        self._on_progress(self._done, self._total)


class _CountedFile(io.RawIOBase):
    def __init__(self, stream: BinaryIO, counted: CountedUpload) -> None:
        self._stream, self._counted = stream, counted

    def fileno(self) -> int:
        return self._stream.fileno()  # tells the client library the size

    def read(self, size: int = -1, /) -> bytes:
        block = self._stream.read(size)
        self._counted.add(len(block))
        return block

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)
