"""A chunk of a video in, the poses of the people in it out. Every engine calls this."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

import numpy as np

from neuropose_ray.errors import DecodeError
from neuropose_ray.models.protocol import PoseModel
from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.video.ahead import ahead
from neuropose_ray.video.decode import ChunkDecoder


class StoppedError(Exception):
    """The run was interrupted; the chunk is to be done another time."""


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What a chunk gave.

    Attributes:
        table: every frame that could be decoded, and the people in it.
        errors: what could not be decoded.
        wait_s: seconds that the model waited for frames.
        call_s: seconds of each call of the model.
        call_frames: frames of each call.
    """

    table: PoseTable
    errors: tuple[DecodeError, ...]
    wait_s: float
    call_s: tuple[float, ...]
    call_frames: tuple[int, ...]


def process_chunk(
    model: PoseModel, task: ChunkTask, *, decode_threads: int, should_stop: Callable[[], bool]
) -> ChunkResult:
    """Decode a chunk ahead of the model, and let the model see it from its first frame to its last.

    Args:
        model: a loaded model, used by this call alone meanwhile.
        task: which chunk.
        decode_threads: threads of the decoder.
        should_stop: asked between two calls of the model.

    Raises:
        InputError: the video can no longer be opened.
        ModelError: the model failed.
        StoppedError: ``should_stop`` said so.
    """
    session = model.session(task.video.camera)
    decoder = ChunkDecoder(task.video.info, task.chunk, threads=decode_threads)
    times: list[float] = []
    parts, offsets = [Poses.empty(len(model.info.skeleton))], [0]
    wait_s, call_s, call_frames = 0.0, [], []
    with closing(ahead(decoder.frames(), depth=2 * model.batch_size)) as frames:
        while True:
            begin = time.perf_counter()
            batch = list(islice(frames, model.batch_size))
            decoded = time.perf_counter()
            wait_s += decoded - begin
            if not batch:
                break
            if should_stop():
                raise StoppedError
            parts.append(session.predict([frame.image for frame in batch]))
            offsets.append(len(times))
            times += [frame.timestamp_s for frame in batch]
            call_s.append(time.perf_counter() - decoded)
            call_frames.append(len(batch))
    table = PoseTable(np.array(times, np.float64), Poses.concatenate(parts, offsets))
    return ChunkResult(table, decoder.errors, wait_s, tuple(call_s), tuple(call_frames))
