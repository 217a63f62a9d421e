"""Threads on this machine: no start-up cost, and the model's own code runs outside Python's lock."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from neuropose_ray.pipeline.chunk import StoppedError
from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.pipeline.worker import ChunkOutcome, ChunkWork, ChunkWorker

P = ParamSpec("P")
R = TypeVar("R")


class LocalEngine:
    """As many threads as workers, each with a model of its own."""

    name = "local"

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._stop = threading.Event()
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="assemble")
        self._threads: list[threading.Thread] = []

    def process(self, work: ChunkWork, tasks: Sequence[ChunkTask]) -> Iterator[ChunkOutcome]:
        """Do all chunks; an error that concerns every chunk, as a model that cannot be loaded, is raised."""
        todo: queue.SimpleQueue[ChunkTask] = queue.SimpleQueue()
        outcomes: queue.SimpleQueue[ChunkOutcome | BaseException] = queue.SimpleQueue()
        for task in tasks:
            todo.put(task)
        count = min(self.workers, len(tasks))
        self._threads = [
            threading.Thread(target=self._serve, args=(work, todo, outcomes), name=f"pose-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()
        for _ in tasks:
            outcome = outcomes.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome

    def _serve(
        self,
        work: ChunkWork,
        todo: queue.SimpleQueue[ChunkTask],
        outcomes: queue.SimpleQueue[ChunkOutcome | BaseException],
    ) -> None:
        try:
            worker = ChunkWorker(work, self._stop.is_set)
            while not self._stop.is_set():
                outcomes.put(worker(todo.get_nowait()))
        except (queue.Empty, StoppedError):
            return
        except BaseException as error:  # noqa: BLE001  it is raised again where the run waits
            outcomes.put(error)

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else in a thread beside the workers."""
        return self._beside.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Stop; a worker in the middle of a chunk gives it up after its next batch of frames."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._beside.shutdown()
