"""Ray Data: the same work on the actors of a cluster.

What flows from the driver is one small row for each chunk. In the ``fused`` shape the actor decodes its own chunk, so
that frames never enter the object store; in ``split`` they come through it from tasks on other cores.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.pipeline.engines.allotment import Cluster, allot
from neuropose_ray.pipeline.engines.pose_worker import PoseWorker, WorkerSetup, loads_folder
from neuropose_ray.pipeline.metrics import CHUNKS_LEFT, DRIVER_METRICS, RayMeter
from neuropose_ray.pipeline.plan import ChunkName
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.pipeline.worker import ChunkOutcome, ChunkWork

if TYPE_CHECKING:
    from ray.data import Dataset

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class RayEngine:
    """Actors of a Ray Data pipeline on a cluster that the caller has connected to.

    Args:
        settings: how many workers, who decodes, and when a chunk is taken for hung.
        model_cpus: cores that one model keeps busy; None for one that takes a GPU, or all cores of a node.
        run_name: what the run is called on Ray's dashboard.

    Raises:
        EngineError: the cluster is too small for what the settings ask.
    """

    name = "ray"

    def __init__(self, settings: EngineSettings, model_cpus: int | None, run_name: str) -> None:
        self._allotment = allot(_cluster(), settings, model_cpus)
        self.workers = self._allotment.workers
        self._stall_limit_s, self._run_name = settings.stall_limit_s, run_name

    def process(self, work: ChunkWork, chunks: Sequence[ChunkName]) -> Iterator[ChunkOutcome]:
        """Do all chunks on a pool of actors; one row, one block, one chunk: none is redone for another's sake."""
        from ray.exceptions import RayError

        meter = RayMeter(self._run_name, DRIVER_METRICS)
        try:
            for done, row in enumerate(self._dataset(work, chunks).iter_rows()):
                yield ChunkOutcome.model_validate_json(row["outcome"])
                meter.set(CHUNKS_LEFT, len(chunks) - done - 1)
        except RayError as error:
            raise cause_of(error) from error
        finally:
            shutil.rmtree(loads_folder(work), ignore_errors=True)

    def _dataset(self, work: ChunkWork, chunks: Sequence[ChunkName]) -> Dataset:
        import ray
        from ray.data import ActorPoolStrategy

        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = False
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.raise_original_map_exception = True  # wrapped, it would be text alone
        # A chunk has a limit on every batch of its frames. All of it may take as long as it wants, and so may a
        # cluster until it has a GPU to spare.
        context.execution_no_progress_timeout_s = -1
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # the run has a progress of its own
        rows = [{"video": chunk.video, "chunk": chunk.index} for chunk in chunks]
        share = self._allotment
        setup = WorkerSetup(uuid.uuid4().hex, self._run_name, share.shape, share.chunks_at_once, self._stall_limit_s)
        workers = min(share.workers, len(rows))
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            PoseWorker,
            batch_size=1,
            # Ray Data makes as many more workers as find room, when nodes join.
            compute=ActorPoolStrategy(
                min_size=workers,
                max_size=len(rows) if share.grows else workers,
                max_concurrent_calls_per_actor=share.chunks_at_once,
                enable_true_multi_threading=True,
            ),
            fn_constructor_args=(work, setup),
            num_cpus=share.cpus,
            num_gpus=share.gpus,
        )
        dataset.set_name(self._run_name)
        return dataset

    def map(self, function: Callable[[T], R], items: Iterable[T], name: str) -> Iterator[R | EngineError]:
        """The function of every item, in their order, each a Ray task of this name; twice as many as cores wait."""
        import ray
        from ray.exceptions import RayError

        # One retry, for a node that went away; an item that ends its process twice would do so again.
        remote = ray.remote(num_cpus=1, max_retries=1)(_call).options(name=name)
        ahead = 2 * max(1, int(ray.cluster_resources().get("CPU", 1)))
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

        def deliver(finished: Future[R]) -> None:
            error = finished.exception()
            if error is None:
                delivered.set_result(finished.result())
            else:
                delivered.set_exception(cause_of(error))

        remote.remote(function, args, kwargs).future().add_done_callback(deliver)
        return delivered

    def close(self) -> None:
        """The actors end with the dataset's iterator."""


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


def _cluster() -> Cluster:
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cpus = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    return Cluster(
        cpus=sum(cpus),
        gpus=sum(int(node.get("GPU", 0)) for node in nodes),
        nodes=len(nodes),
        smallest_node_cpus=min(cpus, default=1),
    )


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
