"""A chunk of a video in, the poses of the people in it out. Every engine calls this, in every shape."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace

import numpy as np

from neuropose_ray.errors import DecodeError
from neuropose_ray.models import PoseModel, PoseSession
from neuropose_ray.pipeline.chunks.frames import FrameBatch, FrameSource, Stage
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
    """Let a model see a chunk from its first frame to its last, in its sessions.

    What the model remembers from frame to frame stays in this call, so that the result depends on neither who
    decodes the frames nor how many chunks are processed at once. Sessions begin where the plan of the video says, so
    that the result does not depend on the length of the chunk either. A model that remembers sees some frames before
    a session's own first; what it predicts there is left out, what it costs is counted.

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
    sessions = [(part, model.session(task.video.camera, part.first_frame)) for part in _parts(task, lead_in)]
    times: list[float] = []
    poses, offsets = [Poses.empty(len(model.info.skeleton))], [0]
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
                made = list(_predictions(sessions, batch))
                seconds = time.perf_counter() - begin
            own = sum(timestamp >= chunk.start_s for timestamp in batch.timestamps_s)
            poses += made
            offsets += [len(times) - (len(batch.timestamps_s) - own)] * len(made)
            times += batch.timestamps_s[len(batch.timestamps_s) - own :]
            if own:
                call_s.append(before_s + seconds)
                call_frames.append(own)
                before_s = 0.0
            else:
                before_s += seconds
    table = PoseTable(np.array(times, np.float64), Poses.concatenate(poses, offsets))
    return ChunkResult(table, frames.errors, wait_s, tuple(call_s), tuple(call_frames))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one session sees.

    Attributes:
        first_frame: the first frame that it sees, by its position in the video.
        begin_s: the time of that frame.
        start_s, end_s: of the frames from the first time on and before the second one the predictions are kept.
    """

    first_frame: int
    begin_s: float
    start_s: float
    end_s: float


def _parts(task: ChunkTask, lead_in: int) -> list[_Part]:
    """What each session of a chunk sees; the first one all frames that are decoded before its own."""
    chunk, times = task.chunk, task.video.info.timestamps_s
    later = [frame for frame in task.video.sessions if 0 < frame - chunk.first_frame < chunk.frames]
    begins = [max(0, frame - lead_in) for frame in (chunk.first_frame, *later)]
    starts = [chunk.start_s, *times[later].tolist()]
    begins_s = [-math.inf, *times[begins[1:]].tolist()]
    return [_Part(*part) for part in zip(begins, begins_s, starts, [*starts[1:], chunk.end_s], strict=True)]


def _predictions(sessions: Sequence[tuple[_Part, PoseSession]], batch: FrameBatch) -> Iterator[Poses]:
    """What the sessions that see frames of a batch predict for those that are their own, in order."""
    for part, session in sessions:
        first, start, end = np.searchsorted(batch.timestamps_s, [part.begin_s, part.start_s, part.end_s]).tolist()
        if first < end:
            poses = session.predict(batch.images[first:end])
            own = poses.take(poses.frame >= start - first)
            yield replace(own, frame=own.frame + first)
