"""Pictures from one process to another through memory that both map and that has no name.

Without a name there is nothing to be left behind, however the processes end: the memory goes with the last of them.
"""

from __future__ import annotations

import mmap
import os
import tempfile

import numpy as np

from neuropose_ray.schemas.poses import Frame

# One is read, one may have been given after its reader had stopped waiting, one is written.
_SLOTS = 3


def anonymous_memory() -> int:
    """A file descriptor of memory without a name; where the system has no such thing, of a file without one."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("neuropose-ray frames", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


class FrameWriter:
    """Writes pictures into slots, each in turn; the memory grows with the pictures.

    Args:
        descriptor: of the memory.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None
        self._slot_bytes, self._base, self._count = 0, 0, 0

    def write(self, image: Frame) -> int:
        """Copy a picture, and give its offset, which stays valid until two more have been written.

        Args:
            image: ``(height, width, 3)`` uint8.
        """
        if image.nbytes > self._slot_bytes:
            self._grow(image.nbytes)
        assert self._map is not None
        offset = self._base + self._count % _SLOTS * self._slot_bytes
        self._count += 1
        np.frombuffer(self._map, np.uint8, image.nbytes, offset)[:] = image.reshape(-1)
        return offset

    def _grow(self, bytes_needed: int) -> None:
        # Behind what is there, which may still be read.
        self._base += _SLOTS * self._slot_bytes
        self._slot_bytes = -(-bytes_needed // mmap.PAGESIZE) * mmap.PAGESIZE
        size = self._base + _SLOTS * self._slot_bytes
        os.ftruncate(self._descriptor, size)
        self._map = mmap.mmap(self._descriptor, size)


class FrameReader:
    """Reads what a :class:`FrameWriter` of another process has written.

    Args:
        descriptor: of the same memory.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None

    def read(self, offset: int, height: int, width: int) -> Frame:
        """A copy of a picture, ``(height, width, 3)`` uint8.

        Raises:
            ValueError: the memory does not reach so far.
        """
        size = height * width * 3
        if self._map is None or offset + size > len(self._map):
            self._map = mmap.mmap(self._descriptor, os.fstat(self._descriptor).st_size, access=mmap.ACCESS_READ)
        return np.frombuffer(self._map, np.uint8, size, offset).reshape(height, width, 3).copy()
