"""Chunks of jobs on a model that also answers requests."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import ModelError
from neuropose_ray.models import DelegatingSpec, PoseModel, PoseModelSpec
from neuropose_ray.pipeline import (
    ActiveAttempts,
    Attempt,
    ChunkOutcome,
    ChunkTask,
    ChunkWorker,
    EngineSettings,
    FrameSource,
    LocalFrames,
    RayMeter,
    RunContext,
    SharedCalls,
    end_when_stalled,
    metered_frames,
)
from neuropose_ray.service.logs import log_context
from neuropose_ray.service.pose.requests import ChunkCall

logger = logging.getLogger(__name__)

# Runs whose plans are kept at hand; more jobs than that do not run at once.
_WORKERS = 8


def chunks_at_once(settings: EngineSettings, spec: PoseModelSpec) -> int:
    """Chunks that one replica works on: while one is at the model, another one is opened, or written."""
    return settings.chunks_per_gpu if spec.threads is None else 2


@dataclass(frozen=True, slots=True)
class LoadedSpec(DelegatingSpec):
    """A pose model that is in memory already."""

    model: PoseModel

    def load(self) -> PoseModel:
        """The pose model, which is in memory already."""
        return self.model


class ChunkExecutor:
    """Does chunks of any job, each in the thread that calls, with one model.

    A chunk that makes no progress ends this process, as nothing less ends a thread that hangs in a library; the
    try is on the disk, and Serve makes a new replica.

    Args:
        loaded: the model.
        model_lock: held for each call of it.
        at_once: threads that may call.
        stall_limit_s: seconds without a finished batch of frames after which a chunk is taken for hung.
        meter: counts frames, and chunks given up.
    """

    def __init__(
        self,
        loaded: LoadedSpec,
        model_lock: AbstractContextManager[object],
        *,
        at_once: int,
        stall_limit_s: float,
        meter: RayMeter,
    ) -> None:
        self._loaded, self._model_lock, self._meter = loaded, model_lock, meter
        self._workers: OrderedDict[tuple[Path, str], ChunkWorker] = OrderedDict()
        self._lock = threading.Lock()
        self._active_calls = _ActiveCalls()
        # A request may have ended the process as well: of one chunk in it nobody knows that it was the cause. Only
        # from its second death on, which it makes without other chunks beside it, a chunk is charged.
        self._in_flight = ActiveAttempts(max(2, at_once), self._active_calls.stopped)
        self._calls = _shared_calls(loaded.model, self._in_flight, model_lock, at_once)
        watch = threading.Thread(
            target=end_when_stalled, args=(self._in_flight, self._active_calls.context_of, stall_limit_s),
            name="stall-watch", daemon=True,
        )  # fmt: skip
        watch.start()

    def do(self, call: ChunkCall, stop: threading.Event) -> ChunkOutcome:
        """What came of a chunk.

        Args:
            call: which.
            stop: set when nobody wants the result any more; noticed after the next batch of frames.

        Raises:
            ModelError: the job was planned for another model.
            OutputError: the results cannot be written.
            CancelledError: ``stop`` was set.
        """
        if call.fingerprint != self._loaded.fingerprint():
            raise ModelError(
                "the job was planned for a model with other weights or settings than the service has now",
                where=self._loaded.name,
                hint="submit the job again",
            )
        context = RunContext(self._loaded, call.out, call.decode_threads, call.max_attempts)
        worker = self._worker(context, call.run)
        with self._active_calls.at(context, stop), log_context(job=call.out.parent.name, step="pose"):
            outcome = worker(call.chunk)
            if (error := outcome.error) is not None:
                self._meter.given_up(error)
                logger.warning("chunk %d of %s is given up: %s", outcome.index, outcome.video, error.message)
        return outcome

    def _worker(self, context: RunContext, run: str) -> ChunkWorker:
        with self._lock:
            key = (context.out, run)
            worker = self._workers.pop(key, None) or self._new_worker(context, run)
            self._workers[key] = worker
            while len(self._workers) > _WORKERS:
                self._workers.popitem(last=False)
            return worker

    def _new_worker(self, context: RunContext, run: str) -> ChunkWorker:
        def decoded_here(task: ChunkTask) -> FrameSource:
            return LocalFrames(task, threads=context.decode_threads)

        frames = metered_frames(decoded_here, self._meter)
        return ChunkWorker(
            context, self._in_flight, run=run, frames=frames, model_lock=self._model_lock, calls=self._calls
        )


def _shared_calls(
    model: PoseModel, in_flight: ActiveAttempts, model_lock: AbstractContextManager[object], at_once: int
) -> SharedCalls | None:
    """Calls that chunks of all jobs share, where the model sees every frame for itself."""
    if not model.info.frames_alone:
        return None
    calls = SharedCalls(model, in_flight, model_lock)
    # Half of them are decoded, while the others wait for the model, or are written.
    calls.chunks_at_once, calls.decoders = at_once, -(-at_once // 2)
    return calls


class _ActiveCalls:
    """What each thread that does a chunk works for, and whether its result is still wanted."""

    def __init__(self) -> None:
        self._calls: dict[threading.Thread, tuple[RunContext, threading.Event]] = {}

    @contextmanager
    def at(self, context: RunContext, stop: threading.Event) -> Iterator[None]:
        thread = threading.current_thread()
        self._calls[thread] = context, stop
        try:
            yield
        finally:
            del self._calls[thread]

    def stopped(self) -> bool:
        """Whether the result of the thread that asks is no longer wanted."""
        call = self._calls.get(threading.current_thread())
        return call is not None and call[1].is_set()

    def context_of(self, attempt: Attempt) -> RunContext:
        """What a try belongs to."""
        return self._calls[attempt.thread][0]
