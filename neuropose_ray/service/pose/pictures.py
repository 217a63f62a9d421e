"""Decoding pictures beside the model, several at once, within a limit on the memory that they take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import numpy as np

from neuropose_ray.errors import TooLargeError
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video import decode_image, picture_size

_BYTES_PER_PIXEL = 3
# Decoded pictures of all requests of a replica together: 80 of 1080p, or 3 of the largest that are taken.
_BUDGET_BYTES = 512 * 1024**2


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """An upright RGB picture, and the seconds that decoding took."""

    image: Frame
    decode_s: float


class PictureDecoder:
    """Threads that decode, and the memory that decoded pictures may take until the model has seen them.

    Args:
        threads: pictures decoded at once.
        most_pixels: of one picture; a larger one is refused before it is decoded.
        budget_bytes: of all pictures together; a single one is always let in.
    """

    def __init__(self, threads: int, most_pixels: int, budget_bytes: int = _BUDGET_BYTES) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._most_pixels, self._budget = most_pixels, _MemoryBudget(budget_bytes)

    @asynccontextmanager
    async def decoded(self, content: bytes, where: str) -> AsyncIterator[DecodedPicture]:
        """A picture, decoded, as long as it is needed.

        Args:
            content: its file.
            where: names it in errors.

        Raises:
            TooLargeError: it has more pixels than are allowed.
            VideoError: it cannot be decoded.
        """
        width, height = picture_size(content, where)
        if width * height > self._most_pixels:
            what = f"{width} x {height} pixels, at most {self._most_pixels} are taken"
            raise TooLargeError(what, where=where, hint="send a smaller picture")
        async with self._budget.taken(width * height * _BYTES_PER_PIXEL):
            loop = asyncio.get_running_loop()
            yield await loop.run_in_executor(self._threads, _decode, content, where)


def _decode(content: bytes, where: str) -> DecodedPicture:
    begin_s = time.perf_counter()
    image = decode_image(np.frombuffer(content, np.uint8), where)
    return DecodedPicture(image, time.perf_counter() - begin_s)


class _MemoryBudget:
    """So many bytes, handed out strictly in the order in which they are asked for.

    A picture may wait with its bytes for one before it; that one asked first, so it has its own already.
    """

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._entry, self._more = asyncio.Lock(), asyncio.Event()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        size = min(size, self._size)
        async with self._entry:
            while self._free < size:
                self._more.clear()
                await self._more.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._more.set()
