"""What is done beside the chunks of a run on threads, as assembling videos, without one thread more than cores."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class SideTasks:
    """Tasks that workers do before their next chunk, so that nothing takes their cores and Python's lock from them.

    One is done at a time: the fit of a video limits BLAS to one thread, in the whole process and until its end, on
    which the last bits of its numbers depend. A thread of their own does them where a core has no worker, and helps
    where more tasks wait than there are workers: none waits for ever for workers that hang.

    Args:
        cores: of this machine.
    """

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="assemble")
        self._changed, self._turn = threading.Lock(), threading.Lock()
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._workers: set[threading.Thread] = set()

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Count this thread as one that calls :meth:`run_next` before each of its chunks; it ends without a chunk."""
        with self._changed:
            self._workers.add(threading.current_thread())
        try:
            yield
        finally:
            self.leave([threading.current_thread()])

    def leave(self, threads: Iterable[threading.Thread]) -> None:
        """Count threads no more: they ended, or hang and were given up."""
        with self._changed:
            self._workers.difference_update(threads)
            waiting = len(self._waiting) if self._core_is_idle else 0
        for _ in range(waiting):
            self._pool.submit(self._run_in_turn)

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called soon; until then it can be cancelled."""
        future: Future[R] = Future()
        with self._changed:
            self._waiting.append((future, partial(function, *args, **kwargs)))
            is_for_workers = not self._core_is_idle and len(self._waiting) <= len(self._workers)
        if not is_for_workers:
            self._pool.submit(self._run_in_turn)
        return future

    @property
    def _core_is_idle(self) -> bool:
        return len(self._workers) < self._cores

    def run_next(self) -> bool:
        """Do the task that waits longest; false where none waits, one is under way, or a core is left to them."""
        if self._core_is_idle or not self._turn.acquire(blocking=False):
            return False
        try:
            return self._run()
        finally:
            self._turn.release()

    def _run_in_turn(self) -> None:
        with self._turn:
            self._run()

    def _run(self) -> bool:
        with self._changed:
            if not self._waiting:
                return False
            future, call = self._waiting.popleft()
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001  it is raised again where the result is taken
                future.set_exception(error)
        return True

    def close(self) -> None:
        """Give up what waits, and wait for the end of what has begun."""
        with self._changed:
            given_up = [future for future, _ in self._waiting]
            self._waiting.clear()
        for future in given_up:
            future.cancel()
        self._pool.shutdown(cancel_futures=True)
