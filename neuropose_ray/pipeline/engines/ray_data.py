"""Ray Data: the same work on the actors of a cluster.

What flows from the driver is one small row for each chunk. In the ``fused`` shape the actor decodes its own chunk, so
that frames never enter the object store; in ``split`` they come through it from tasks on other cores.
"""

from __future__ import annotations

import logging
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, RunContext
from neuropose_ray.pipeline.engines.allocation import allocate
from neuropose_ray.pipeline.engines.assemblers import AssemblyPool
from neuropose_ray.pipeline.engines.portions import guided_chunks
from neuropose_ray.pipeline.engines.pose_worker import PoseWorker, WorkerSetup, loads_folder
from neuropose_ray.pipeline.engines.ray_tasks import RayTasks, cause_of, present_cluster
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
        spec: the pose model.
        run_name: what the run is called on Ray's dashboard.

    Raises:
        EngineError: the cluster is too small for what the settings ask, or shares out no GPU by the spec's number.
    """

    name = "ray"

    def __init__(self, settings: EngineSettings, spec: PoseModelSpec, run_name: str) -> None:
        super().__init__(task_cpus=1)
        self._allocation = allocate(present_cluster(), settings, spec.threads, spec.device)
        self.workers = self._allocation.workers
        # Assembling takes a small part of the time that inference takes.
        self._assemblers = AssemblyPool(max(1, self.workers // 2))
        self._stall_limit_s, self._run_name = settings.stall_limit_s, run_name

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Iterator[ChunkOutcome]:
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
            raise cause_of(error) from error
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
        setup = WorkerSetup(uuid.uuid4().hex, self._run_name, share.shape, share.chunks_at_once, self._stall_limit_s)
        workers = min(share.workers, len(chunks))
        blocks = [
            pa.table({"video": [chunk.video for chunk in some], "chunk": [chunk.index for chunk in some]})
            for some in (chunks[indices.start : indices.stop] for indices in guided_chunks(len(chunks), workers))
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
        return self._assemblers.submit(function, *args, **kwargs)

    def close(self) -> None:
        """Let the assembling processes go; the actors end with the dataset's iterator."""
        self._assemblers.close()
