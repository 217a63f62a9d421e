"""Who may call the one model of a replica next: requests of people who wait go before the chunks of jobs."""

from __future__ import annotations

import threading
import time
from types import TracebackType

# Calls for requests that may overtake a chunk: even under endless requests a ninth of the calls is left to jobs.
_MOST_OVERTAKING = 8


class PriorityModelLock:
    """A lock with two entrances; it is taken for each call of the model, so that nobody waits for more than one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held_since_s: float | None = None
        self._held_by_request = False
        self._waiting_requests = 0
        self._waiting_chunks = 0
        self._overtaken = 0
        self.requests = LockSide(self, chunks=False)
        self.chunks = LockSide(self, chunks=True)

    @property
    def held_s(self) -> float:
        """For how many seconds the model has been in its present call; 0 while it rests."""
        with self._changed:
            return 0.0 if self._held_since_s is None else time.monotonic() - self._held_since_s

    @property
    def held_before_requests_s(self) -> float:
        """The same, where the call is a request's or a request waits for its end; else 0."""
        with self._changed:
            if self._held_since_s is None or not (self._held_by_request or self._waiting_requests):
                return 0.0
            return time.monotonic() - self._held_since_s

    def take_for_request(self) -> None:
        """Wait for the model; before all chunks, but for one that waited too often."""
        with self._changed:
            self._waiting_requests += 1
            try:
                self._changed.wait_for(lambda: self._free() and not self._chunk_is_due())
            finally:
                self._waiting_requests -= 1
            self._overtaken += self._waiting_chunks > 0
            self._held_since_s, self._held_by_request = time.monotonic(), True

    def take_for_chunk(self) -> None:
        """Wait for the model until no request wants it, or enough of them went before."""
        with self._changed:
            self._waiting_chunks += 1
            try:
                self._changed.wait_for(lambda: self._free() and (not self._waiting_requests or self._chunk_is_due()))
            finally:
                self._waiting_chunks -= 1
            self._overtaken = 0
            self._held_since_s, self._held_by_request = time.monotonic(), False

    def give_back(self) -> None:
        """Let the next one call the model."""
        with self._changed:
            self._held_since_s = None
            self._changed.notify_all()

    def _free(self) -> bool:
        return self._held_since_s is None

    def _chunk_is_due(self) -> bool:
        return self._waiting_chunks > 0 and self._overtaken >= _MOST_OVERTAKING


class LockSide:
    """One of the two ways to the model, as a context that many threads may enter."""

    def __init__(self, lock: PriorityModelLock, *, chunks: bool) -> None:
        self._take = lock.take_for_chunk if chunks else lock.take_for_request
        self._give_back = lock.give_back

    def __enter__(self) -> None:
        self._take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()
