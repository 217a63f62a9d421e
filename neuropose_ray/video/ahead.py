"""Decoding ahead of the one who uses the frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from neuropose_ray.video.settings import VideoSettings

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int = VideoSettings().frames_ahead) -> Generator[T, None, None]:
    """The same items in the same order, made by a thread of their own up to ``depth`` before they are asked for.

    What the source raises is raised here, after the items that came before it. The thread ends with this iterator:
    at its end, on an error, or when it is closed; the source is closed then too.

    Args:
        items: where the items come from; used by the thread alone.
        depth: items that wait at most.
    """
    source, end = iter(items), object()
    waiting: deque[Future[T | object]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        try:
            waiting.extend(thread.submit(next, source, end) for _ in range(depth))
            while (item := waiting.popleft().result()) is not end:
                yield item  # type: ignore[misc]  # not the end, so a T
                waiting.append(thread.submit(next, source, end))
        finally:
            thread.shutdown(cancel_futures=True)
            if isinstance(source, Generator):
                source.close()
