"""What every engine's workers do with a chunk: try it, commit it, and say what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.models.protocol import PoseModel
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.pipeline.chunk import ChunkResult, StoppedError, process_chunk
from neuropose_ray.pipeline.commit import Attempts, ChunkMarker, ChunkStore, ErrorRecord, error_record
from neuropose_ray.pipeline.headers import chunk_header
from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.schemas.immutable import FrozenModel

logger = logging.getLogger(__name__)


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
class ChunkWork:
    """Everything that a worker needs to be told once."""

    spec: ModelSpec
    out: Path
    decode_threads: int
    max_attempts: int

    def store(self, video: str) -> ChunkStore:
        """Where the chunks of a video are kept."""
        return ChunkStore(self.out / video / "chunks")

    def plan_path(self, video: str) -> Path:
        """Where workers in other processes read a video's plan."""
        return self.out / video / "chunks" / "plan.npz"


class ChunkWorker:
    """A loaded model that takes one chunk after the other."""

    def __init__(self, work: ChunkWork, should_stop: Callable[[], bool] = lambda: False) -> None:
        import cv2

        # Every core has a worker of its own; OpenCV's threads would only fight with them.
        cv2.setNumThreads(1)
        begin = time.perf_counter()
        self._model: PoseModel = work.spec.load()
        self._load_s: float | None = time.perf_counter() - begin
        self._work, self._should_stop = work, should_stop

    def __call__(self, task: ChunkTask) -> ChunkOutcome:
        """Do a chunk unless it is done, at most so often, and never raise for what the data or the model did.

        Raises:
            OutputError: the results cannot be written; the next chunk's could not either.
            StoppedError: the run was interrupted.
        """
        began_s = time.monotonic()
        store = self._work.store(task.video.name)
        if marker := store.committed(task.key):
            return _outcome(task, "found", marker, began_s)
        while (tried := store.attempts(task.key)).count < self._work.max_attempts:
            store.note(task.key, Attempts(count=tried.count + 1))
            try:
                return _outcome(task, "done", self._commit(task, store), began_s)
            except StoppedError:
                store.note(task.key, tried)
                raise
            except OutputError:
                store.note(task.key, tried)
                raise
            except Exception as error:
                # Also what nobody foresaw: one chunk must not end the run.
                record = error_record(error, tried.count + 1)
                store.note(task.key, Attempts(count=tried.count + 1, error=record))
                logger.debug("%s, chunk %d: %s", task.video.name, task.index, record.message, exc_info=error)
                if isinstance(error, NeuroposeRayError) and not error.retryable:
                    break  # the same again would fail the same
        return ChunkOutcome(
            video=task.video.name,
            index=task.index,
            state="failed",
            error=store.attempts(task.key).last_error,
            began_s=began_s,
            ended_s=time.monotonic(),
        )

    def _commit(self, task: ChunkTask, store: ChunkStore) -> ChunkMarker:
        begin = time.perf_counter()
        result = process_chunk(
            self._model, task, decode_threads=self._work.decode_threads, should_stop=self._should_stop
        )
        marker = self._marker(task, result, time.perf_counter() - begin)
        self._load_s = None
        return store.commit(result.table, chunk_header(task, self._model.info, marker.frames), marker)

    def _marker(self, task: ChunkTask, result: ChunkResult, seconds: float) -> ChunkMarker:
        info = self._model.info
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


def peak_rss_mb() -> float:
    """The largest resident memory that this process ever had, MiB."""
    import resource
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024**2 if sys.platform == "darwin" else 1024)


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
