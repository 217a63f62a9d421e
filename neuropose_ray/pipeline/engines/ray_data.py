"""Ray Data: the same work on the actors of a cluster.

What flows from the driver is one small row for each chunk. In the ``fused`` shape the actor decodes its own chunk, so
that frames never enter the object store; in ``split`` they come through it from tasks on other cores.
"""

from __future__ import annotations

import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from neuropose_ray.cluster import cause_of
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, RunContext
from neuropose_ray.pipeline.engines.allocation import allocate
from neuropose_ray.pipeline.engines.pose_worker import PoseWorker, WorkerSetup, loads_folder
from neuropose_ray.pipeline.engines.ray_tasks import CHUNKS_ARE_KEPT, RayTasks, present_cluster
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.pipeline.state.metrics import CHUNKS_LEFT, DRIVER_METRICS, RayMeter

if TYPE_CHECKING:
    from ray.data import Dataset

P = ParamSpec("P")
R = TypeVar("R")


class RayEngine(RayTasks):
    """Actors of a Ray Data pipeline on a cluster that the caller has connected to.

    Args:
        settings: how many workers, who decodes, and when a chunk is taken for hung.
        spec: the pose model; None where no poses are wanted: then every worker takes a core.
        run_name: what the run is called on Ray's dashboard.

    Raises:
        EngineError: the cluster is too small for what the settings ask, or shares out no GPU by the spec's number.
    """

    name = "ray"

    def __init__(self, settings: EngineSettings, spec: PoseModelSpec | None, run_name: str) -> None:
        super().__init__(task_cpus=1)
        threads, device = (1, "cpu") if spec is None else (spec.threads, spec.device)
        frames_alone = spec is not None and spec.session_frames is None
        self._allocation = allocate(present_cluster(), settings, threads, device, frames_alone=frames_alone)
        self.workers = self._allocation.workers
        # Assembling takes a small part of the time that inference takes.
        self._assembly_pool = AssemblyPool(max(1, self.workers // 2))
        self._stall_limit_s, self._run_name = settings.stall_limit_s, run_name

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Generator[ChunkOutcome, None, None]:
        """Do all chunks on a pool of actors.

        A block that lost its actor is done again, which finds the chunks of it that were committed.
        """
        from ray.exceptions import RayError

        meter = RayMeter(self._run_name, DRIVER_METRICS)
        try:
            for done, row in enumerate(self._dataset(context, chunks).iter_rows()):
                yield ChunkOutcome.model_validate_json(row["outcome"])
                meter.set(CHUNKS_LEFT, len(chunks) - done - 1)
        except RayError as error:
            raise cause_of(error, CHUNKS_ARE_KEPT) from error
        finally:
            shutil.rmtree(loads_folder(context), ignore_errors=True)

    def _dataset(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Dataset:
        import pyarrow as pa
        import ray
        from ray.data import ActorPoolStrategy

        data_context = ray.data.DataContext.get_current()
        data_context.execution_options.preserve_order = False
        data_context.enable_progress_bars = False
        data_context.print_on_execution_start = False
        data_context.raise_original_map_exception = True  # wrapped, it would be text alone
        # A chunk has a limit on every batch of its frames. All of it may take as long as it wants, and so may a
        # cluster until it has a GPU to spare.
        data_context.execution_no_progress_timeout_s = -1
        data_context.target_max_block_size = 1  # an outcome comes when it is known, not with the others of its block
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # the run has a progress of its own
        share = self._allocation
        setup = WorkerSetup(
            run=uuid.uuid4().hex,
            run_name=self._run_name,
            shape=share.shape,
            decoders=share.decoders,
            chunks_at_once=share.chunks_at_once,
            stall_limit_s=self._stall_limit_s,
        )
        workers = min(share.workers, len(chunks))
        portions = guided_chunks(len(chunks), workers * share.chunks_at_once)
        blocks = [
            pa.table({"video": [chunk.video for chunk in some], "chunk": [chunk.index for chunk in some]})
            for some in (chunks[indices.start : indices.stop] for indices in portions)
        ]
        dataset = ray.data.from_arrow(blocks).map_batches(
            PoseWorker,
            batch_size=1,
            # Ray Data makes as many more workers as find room, when nodes join.
            compute=ActorPoolStrategy(
                min_size=workers,
                max_size=len(blocks) if share.grows else workers,
                max_concurrent_calls_per_actor=share.chunks_at_once,
                enable_true_multi_threading=True,
            ),
            fn_constructor_args=(context, setup),
            num_cpus=share.cpus,
            num_gpus=share.gpus,
        )
        dataset.set_name(self._run_name)
        return dataset

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else in a process that stays for the next."""
        return self._assembly_pool.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Let the assembling processes go; the actors end with the dataset's iterator."""
        self._assembly_pool.close()


#: Portions that every worker would get of what is left: some wait at a worker while others are free, and those that
#: wait must be a small part of its share.
_PORTIONS_EACH = 16
#: Half an hour of a slow worker's time, so that a node that joins late finds something left to do.
_MOST_CHUNKS = 64


def guided_chunks(chunks: int, workers: int) -> Iterator[range]:
    """All places from 0 up to ``chunks`` in order, in portions that shrink to 1.

    A portion costs the scheduler as much as a single chunk would, in memory and time. Guided self-scheduling of
    loops, after Polychronopoulos and Kuck, IEEE Transactions on Computers 36 (1987).
    """
    begin = 0
    while begin < chunks:
        size = (chunks - begin) // (_PORTIONS_EACH * workers)
        end = begin + max(1, min(_MOST_CHUNKS, size))
        yield range(begin, end)
        begin = end


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
            raise cause_of(error, CHUNKS_ARE_KEPT) from error
        return result

    def close(self) -> None:
        """Give up what waits; the processes end with the last of their work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class AssemblyActor:
    """The actor, by the name that the dashboard shows; it does one thing at a time."""

    def assemble_video(self, call: Callable[[], R]) -> R:
        """Assemble a video: make the call that was submitted."""
        return call()
