"""Ray Data: the same work on the actors of a cluster.

In the ``fused`` shape the actor decodes its own chunk, so that frames never enter the object store: what flows
is one small row for each chunk.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any, ParamSpec, TypeVar, cast

from neuropose_ray import errors
from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.pipeline.plan import ChunkTask, VideoPlan
from neuropose_ray.pipeline.plan_file import read_plan, write_plan
from neuropose_ray.pipeline.worker import ChunkOutcome, ChunkWork, ChunkWorker

P = ParamSpec("P")
R = TypeVar("R")


class PoseWorker:
    """The actor: a loaded model that gets one row, that is one chunk, a call."""

    def __init__(self, work: ChunkWork) -> None:
        self._work = work
        self._worker = ChunkWorker(work)
        self._plan: VideoPlan | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The outcome of the chunk, as JSON: rows are plain tables for Ray."""
        outcomes = [
            self._do(str(video), int(chunk)) for video, chunk in zip(batch["video"], batch["chunk"], strict=True)
        ]
        return {"outcome": [outcome.model_dump_json() for outcome in outcomes]}

    def _do(self, video: str, chunk: int) -> ChunkOutcome:
        if self._plan is None or self._plan.name != video:
            self._plan = read_plan(self._work.plan_path(video))
        return self._worker(ChunkTask(self._plan, chunk))


class RayEngine:
    """Actors of a Ray Data pipeline on a cluster that the caller has connected to."""

    name = "ray"

    def __init__(self, workers: int | None, cpus_per_worker: int | None, run_name: str) -> None:
        import ray

        resources = ray.cluster_resources()
        gpus = int(resources.get("GPU", 0)) if cpus_per_worker is None else 0
        cpus = int(resources.get("CPU", 1))
        self._num_gpus = 1 if gpus else 0
        # A model that uses all cores gets a node's worth of them; BlazePose counts its threads.
        self._num_cpus = 0 if gpus else (cpus_per_worker or _smallest_node_cpus())
        self.workers = workers or gpus or max(1, cpus // max(1, self._num_cpus))
        self._run_name = run_name

    def process(self, work: ChunkWork, tasks: Sequence[ChunkTask]) -> Iterator[ChunkOutcome]:
        """Do all chunks on a pool of actors; one row, one block, one chunk: none is redone for another's sake."""
        import ray
        from ray.data import ActorPoolStrategy
        from ray.exceptions import RayError

        context = ray.data.DataContext.get_current()
        context.execution_options.preserve_order = False
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # the run has a progress of its own
        for video in {task.video.name: task.video for task in tasks}.values():
            write_plan(work.plan_path(video.name), video)
        rows = [{"video": task.video.name, "chunk": task.index} for task in tasks]
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            PoseWorker,
            batch_size=1,
            compute=ActorPoolStrategy(size=min(self.workers, len(rows))),
            fn_constructor_args=(work,),
            num_cpus=self._num_cpus,
            num_gpus=self._num_gpus,
        )
        dataset.set_name(self._run_name)
        try:
            for row in dataset.iter_rows():
                yield ChunkOutcome.model_validate_json(row["outcome"])
        except RayError as error:
            raise _cause(error) from error

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
                delivered.set_exception(_cause(error))

        remote.remote(function, args, kwargs).future().add_done_callback(deliver)
        return delivered

    def close(self) -> None:
        """The actors end with the dataset's iterator."""


def _call(function: Callable[..., R], args: tuple[Any, ...], kwargs: dict[str, Any]) -> R:
    return function(*args, **kwargs)


def _smallest_node_cpus() -> int:
    import ray

    return min((int(node["Resources"].get("CPU", 1)) for node in ray.nodes() if node["Alive"]), default=1)


def _cause(error: BaseException) -> NeuroposeRayError:
    """The error of ours inside Ray's, which is the one that a user can act on."""
    from ray.exceptions import RayError

    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, NeuroposeRayError) and not isinstance(inner, RayError):
            return inner
        inner = getattr(inner, "cause", None) or inner.__cause__
    # Of an actor that died while it was made Ray keeps the traceback's text alone.
    told = re.findall(r"^neuropose_ray\.errors\.(\w+): (.+)$", str(error), re.MULTILINE)
    if told:
        kind, line = told[-1]
        return cast(type[NeuroposeRayError], getattr(errors, kind))(line)
    first_line = str(error).strip().splitlines()[0]
    return EngineError(first_line, where="Ray", hint="run the same command again: finished chunks are kept")
