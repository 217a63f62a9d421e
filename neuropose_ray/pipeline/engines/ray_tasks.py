"""What an engine does beside the chunks, as Ray tasks: planning, and assembling videos."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from neuropose_ray.cluster import cause_of, cluster_cpus, process_died, run_tasks
from neuropose_ray.errors import EngineError
from neuropose_ray.pipeline.engines.allocation import Cluster

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

#: What to do when Ray fails a run, whatever the reason.
CHUNKS_ARE_KEPT = "run the same command again: finished chunks are kept"


class RayTasks:
    """Functions in processes of their own, on a cluster that the caller has connected to.

    Args:
        task_cpus: cores that Ray reserves for each task of :meth:`map`; 0 where pose models hold all cores for good,
            so that a task would wait for ever.
    """

    def __init__(self, task_cpus: int) -> None:
        self._task_cpus = task_cpus

    def map(
        self, function: Callable[[T], R], items: Iterable[T], name: str
    ) -> Generator[R | EngineError, None, None]:
        """The function of every item, in their order, each a Ray task of this name; a few more than run wait."""
        outcomes = run_tasks(
            function,
            items,
            name=lambda _: name,
            # Tasks that reserve nothing all run at once.
            at_once=(2 if self._task_cpus else 1) * cluster_cpus() + 1,
            in_order=True,
            num_cpus=self._task_cpus,
            # One retry, for a node that went away; an item that ends its process twice would do so again.
            max_retries=1,
        )
        for _, outcome in outcomes:
            if not isinstance(outcome, Exception):
                yield outcome
            elif process_died(outcome):
                what = cause_of(outcome, CHUNKS_ARE_KEPT).what
                yield EngineError(what, hint="the file may be damaged; convert it to H.264")
            else:
                raise cause_of(outcome, CHUNKS_ARE_KEPT) from outcome

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else as a Ray task."""
        import ray

        # Assembling waits for disks more than it computes, and must find a place while every core has a model.
        remote = ray.remote(num_cpus=0)(_call).options(name="assemble_video")
        delivered: Future[R] = Future()
        delivered.set_running_or_notify_cancel()  # it cannot be taken back

        def deliver(finished: Future[R]) -> None:
            error = finished.exception()
            if error is None:
                delivered.set_result(finished.result())
            else:
                delivered.set_exception(cause_of(error, CHUNKS_ARE_KEPT))

        remote.remote(function, args, kwargs).future().add_done_callback(deliver)
        return delivered


def _call(function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    return function(*args, **kwargs)


def present_cluster() -> Cluster:
    """What the cluster has now."""
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    return Cluster(
        cpus=sum(cpus),
        gpus=sum(int(node.get("GPU", 0)) for node in nodes),
        nodes=len(nodes),
        smallest_node_cpus=min(cpus, default=1),
        gpu_node_cpus=sum(int(node.get("CPU", 0)) for node in nodes if node.get("GPU", 0) >= 1),
    )
