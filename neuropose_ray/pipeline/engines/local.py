"""Threads on this machine: no start-up cost, and the model's own code runs outside Python's lock.

A chunk that hangs is given up with its thread and its model: neither can be ended, so both stay in memory until the
program ends. A chunk that kills its process ends the program; its try is on the disk, so that the same command,
started again, tries it alone, and goes on without it after the last of its tries.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, CancelledError
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, ChunkWorker, RunContext, record_stall
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.settings import EngineSettings

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# So many looks at the clock in a stall limit: a hang is noticed at most a tenth late.
_LOOKS = 10
# An interrupted worker is through with its batch by then; one that is not hangs, and must not keep the program.
_CLOSE_S = 30.0


class LocalEngine:
    """As many threads as workers, each with a model of its own.

    Args:
        workers: how many.
        stall_limit_s: seconds without a finished frame after which a chunk's try is given up.
    """

    name = "local"

    def __init__(self, workers: int, stall_limit_s: float = EngineSettings().stall_limit_s) -> None:
        self.workers = workers
        self._stall_limit_s = stall_limit_s
        self._stop = threading.Event()
        self._assembly_pool = ThreadPoolExecutor(1, thread_name_prefix="assemble")
        self._threads: list[threading.Thread] = []

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Generator[ChunkOutcome, None, None]:
        """Do all chunks; an error that concerns every chunk, as a model that cannot be loaded, is raised."""
        count = min(self.workers, len(chunks))
        shared = _SharedState(context, chunks, ActiveAttempts(count, self._stop.is_set))
        for _ in range(count):
            self._start(shared)
        try:
            for _ in range(len(chunks)):
                yield self._next_outcome(shared)
        except BaseException:
            self._stop_workers()
            raise

    def _next_outcome(self, shared: _SharedState) -> ChunkOutcome:
        while True:
            if time.monotonic() - shared.looked_s >= self._stall_limit_s / _LOOKS:
                self._replace_stalled(shared)
            try:
                outcome = shared.outcomes.get(timeout=self._stall_limit_s / _LOOKS)
            except queue.Empty:
                continue
            if isinstance(outcome, BaseException):
                raise outcome
            return outcome

    def _replace_stalled(self, shared: _SharedState) -> None:
        """Give up chunks that hang, each with its thread and model; a new thread with a new model tries them."""
        shared.looked_s = time.monotonic()
        for attempt in shared.in_flight.stalled(self._stall_limit_s):
            if shared.in_flight.abandon(attempt):
                record_stall(shared.context, attempt, self._stall_limit_s)
                self._threads.remove(attempt.thread)
                shared.retries.put(ChunkRef(attempt.task.video.name, attempt.task.index))
                self._start(shared)

    def _start(self, shared: _SharedState) -> None:
        thread = threading.Thread(target=self._serve, args=(shared,), name="pose", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self, shared: _SharedState) -> None:
        try:
            worker = ChunkWorker(shared.context, shared.in_flight)
            while not self._stop.is_set() and (chunk := shared.take()) is not None:
                shared.outcomes.put(worker(chunk))
        except CancelledError:
            return
        except BaseException as error:  # noqa: BLE001  it is raised again where the run waits
            shared.outcomes.put(error)

    def map(self, function: Callable[[T], R], items: Iterable[T], name: str) -> Generator[R, None, None]:
        """The function of every item, in their order, in as many threads as there are workers."""
        with ThreadPoolExecutor(self.workers, thread_name_prefix=name) as pool:
            waiting: deque[Future[R]] = deque()
            try:
                for item in items:
                    waiting.append(pool.submit(function, item))
                    if len(waiting) > 2 * self.workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for left in waiting:
                    left.cancel()

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else in a thread beside the workers."""
        return self._assembly_pool.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Stop; what waits to be assembled is given up."""
        self._stop_workers()
        self._assembly_pool.shutdown(cancel_futures=True)

    def _stop_workers(self) -> None:
        """A worker in the middle of a chunk gives it up after its next batch of frames."""
        self._stop.set()
        until_s = time.monotonic() + _CLOSE_S
        for thread in self._threads:
            thread.join(max(0.0, until_s - time.monotonic()))


@dataclass(slots=True)
class _SharedState:
    """What the threads of one run share."""

    context: RunContext
    chunks: Sequence[ChunkRef]
    in_flight: ActiveAttempts
    outcomes: queue.SimpleQueue[ChunkOutcome | BaseException] = field(default_factory=queue.SimpleQueue)
    retries: queue.SimpleQueue[ChunkRef] = field(default_factory=queue.SimpleQueue)
    looked_s: float = field(default_factory=time.monotonic)
    _taken: Iterator[int] = field(default_factory=itertools.count)

    def take(self) -> ChunkRef | None:
        """The next chunk to do, or None where none is left."""
        try:
            return self.retries.get_nowait()
        except queue.Empty:
            index = next(self._taken)  # the next number of a counter goes to one thread alone
            return self.chunks[index] if index < len(self.chunks) else None
