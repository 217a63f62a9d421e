"""The actor of the Ray engine: a pose model in a process of its own that may die without harm to the run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from neuropose_ray.errors import ModelError, NeuroposeRayError
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, Attempt
from neuropose_ray.pipeline.chunks.commit import AttemptHistory, ChunkStore
from neuropose_ray.pipeline.chunks.frames import FrameSource, LocalFrames
from neuropose_ray.pipeline.chunks.stalls import record_stall, revert_attempt
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, ChunkWorker, RunContext
from neuropose_ray.pipeline.engines.remote_frames import RemoteFrames
from neuropose_ray.pipeline.planning.plan import ChunkRef, ChunkTask
from neuropose_ray.pipeline.state.metrics import WORKER_METRICS, MeteredSpec, RayMeter, metered_frames
from neuropose_ray.pipeline.state.run_layout import state_folder

# So many looks at the clock in a stall limit: a hang is noticed at most a tenth late.
_LOOKS = 10


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What an actor is told besides the work.

    Attributes:
        run: names this run of the engine; restarted actors have the same.
        run_name: what people call it.
        shape: who decodes.
        decoders: chunks that are decoded at once.
        chunks_at_once: calls that Ray makes at once.
        stall_limit_s: seconds without a finished frame after which the process ends.
    """

    run: str
    run_name: str
    shape: Literal["fused", "split"]
    decoders: int
    chunks_at_once: int
    stall_limit_s: float


class PoseWorker:
    """The actor: a loaded model that gets one row, that is one chunk, a call; a few calls at once on a GPU.

    When it dies Ray makes it anew and repeats its calls; how often a chunk may do that to it is counted on the disk.
    """

    def __init__(self, context: RunContext, setup: WorkerSetup) -> None:
        self._failure: NeuroposeRayError | None = None
        self._meter = RayMeter(setup.run_name, WORKER_METRICS)
        in_flight = ActiveAttempts(setup.chunks_at_once)
        metered = context
        if context.spec is not None:
            metered = replace(context, spec=MeteredSpec(context.spec, self._meter))
        frames = metered_frames(_source(context, setup), self._meter)
        try:
            self._worker = _load(context, lambda: ChunkWorker(metered, in_flight, run=setup.run, frames=frames))
        except NeuroposeRayError as error:
            self._failure = error  # an actor that fails while it is made leaves nothing but a traceback's text
            return
        self._worker.expect(setup.chunks_at_once, setup.decoders)
        watch = partial(end_when_stalled, in_flight, lambda _: context, setup.stall_limit_s)
        threading.Thread(target=watch, name="stall-watch", daemon=True).start()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """The outcome of the chunk, as JSON: rows are plain tables for Ray.

        Raises:
            ModelError: the model could not be loaded.
            OutputError: the results cannot be written.
        """
        if self._failure is not None:
            raise self._failure
        chunks = [
            ChunkRef(str(video), int(index)) for video, index in zip(batch["video"], batch["chunk"], strict=True)
        ]
        return {"outcome": [self._do(chunk).model_dump_json() for chunk in chunks]}

    def _do(self, chunk: ChunkRef) -> ChunkOutcome:
        outcome = self._worker(chunk)
        if outcome.error is not None:
            self._meter.given_up(outcome.error)
        return outcome


def loads_folder(context: RunContext) -> Path:
    """Where actors note that they load their model: one that kills its process must not be loaded for ever."""
    return state_folder(context.out) / "loading"


def _load(context: RunContext, load: Callable[[], ChunkWorker]) -> ChunkWorker:
    import ray

    loads, actor = ChunkStore(loads_folder(context)), str(ray.get_runtime_context().get_actor_id())
    before = loads.attempts(actor)
    if before.count >= context.max_attempts:
        what = f"its process died {before.count} times while it loaded the model"
        hint = "see the node's memory and Ray's logs of the worker"
        raise ModelError(what, where=context.pose_model.name, hint=hint)
    loads.note(actor, AttemptHistory(count=before.count + 1))
    worker = load()
    loads.note(actor, AttemptHistory())
    return worker


def _source(context: RunContext, setup: WorkerSetup) -> Callable[[ChunkTask], FrameSource]:
    def here(task: ChunkTask) -> FrameSource:
        return LocalFrames(task, threads=context.decode_threads)

    def elsewhere(task: ChunkTask) -> FrameSource:
        plan = context.plan_path(task.video.name)
        return RemoteFrames(task, plan, threads=context.decode_threads, stall_limit_s=setup.stall_limit_s)

    return here if setup.shape == "fused" else elsewhere


def end_when_stalled(
    in_flight: ActiveAttempts,
    context_of: Callable[[Attempt], RunContext],
    limit_s: float,
    end: Callable[[int], object] = os._exit,  # nothing less ends a thread that hangs in a library
) -> None:
    """Wait for a chunk that makes no progress; note why on the disk, take its neighbours' tries back, and end all."""
    while True:
        time.sleep(limit_s / _LOOKS)
        stalled = [attempt for attempt in in_flight.stalled(limit_s) if in_flight.abandon(attempt)]
        if not stalled:
            continue
        try:
            for attempt in stalled:
                record_stall(context_of(attempt), attempt, limit_s)
            for attempt in in_flight.others():
                if in_flight.abandon(attempt):
                    revert_attempt(context_of(attempt), attempt)
        finally:
            end(1)
        return
