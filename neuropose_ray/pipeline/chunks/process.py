"""A chunk of a video in, the poses of the people in it out. Every engine calls this, in every shape.

Whoever else wants numbers of the same frames sees them in the same pass, so that a frame is decoded once for all.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from neuropose_ray.errors import DecodeError
from neuropose_ray.models import PoseModel, PoseSession
from neuropose_ray.pipeline.chunks.frames import FrameBatch, FrameSource, Stage
from neuropose_ray.pipeline.chunks.shared_calls import ChunkShare
from neuropose_ray.pipeline.planning.plan import ChunkTask
from neuropose_ray.schemas.poses import Poses, PoseTable

#: Where no model says how many frames it wants: as much luma as caches still hold when it is measured, so that it is
#: not read from memory once more; of small frames so many that threads need not wake up for each.
_BATCH_BYTES, _BATCH_FRAMES = 4 << 20, 16
#: Frames that are handed in together where calls are shared: few, as every chunk in flight holds some such batches.
_HANDED_IN_FRAMES = 8


class FrameObserver(Protocol):
    """Sees the frames of a chunk while they pass; it keeps its errors to itself."""

    def observe(self, batch: FrameBatch) -> None:
        """Take some consecutive frames of the chunk; of those that lead into it none comes here."""
        ...


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
        time_share: the chunk's part of its worker's time while it was in flight.
    """

    table: PoseTable
    errors: tuple[DecodeError, ...]
    wait_s: float
    call_s: tuple[float, ...]
    call_frames: tuple[int, ...]
    time_share: float = 1.0


@dataclass(frozen=True, slots=True)
class FramePass:
    """One pass over a chunk's frames.

    Attributes:
        frames: of the chunk that could be decoded.
        errors: what could not be decoded.
        wait_s: seconds that whoever looks waited for frames.
    """

    frames: int
    errors: tuple[DecodeError, ...]
    wait_s: float


def process_chunk(
    model: PoseModel,
    task: ChunkTask,
    frames: FrameSource,
    step: Callable[[Stage], AbstractContextManager[None]],
    observers: Sequence[FrameObserver] = (),
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
        observers: who else sees the frames.

    Raises:
        InputError: the video can no longer be opened.
        ModelError: the model failed.
    """
    lead_in = model.info.lead_in_frames * task.video.frames_per_analysed
    sessions = [(part, model.session(task.video.camera, part.first_frame)) for part in _parts(task, lead_in)]
    skipped = task.video.unseen_s()
    record = _PoseRecord([Poses.empty(len(model.info.skeleton))])

    def predict(batch: FrameBatch, own: int) -> None:
        with step("model"):
            begin = time.perf_counter()
            made = list(_predictions(sessions, batch, skipped))
            seconds = time.perf_counter() - begin
        record.add(batch, own, made, seconds)

    passed = _pass_frames(task, frames, step, observers, model.batch_size, lead_in, predict)
    return record.result(passed)


def process_frames_alone(
    share: ChunkShare,
    joints: int,
    task: ChunkTask,
    frames: FrameSource,
    step: Callable[[Stage], AbstractContextManager[None]],
    observers: Sequence[FrameObserver] = (),
) -> ChunkResult:
    """Let a model that sees every frame for itself see a chunk, in calls that it shares with other chunks.

    Args:
        share: takes the frames of this chunk.
        joints: of the model's skeleton.
        task: which chunk.
        frames: its frames.
        step: as in :func:`process_chunk`.
        observers: who else sees the frames.

    Raises:
        InputError: the video can no longer be opened.
        ModelError: the model failed at a frame of this chunk.
    """
    skipped = task.video.unseen_s()
    times: list[float] = []

    def hand_in(batch: FrameBatch, own: int) -> None:
        batch = batch.last(own)
        seen = [place for place, timestamp_s in enumerate(batch.timestamps_s) if timestamp_s not in skipped]
        share.submit([batch.images[place] for place in seen], [len(times) + place for place in seen])
        times.extend(batch.timestamps_s)

    with share.decoding():
        passed = _pass_frames(task, frames, step, observers, _HANDED_IN_FRAMES, 0, hand_in)
    made = [Poses.empty(joints), *share.poses()]
    table = PoseTable(np.array(times, np.float64), Poses.concatenate(made, [0] * len(made)))
    wait_s = passed.wait_s * share.time_share
    return ChunkResult(table, passed.errors, wait_s, tuple(share.call_s), tuple(share.call_frames), share.time_share)


def observe_chunk(
    task: ChunkTask,
    frames: FrameSource,
    step: Callable[[Stage], AbstractContextManager[None]],
    observers: Sequence[FrameObserver],
) -> FramePass:
    """Let observers see a chunk where no poses are wanted; as :func:`process_chunk`, without a model.

    Raises:
        InputError: the video can no longer be opened.
    """
    info = task.video.info
    size = max(1, min(_BATCH_FRAMES, _BATCH_BYTES // (info.width * info.height)))
    return _pass_frames(task, frames, step, observers, size, 0, lambda _batch, _own: None)


def _pass_frames(
    task: ChunkTask,
    frames: FrameSource,
    step: Callable[[Stage], AbstractContextManager[None]],
    observers: Sequence[FrameObserver],
    size: int,
    lead_in: int,
    predict: Callable[[FrameBatch, int], None],
) -> FramePass:
    """One pass; ``predict`` gets every batch, and how many of its frames, the last ones, are the chunk's own."""
    wait_s, count = 0.0, 0
    with closing(frames.batches(size, lead_in=lead_in)) as batches:
        while True:
            begin = time.perf_counter()
            with step(frames.stage):
                batch = next(batches, None)
            wait_s += time.perf_counter() - begin
            if batch is None:
                break
            own = sum(timestamp >= task.chunk.start_s for timestamp in batch.timestamps_s)
            count += own
            predict(batch, own)
            if own and observers:
                with step("measure"):
                    for observer in observers:
                        observer.observe(batch.last(own))
    return FramePass(count, frames.errors, wait_s)


@dataclass(slots=True)
class _PoseRecord:
    """What a model has said of a chunk so far, and how long it took."""

    _poses: list[Poses]
    _offsets: list[int] = field(default_factory=lambda: [0])
    _times: list[float] = field(default_factory=list)
    _call_s: list[float] = field(default_factory=list)
    _call_frames: list[int] = field(default_factory=list)
    _before_s: float = 0.0

    def add(self, batch: FrameBatch, own: int, made: list[Poses], seconds: float) -> None:
        count = len(batch.timestamps_s)
        self._poses += made
        self._offsets += [len(self._times) - (count - own)] * len(made)
        self._times += batch.timestamps_s[count - own :]
        if own:
            self._call_s.append(self._before_s + seconds)
            self._call_frames.append(own)
            self._before_s = 0.0
        else:
            self._before_s += seconds

    def result(self, passed: FramePass) -> ChunkResult:
        table = PoseTable(np.array(self._times, np.float64), Poses.concatenate(self._poses, self._offsets))
        return ChunkResult(table, passed.errors, passed.wait_s, tuple(self._call_s), tuple(self._call_frames))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one session sees.

    Attributes:
        first_frame: the first frame that it sees, by its position in the video, or among those that are analysed.
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
    numbers = map(task.video.seen_before, begins)
    return [_Part(*part) for part in zip(numbers, begins_s, starts, [*starts[1:], chunk.end_s], strict=True)]


def _predictions(
    sessions: Sequence[tuple[_Part, PoseSession]], batch: FrameBatch, skipped: frozenset[float]
) -> Iterator[Poses]:
    """What the sessions that see frames of a batch predict for those that are their own, in order.

    Frames at skipped times are not shown to the model.
    """
    for part, session in sessions:
        first, start, end = np.searchsorted(batch.timestamps_s, [part.begin_s, part.start_s, part.end_s]).tolist()
        seen = [place for place in range(first, end) if batch.timestamps_s[place] not in skipped]
        if seen:
            poses = session.predict([batch.images[place] for place in seen])
            poses = replace(poses, frame=np.array(seen, np.int64)[poses.frame])
            yield poses.take(poses.frame >= start)
