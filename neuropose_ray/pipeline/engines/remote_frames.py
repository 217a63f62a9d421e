"""The ``split`` shape: a Ray task decodes a chunk, and its frames flow through the object store to the pose model."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.cluster import RUN_AGAIN, cause_of
from neuropose_ray.errors import DecodeError, DecoderLostError, NeuroposeRayError
from neuropose_ray.pipeline.chunks.frames import FrameBatch, LocalFrames, Stage
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.pipeline.planning.plan_file import read_plan

# Batches that wait in the object store: the next one, and one more to ride out a slow keyframe.
_BATCHES_AHEAD = 2


@dataclass(frozen=True, slots=True)
class MiniBatch:
    """What travels: some frames of a chunk, and which they are.

    Attributes:
        key: of the chunk.
        position: of the batch among those of the chunk.
        timestamps_s: presentation times.
        images: ``(n, height, width, 3)`` uint8; None where nobody wants colours.
        luma: ``(n, height, width)`` uint8; None where nobody wants it.
    """

    key: str
    position: int
    timestamps_s: tuple[float, ...]
    images: NDArray[np.uint8] | None
    luma: NDArray[np.uint8] | None


@dataclass(frozen=True, slots=True)
class DecodingEnd:
    """The last that travels: what could not be decoded, and what ended it early."""

    errors: tuple[DecodeError, ...]
    failure: NeuroposeRayError | None


def decode_chunk(
    plan: Path, index: int, products: tuple[str, ...] = (), *, threads: int, size: int, lead_in: int
) -> Iterator[MiniBatch | DecodingEnd | None]:
    """The task: None as a sign that it runs, all frames of a chunk and its lead-in in batches, and the end."""
    yield None
    try:
        task = ChunkTask(read_plan(plan), index, products)
        frames = LocalFrames(task, threads=threads)
        with closing(frames.batches(size, lead_in=lead_in)) as batches:
            for position, batch in enumerate(batches):
                yield MiniBatch(
                    task.key, position, tuple(batch.timestamps_s), _stacked(batch.images), _stacked(batch.luma)
                )
        yield DecodingEnd(frames.errors, None)
    except NeuroposeRayError as error:
        yield DecodingEnd((), error)


def _stacked(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8] | None:
    return np.stack(list(pictures)) if pictures else None


class RemoteFrames:
    """Frames decoded by a task on a CPU of the cluster; they cannot be written to, the store shares its memory."""

    # A decoder that hangs is ended here; the worker has nothing to fear from it.
    stage: Stage = "wait"

    def __init__(self, task: ChunkTask, plan: Path, *, threads: int, stall_limit_s: float) -> None:
        self._task, self._plan, self._threads = task, plan, threads
        self._stall_limit_s = stall_limit_s
        self._errors: tuple[DecodeError, ...] = ()

    @property
    def errors(self) -> tuple[DecodeError, ...]:
        """What could not be decoded."""
        return self._errors

    def batches(self, size: int, *, lead_in: int = 0) -> Generator[FrameBatch, None, None]:
        """All frames in order.

        Raises:
            InputError: the video can no longer be opened.
            DecoderLostError: the task's process or node died, or it gave no frame for too long.
        """
        import ray

        items = _decode_task().remote(
            self._plan, self._task.index, self._task.products, threads=self._threads, size=size, lead_in=lead_in
        )
        try:
            end = yield from self._until_end(items, self._task.chunk.frames + lead_in)
        except BaseException:
            # A model that failed wants no more. Only then: Ray ends this process too where it learns at one moment
            # that a task has ended and that it is to be cancelled, as would happen in two of a thousand chunks.
            ray.cancel(items, force=True)
            raise
        self._errors = end.errors
        if end.failure is not None:
            raise end.failure

    def _until_end(self, items: Any, most_frames: int) -> Generator[FrameBatch, None, DecodingEnd]:
        import ray
        from ray.exceptions import RayError

        try:
            ray.get(next(items))  # that it waits for a free CPU is no fault of the chunk, however long
            for position in range(most_frames + 1):
                item = self._next(items)
                if isinstance(item, DecodingEnd):
                    return item
                if (item.key, item.position) != (self._task.key, position):
                    raise self._lost("its frames came out of order")
                yield FrameBatch(item.timestamps_s, _pictures(item.images), _pictures(item.luma))
            raise self._lost("it gave more frames than it has")
        except RayError as error:
            raise self._lost(cause_of(error, RUN_AGAIN).what) from error

    def _next(self, items: Any) -> MiniBatch | DecodingEnd:
        import ray

        ready, _ = ray.wait([items], timeout=self._stall_limit_s, fetch_local=False)
        if not ready:
            raise self._lost(f"no frame came for {self._stall_limit_s:g} s")
        item: MiniBatch | DecodingEnd = ray.get(next(items))
        return item

    def _lost(self, what: str) -> DecoderLostError:
        where = str(self._task.video.info.source.path)
        return DecoderLostError(f"decoder of chunk {self._task.index}: {what}", where=where)


def _pictures(stacked: NDArray[np.uint8] | None) -> list[NDArray[np.uint8]]:
    return [] if stacked is None else list(stacked)


def _decode_task() -> Any:
    import ray

    # Ray puts tasks without GPU on nodes without one as long as these have room. Its own retries would begin a
    # stream anew of which the model has seen the first half; the chunk has tries of its own.
    return ray.remote(decode_chunk).options(
        name="decode_chunk",
        num_cpus=1,
        num_returns="streaming",
        max_retries=0,
        _generator_backpressure_num_objects=_BATCHES_AHEAD,
    )
