"""Threads on this machine: no start-up cost, and the model's own code runs outside Python's lock.

A chunk that hangs is given up with its threads and its model: none of them can be ended, so all stay in memory until
the program ends. A chunk that kills its process ends the program; its try is on the disk, so that the same command,
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

from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, Attempt, CancelledError
from neuropose_ray.pipeline.chunks.stalls import record_stall, revert_attempt
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, ChunkWorker, RunContext
from neuropose_ray.pipeline.engines.allocation import WAITING_CHUNKS
from neuropose_ray.pipeline.engines.side_tasks import SideTasks
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.settings import EngineSettings

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# So many looks at the clock in a stall limit: a hang is noticed at most a tenth late.
_LOOKS = 10
# An interrupted worker is through with its batch by then; one that is not hangs, and must not keep the program.
_CLOSE_S = 30.0


#: Chunks that are decoded at once for a model on the CPU whose calls chunks share: while one is opened, the other one
#: keeps up with the model, and more would take cores from it.
_DECODERS_ON_CPU = 2


class LocalEngine:
    """As many models as workers; each has a thread, or some more where chunks share its calls.

    Args:
        workers: how many.
        stall_limit_s: seconds without a finished frame after which a chunk's try is given up.
        chunks_per_gpu: that are decoded at once for a model on a GPU whose calls chunks share.
        cores: that there are; None: as many as workers.
    """

    name = "local"

    def __init__(
        self,
        workers: int,
        stall_limit_s: float = EngineSettings().stall_limit_s,
        chunks_per_gpu: int = EngineSettings().chunks_per_gpu,
        cores: int | None = None,
    ) -> None:
        self.workers = workers
        self._stall_limit_s, self._chunks_per_gpu = stall_limit_s, chunks_per_gpu
        self._stop = threading.Event()
        self._side_tasks = SideTasks(cores or workers)
        self._teams: list[_Team] = []

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
        finally:
            for team in self._teams:
                team.close()
            self._teams.clear()

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
        """Give up chunks that hang, each with its thread and model; new threads with a new model try them.

        What other chunks have in that model is given up too, and counts for none of them.
        """
        shared.looked_s = time.monotonic()
        stalled = [
            attempt for attempt in shared.in_flight.stalled(self._stall_limit_s) if shared.in_flight.abandon(attempt)
        ]
        for attempt in stalled:
            record_stall(shared.context, attempt, self._stall_limit_s)
            shared.try_again(attempt)
        for team in [team for team in self._teams if any(attempt.thread in team.threads for attempt in stalled)]:
            self._give_up(team, shared)

    def _give_up(self, team: _Team, shared: _SharedState) -> None:
        for attempt in shared.in_flight.others():
            if attempt.thread in team.threads and shared.in_flight.abandon(attempt):
                revert_attempt(shared.context, attempt)
                shared.try_again(attempt)
        self._teams.remove(team)
        self._side_tasks.leave(team.threads)
        team.close()
        self._start(shared)

    def _start(self, shared: _SharedState) -> None:
        team = _Team()
        self._teams.append(team)
        team.start(lambda: self._load_and_work(shared, team), shared)

    def _load_and_work(self, shared: _SharedState, team: _Team) -> None:
        team.worker = worker = ChunkWorker(shared.context, shared.in_flight)
        device = worker.shared_device
        decoders = 1 if device is None else _DECODERS_ON_CPU if device == "cpu" else self._chunks_per_gpu
        threads = 1 if device is None else decoders + WAITING_CHUNKS
        worker.expect(threads, decoders)
        shared.in_flight.add_places(threads - 1)
        for _ in range(threads - 1):
            team.start(lambda: self._work(shared, worker), shared)
        self._work(shared, worker)

    def _work(self, shared: _SharedState, worker: ChunkWorker) -> None:
        with self._side_tasks.worker():
            while not self._stop.is_set():
                if self._side_tasks.run_next():
                    continue
                if (chunk := shared.take()) is None:
                    return
                shared.outcomes.put(worker(chunk))

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
        """Run something else between chunks, or in a thread beside the workers where these have none left."""
        return self._side_tasks.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Stop; what waits to be assembled is given up."""
        self._stop_workers()
        self._side_tasks.close()

    def _stop_workers(self) -> None:
        """A worker in the middle of a chunk gives it up after its next batch of frames."""
        self._stop.set()
        until_s = time.monotonic() + _CLOSE_S
        for thread in [thread for team in self._teams for thread in team.threads]:
            thread.join(max(0.0, until_s - time.monotonic()))


@dataclass(slots=True, eq=False)
class _Team:
    """The threads of one model."""

    threads: list[threading.Thread] = field(default_factory=list)
    worker: ChunkWorker | None = None

    def start(self, work: Callable[[], object], shared: _SharedState) -> None:
        """Do something in a thread; what it raises is raised again where the run waits."""

        def serve() -> None:
            try:
                work()
            except CancelledError:
                return
            except BaseException as error:  # noqa: BLE001
                shared.outcomes.put(error)

        thread = threading.Thread(target=serve, name="pose", daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Let those that call the model end."""
        if self.worker is not None:
            self.worker.close()


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

    def try_again(self, attempt: Attempt) -> None:
        """Let somebody take the chunk of a try that was given up."""
        self.retries.put(ChunkRef(attempt.task.video.name, attempt.task.index))

    def take(self) -> ChunkRef | None:
        """The next chunk to do, or None where none is left."""
        try:
            return self.retries.get_nowait()
        except queue.Empty:
            index = next(self._taken)  # the next number of a counter goes to one thread alone
            return self.chunks[index] if index < len(self.chunks) else None
