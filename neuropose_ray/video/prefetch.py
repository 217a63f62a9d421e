"""Items made in a thread ahead of their consumer."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from typing import Generic, TypeVar, cast

from neuropose_ray.video.settings import VideoSettings

T = TypeVar("T")


def prefetch(items: Iterable[T], depth: int = VideoSettings().frames_ahead) -> Generator[T, None, None]:
    """The same items in the same order, made by a thread of their own up to ``depth`` before they are asked for.

    What the source raises is raised here, after the items that came before it. The thread ends with this iterator:
    at its end, on an error, or when it is closed; the source is closed then too. A source that never returns
    blocks this iterator's consumer alone: the program can still end.

    Args:
        items: where the items come from; used by the thread alone.
        depth: items that wait at most.
    """
    maker = _Maker(iter(items), depth)
    # A pool's thread would be waited for at the end of the program, also one that hangs in a decoder for ever.
    thread = threading.Thread(target=maker.make, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            batch, error = maker.made.get()
            if error is not None:
                raise error
            if not batch:
                return
            yield batch[0]
            maker.room.release()
    finally:
        maker.closed.set()
        maker.room.release()
        thread.join()


class _Maker(Generic[T]):
    """The producing thread; an item is sent as a tuple of one, the end as an empty tuple."""

    def __init__(self, source: Iterator[T], depth: int) -> None:
        self.made: queue.SimpleQueue[tuple[tuple[T, ...], BaseException | None]] = queue.SimpleQueue()
        self.room, self.closed = threading.Semaphore(depth), threading.Event()
        self._source = source

    def make(self) -> None:
        try:
            while self.room.acquire() and not self.closed.is_set():
                item = next(self._source, _END)
                if item is _END:
                    break
                self.made.put(((cast(T, item),), None))
            if isinstance(self._source, Generator):
                self._source.close()
        except BaseException as error:  # noqa: BLE001  it is raised again where the items are taken
            self.made.put(((), error))
        else:
            self.made.put(((), None))


_END = object()
