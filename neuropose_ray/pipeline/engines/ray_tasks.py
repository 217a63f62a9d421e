"""What an engine does beside the chunks, as Ray tasks: planning, and assembling videos."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar

from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.pipeline.engines.allocation import Cluster

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


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
        import ray
        from ray.exceptions import RayError

        # One retry, for a node that went away; an item that ends its process twice would do so again.
        remote = ray.remote(num_cpus=self._task_cpus, max_retries=1)(_call).options(name=name)
        # Tasks that reserve nothing all run at once.
        ahead = (2 if self._task_cpus else 1) * max(1, int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[Any] = deque()
        try:
            for item in items:
                waiting.append(remote.remote(function, (item,), {}))
                if len(waiting) > ahead:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())
        except RayError as error:
            raise cause_of(error) from error
        finally:
            for left in waiting:
                ray.cancel(left)

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
                delivered.set_exception(cause_of(error))

        remote.remote(function, args, kwargs).future().add_done_callback(deliver)
        return delivered


def _result(reference: Any) -> Any:
    """What a task gave, or the error that its process died."""
    import ray
    from ray.exceptions import OutOfMemoryError, WorkerCrashedError

    try:
        return ray.get(reference)
    except (OutOfMemoryError, WorkerCrashedError):
        return EngineError("its process died without a word", hint="the file may be damaged; convert it to H.264")


def _call(function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    return function(*args, **kwargs)


def cause_of(error: BaseException) -> NeuroposeRayError:
    """The error of ours inside Ray's, which is the one that a user can act on."""
    from ray.exceptions import RayError

    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, NeuroposeRayError) and not isinstance(inner, RayError):
            return inner
        inner = getattr(inner, "cause", None) or inner.__cause__
    raised = getattr(error, "cause", None)  # in a task; the text of Ray's own begins with where that was
    text = str(error) if raised is None else f"{type(raised).__name__}: {raised}"
    first_line = (text.strip() or type(error).__name__).splitlines()[0]
    return EngineError(first_line, where="Ray", hint="run the same command again: finished chunks are kept")


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
    )
