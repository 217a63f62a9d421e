"""Processes of this machine that share work out among its cores, where a Ray would take longer to start.

For commands alone: a process that is started this way loads the main module of its parent again, which only programs
may have happen to them that expect it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from neuropose_ray import machine
from neuropose_ray.errors import EngineError

T = TypeVar("T")
R = TypeVar("R")


def usable_cores() -> int:
    """The cores that this process may use."""
    return machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())


def run_in_processes(
    function: Callable[..., R], items: Sequence[T], *shared: object, processes: int, hint: str
) -> Iterator[tuple[T, R | EngineError]]:
    """Run a function for every item, each process one after the other.

    A process that dies takes the others' work with it. What was not done by then is done again, one item at a time,
    so that the one of which a process dies is the only one to fail.

    Args:
        function: called with an item and ``shared``, in another process; what it raises is raised here.
        items: all of them, in the order in which they are begun.
        shared: further arguments, which every process gets once.
        processes: at most; one for each core.
        hint: what to do about a process that died.

    Yields:
        An item and what the function returned for it, as they come, or the error that its process died.
    """
    if not items:
        return
    done = [False] * len(items)
    with _pool(min(processes, len(items)), shared) as pool:
        try:
            for position, result in _results(pool, function, items):
                done[position] = True
                yield items[position], result
        except BrokenProcessPool:
            pool.shutdown(cancel_futures=True)
    left = [item for item, is_done in zip(items, done, strict=True) if not is_done]
    for item in left:
        with _pool(1, shared) as pool:
            try:
                yield item, pool.submit(_call, function, item).result()
            except BrokenProcessPool:
                yield item, EngineError("its process died without a word", where="a process of its own", hint=hint)


def _results(pool: ProcessPoolExecutor, function: Callable[..., R], items: Sequence[T]) -> Iterator[tuple[int, R]]:
    futures: dict[Future[R], int] = {
        pool.submit(_call, function, item): position for position, item in enumerate(items)
    }
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _pool(processes: int, shared: tuple[object, ...]) -> ProcessPoolExecutor:
    # Forked children of Arrow's threads hang.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=partial(_keep, shared))


#: What every item of this process gets besides; set once, when a process of a pool begins.
_shared: tuple[object, ...] = ()


def _keep(shared: tuple[object, ...]) -> None:
    global _shared
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes, and is for the command to answer


def _call(function: Callable[..., R], item: object) -> R:
    return function(item, *_shared)
