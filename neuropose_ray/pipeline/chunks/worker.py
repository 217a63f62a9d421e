"""What every engine's workers do with a chunk: try it, commit it, and say what came of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from pydantic import Field

from neuropose_ray.errors import FileFormatError, ModelError, NeuroposeRayError, OutputError
from neuropose_ray.models import PoseModel, PoseModelSpec
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, Attempt, CancelledError
from neuropose_ray.pipeline.chunks.commit import ChunkMarker, ChunkStore, ErrorRecord, error_record
from neuropose_ray.pipeline.chunks.frames import FrameSource, LocalFrames, Stage
from neuropose_ray.pipeline.chunks.handover import Handover
from neuropose_ray.pipeline.chunks.headers import chunk_header
from neuropose_ray.pipeline.chunks.process import (
    ChunkResult,
    FramePass,
    observe_chunk,
    process_chunk,
    process_frames_alone,
)
from neuropose_ray.pipeline.chunks.products import ChunkProduct, Follower
from neuropose_ray.pipeline.chunks.shared_calls import ChunkShare, SharedCalls
from neuropose_ray.pipeline.planning.plan import POSES, ChunkRef, ChunkTask
from neuropose_ray.pipeline.planning.plan_file import read_plan
from neuropose_ray.pipeline.state.run_layout import CHUNKS_FOLDER, PLAN_FILE
from neuropose_ray.schemas.immutable import FrozenModel

logger = logging.getLogger(__name__)

_ANOTHER = "run the same command again, and let no other one write there"


class ChunkOutcome(FrozenModel):
    """What came of a chunk; small, it travels to the driver."""

    video: str
    index: int
    state: Literal["done", "found", "failed"]
    frames: int = 0
    persons: int = 0
    error: ErrorRecord | None = None
    began_s: float = Field(description="when a worker took the chunk, on its machine's monotonic clock")
    ended_s: float = Field(description="when its results were on the disk, or it was given up, on the same clock")


@dataclass(frozen=True, slots=True)
class RunContext:
    """Everything that a worker needs to be told once.

    Attributes:
        spec: the pose model; None where no poses are wanted.
        out: the run's output.
        decode_threads: threads of one decoder.
        max_attempts: tries of one chunk.
        products: what may be wanted of chunks beside poses; which of it is, says the plan of each video.
        chunks_folder: below a video's folder, where its plan and its chunks are kept.
        handover: of videos that are one chunk, to what assembles them in this process; None: there is none.
    """

    spec: PoseModelSpec | None
    out: Path
    decode_threads: int
    max_attempts: int
    products: tuple[ChunkProduct, ...] = ()
    chunks_folder: str = CHUNKS_FOLDER
    handover: Handover | None = field(default=None, compare=False)

    def store(self, video: str) -> ChunkStore:
        """Where the chunks of a video are kept."""
        return ChunkStore(self.out / video / self.chunks_folder, self.handover)

    def plan_path(self, video: str) -> Path:
        """Where workers in other processes read a video's plan."""
        return self.out / video / self.chunks_folder / PLAN_FILE

    @property
    def pose_model(self) -> PoseModelSpec:
        """The pose model of a run that has one.

        Raises:
            ModelError: it has none.
        """
        if self.spec is None:
            raise ModelError("poses are wanted, and there is no pose model", where=str(self.out))
        return self.spec


class ChunkWorker:
    """A loaded model, if poses are wanted, and the chunks that it sees: one after the other, or a few in turns.

    Args:
        context: what every worker is told.
        in_flight: the chunks of this process; shared by all workers in it.
        run: the run that goes on when this process dies; None where there is none.
        frames: where a chunk's frames come from; None decodes them here.
        model_lock: held for every call of the model; None where nobody else has it.
        calls: calls of a loaded model that other workers make too; None: this worker has the model to itself.

    Raises:
        ModelError: the model cannot be loaded.
    """

    def __init__(
        self,
        context: RunContext,
        in_flight: ActiveAttempts,
        *,
        run: str | None = None,
        frames: Callable[[ChunkTask], FrameSource] | None = None,
        model_lock: AbstractContextManager[object] | None = None,
        calls: SharedCalls | None = None,
    ) -> None:
        import cv2

        # Every core has a worker of its own; OpenCV's threads would only fight with them.
        cv2.setNumThreads(1)
        begin = time.perf_counter()
        self._model: PoseModel | None = None if context.spec is None else context.spec.load()
        self._load_s: float | None = None if context.spec is None else time.perf_counter() - begin
        self._context, self._in_flight, self._run = context, in_flight, run
        self._frames = frames or (lambda task: LocalFrames(task, threads=context.decode_threads))
        self._model_lock = model_lock or threading.Lock()
        self._turns: AbstractContextManager[object] = nullcontext()
        self._calls = calls
        if calls is None and self._model is not None and self._model.info.frames_alone:
            self._calls = SharedCalls(self._model, in_flight, model_lock)
        # Chunks of one video mostly follow each other.
        self._plan = lru_cache(maxsize=4)(lambda video: read_plan(context.plan_path(video)))

    @property
    def shared_device(self) -> str | None:
        """The device of a model that gets frames of several chunks in one call; None where chunks share no call."""
        return None if self._calls is None or self._model is None else self._model.info.device

    def expect(self, threads: int, decoders: int) -> None:
        """Say how many threads call this, and how many of them may decode at once."""
        if self._calls is None:
            self._turns = threading.Semaphore(decoders)
        else:
            self._calls.chunks_at_once, self._calls.decoders = threads, decoders

    def close(self) -> None:
        """Let the threads that call the model end; chunks that are in flight are cancelled by others."""
        if self._calls is not None:
            self._calls.close()

    def __call__(self, chunk: ChunkRef) -> ChunkOutcome:
        """Do what a chunk lacks, at most so often, and never raise for what the data or the model did.

        All that is missing is computed in one pass, whose tries are counted for the first product of it; where that
        one is given up, the others are tried without it.

        Raises:
            OutputError: the results cannot be written; the next chunk's could not either.
            CancelledError: the run was interrupted, or somebody else decided about this chunk.
        """
        began_s = time.monotonic()
        try:
            task = ChunkTask(self._plan(chunk.video), chunk.index)
        except FileFormatError as error:
            return failed_outcome(chunk, error_record(error), began_s)
        store = self._context.store(task.video.name)
        names = task.video.product_names
        missing = [name for name in names if not store.committed(task.key_of(name))]
        state: Literal["done", "found"] = "done" if missing else "found"
        given_up = []
        while missing:
            failure = self._tried(replace(task, products=tuple(missing)), store)
            given_up += [] if failure is None else [failure]
            missing = [name for name in missing[1:] if not store.committed(task.key_of(name))]
        if given_up:
            return failed_outcome(chunk, given_up[0], began_s)
        marker = store.committed(task.key)
        if marker is None:
            raise OutputError("a chunk was removed while it was worked on", where=str(store.folder), hint=_ANOTHER)
        return _outcome(task, state, marker, began_s)

    def _tried(self, task: ChunkTask, store: ChunkStore) -> ErrorRecord | None:
        """Compute the products of a task in one pass; why the first of them was given up, or None."""
        while (before := store.attempts(task.key).resolve(self._run)).count < self._context.max_attempts:
            with self._turns, self._in_flight.enter(task, before) as attempt, self._shared(attempt) as share:
                done = self._attempt(attempt, store, share)
            if done is None:
                return None
            if isinstance(done, NeuroposeRayError) and not done.retryable:
                break  # the same again would fail the same
        attempts = store.attempts(task.key).resolve(self._run)
        store.note(task.key, attempts)
        return attempts.last_error

    def _shared(self, attempt: Attempt) -> AbstractContextManager[ChunkShare | None]:
        """Until it is committed, a chunk counts among those that bring frames: another one follows it."""
        if self._calls is None or attempt.task.products[0] != POSES:
            return nullcontext()
        return self._calls.enter(attempt.task.video.camera, attempt)

    def _attempt(self, attempt: Attempt, store: ChunkStore, share: ChunkShare | None) -> Exception | None:
        """One try, on the disk before it starts; what was wrong with it, or None."""
        task, before = attempt.task, attempt.before
        store.note(task.key, before.start(alone=attempt.alone, run=self._run))
        try:
            self._commit(attempt, store, share)
        except (CancelledError, OutputError):
            if attempt.finish():
                store.note(task.key, before)
            raise
        except Exception as error:
            # Also what nobody foresaw: one chunk must not end the run.
            if not attempt.finish():
                raise CancelledError from error
            record = error_record(error, before.count + 1)
            store.note(task.key, before.failed(record))
            logger.debug("%s, chunk %d: %s", task.video.name, task.index, record.message, exc_info=error)
            return error
        return None

    def _commit(self, attempt: Attempt, store: ChunkStore, share: ChunkShare | None) -> None:
        """Compute all products of a try in one pass, and write them; the first one, for which it counts, last."""
        task, begin = attempt.task, time.perf_counter()
        followers = [Follower(product, task) for product in self._context.products if product.name in task.products]
        frames, step, model = self._frames(task), partial(self._step, attempt), None
        if task.products[0] == POSES:
            model = self._pose_model()
            if share is None:
                poses = process_chunk(model, task, frames, step, followers)
            else:
                poses = process_frames_alone(share, len(model.info.skeleton), task, frames, step, followers)
            passed = FramePass(poses.table.frame_count, poses.errors, poses.wait_s)
        else:
            passed = observe_chunk(task, frames, step, followers)
        tables = [(follower, follower.table()) for follower in followers]
        for follower in followers:
            if follower.error is not None and follower.name == task.products[0]:
                raise follower.error
        seconds = time.perf_counter() - begin
        if model is not None:
            seconds *= poses.time_share
        attempt.at("write")
        if not attempt.finish():
            raise CancelledError
        for follower, table in reversed(tables):  # the first of them may be the one that counts
            if table is not None:
                store.commit_table(table, self._table_marker(follower.key, passed, seconds))
            elif follower.error is not None:
                history = store.attempts(follower.key).resolve(self._run)
                store.note(follower.key, history.failed(error_record(follower.error, history.count + 1)))
        if model is not None:
            marker = self._marker(task, model, poses, seconds)
            self._load_s = None
            header = chunk_header(task, model.info, marker.frames)
            store.commit(poses.table, header, marker, hand_over=len(task.video.keys) == 1)

    def _pose_model(self) -> PoseModel:
        if self._model is None:
            raise ModelError("poses are wanted, and no pose model is loaded", where=str(self._context.out))
        return self._model

    @contextmanager
    def _step(self, attempt: Attempt, stage: Stage) -> Iterator[None]:
        if stage != "model":
            attempt.at(stage)
            yield
            return
        attempt.at("wait")
        with self._model_lock:
            attempt.at("model")
            yield

    def _marker(self, task: ChunkTask, model: PoseModel, result: ChunkResult, seconds: float) -> ChunkMarker:
        info = model.info
        return ChunkMarker(
            key=task.key,
            sha256="",
            frames=result.table.frame_count,
            persons=len(result.table.poses),
            errors=tuple(error_record(error, 1) for error in result.errors),
            wait_s=result.wait_s,
            call_s=result.call_s,
            call_frames=result.call_frames,
            seconds=seconds,
            model_load_s=self._load_s,
            peak_rss_mb=peak_rss_mb(),
            device=info.device,
            runtime=info.runtime,
        )

    @staticmethod
    def _table_marker(key: str, passed: FramePass, seconds: float) -> ChunkMarker:
        return ChunkMarker(
            key=key,
            sha256="",
            frames=passed.frames,
            persons=0,
            errors=tuple(error_record(error, 1) for error in passed.errors),
            wait_s=passed.wait_s,
            call_s=(),
            call_frames=(),
            seconds=seconds,
            model_load_s=None,
            peak_rss_mb=peak_rss_mb(),
            device="cpu",
            runtime="",
        )


def peak_rss_mb() -> float:
    """The largest resident memory that this process ever had, MiB."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


def failed_outcome(chunk: ChunkRef, error: ErrorRecord, began_s: float) -> ChunkOutcome:
    """What is said of a chunk that was given up."""
    return ChunkOutcome(
        video=chunk.video, index=chunk.index, state="failed", error=error, began_s=began_s, ended_s=time.monotonic()
    )


def _outcome(task: ChunkTask, state: Literal["done", "found"], marker: ChunkMarker, began_s: float) -> ChunkOutcome:
    return ChunkOutcome(
        video=task.video.name,
        index=task.index,
        state=state,
        frames=marker.frames,
        persons=marker.persons,
        began_s=began_s,
        ended_s=time.monotonic(),
    )
