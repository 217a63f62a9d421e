"""A chunk of a video in, the poses of the people in it out. Every engine calls this, in every shape."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace

import numpy as np

from neuropose_ray.errors import DecodeError
from neuropose_ray.models import PoseModel
from neuropose_ray.pipeline.chunks.frames import FrameSource, Stage
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.schemas.poses import Poses, PoseTable


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What a chunk gave.

    Attributes:
        table: every frame that could be decoded, and the people in it.
        errors: what could not be decoded.
        wait_s: seconds that the model waited for frames.
        call_s: seconds of each call of the model; the first one's with those of the calls before it, on frames before
            the chunk.
        call_frames: frames of the chunk in each call.
    """

    table: PoseTable
    errors: tuple[DecodeError, ...]
    wait_s: float
    call_s: tuple[float, ...]
    call_frames: tuple[int, ...]


def process_chunk(
    model: PoseModel,
    task: ChunkTask,
    frames: FrameSource,
    step: Callable[[Stage], AbstractContextManager[None]],
) -> ChunkResult:
    """Let a model see a chunk from its first frame to its last, in one session.

    What the model remembers from frame to frame stays in this call, so that the result depends on neither who
    decodes the frames nor how many chunks are processed at once. A model that remembers sees some frames before the
    chunk first, so that the result does not depend on where the chunk begins either; what it predicts there is left
    out, what it costs is counted.

    Args:
        model: a loaded model; inside ``step("model")`` this call is alone with it.
        task: which chunk.
        frames: its frames.
        step: entered for each thing that can take long; raises what is to end the chunk early.

    Raises:
        InputError: the video can no longer be opened.
        ModelError: the model failed.
    """
    chunk, lead_in = task.chunk, model.info.lead_in_frames
    session = model.session(task.video.camera, max(0, chunk.first_frame - lead_in))
    times: list[float] = []
    parts, offsets = [Poses.empty(len(model.info.skeleton))], [0]
    wait_s, before_s, call_s, call_frames = 0.0, 0.0, [], []
    with closing(frames.batches(model.batch_size, lead_in=lead_in)) as batches:
        while True:
            begin = time.perf_counter()
            with step(frames.stage):
                batch = next(batches, None)
            wait_s += time.perf_counter() - begin
            if batch is None:
                break
            with step("model"):
                begin = time.perf_counter()
                parts.append(session.predict(batch.images))
                seconds = time.perf_counter() - begin
            offsets.append(len(times))
            times += batch.timestamps_s
            own = sum(timestamp >= chunk.start_s for timestamp in batch.timestamps_s)
            if own:
                call_s.append(before_s + seconds)
                call_frames.append(own)
                before_s = 0.0
            else:
                before_s += seconds
    table = _from(chunk.start_s, PoseTable(np.array(times, np.float64), Poses.concatenate(parts, offsets)))
    return ChunkResult(table, frames.errors, wait_s, tuple(call_s), tuple(call_frames))


def _from(start_s: float, table: PoseTable) -> PoseTable:
    """The frames of a table from a time on."""
    first = int(np.searchsorted(table.timestamps_s, start_s))
    poses = table.poses.take(table.poses.frame >= first)
    return PoseTable(table.timestamps_s[first:], replace(poses, frame=poses.frame - first))
