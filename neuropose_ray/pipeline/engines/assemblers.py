"""Processes that assemble videos as long as a run lasts: to start one takes longer than to assemble a short video."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from neuropose_ray.pipeline.engines.ray_tasks import cause_of

P = ParamSpec("P")
R = TypeVar("R")


class AssemblyPool:
    """Actors on a cluster that the caller has connected to; one is started when all others are at work.

    Args:
        most: how many at the most.
    """

    def __init__(self, most: int) -> None:
        # A thread waits for each of them.
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="assembler")
        self._own = threading.local()

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run a function in one of the processes; it raises what of ours the function does, or EngineError."""
        return self._threads.submit(self._assemble, lambda: function(*args, **kwargs))

    def _assemble(self, call: Callable[[], R]) -> R:
        import ray
        from ray.exceptions import RayError

        if not hasattr(self._own, "assembler"):
            # It waits for disks more than it computes, and must find a place while every core has a model. One retry,
            # for a node that went away; what ends its process twice would do so again.
            remote = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=1, scheduling_strategy="SPREAD")
            self._own.assembler = remote(AssemblyActor).remote()
        try:
            result: R = ray.get(self._own.assembler.assemble_video.remote(call))
        except RayError as error:
            raise cause_of(error) from error
        return result

    def close(self) -> None:
        """Give up what waits; the processes end with the last of their work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class AssemblyActor:
    """The actor, by the name that the dashboard shows; it does one thing at a time."""

    def assemble_video(self, call: Callable[[], R]) -> R:
        """Do it."""
        return call()
