"""Cutting a video into chunks: a pure function of what the container promises, the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.video.settings import VideoSettings
from neuropose_ray.video.timeline import REPEAT_STEP_S
from neuropose_ray.video.types import Chunk, VideoInfo

# A border may leave its even place for a keyframe by this part of a chunk, at most ...
_LARGEST_SHIFT = 0.5
# ... and by this part times the number of chunks where they are few: two workers then wait for each other for less
# than a twentieth of the time, while a start inside a group of pictures costs about as little.
_SHIFT_PER_CHUNK = 1 / 80
# Frames decoded only to reach borders inside groups of pictures, at most, in lengths of the video: decoding is much
# cheaper than inference, but an hour with one keyframe must not be decoded a hundred times.
_LEAD_IN_LIMIT = 4


def plan_chunks(info: VideoInfo, target_frames: int = VideoSettings().chunk_frames) -> tuple[Chunk, ...]:
    """Divide a video into nearly even chunks that start at a keyframe where one is near.

    The number of chunks is even where it is more than one, so that two workers get equal work, and smaller than
    ``target_frames`` asks for where keyframes are so rare that most of the work would be reaching the borders.

    Args:
        info: a probed video of at least one frame.
        target_frames: frames that a chunk should have at most, apart from what a border gains by moving.

    Returns:
        Chunks that follow each other without gap from minus to plus infinity; every promised frame is in one.
    """
    frames, separable = info.frame_count, _separable_frames(info.timestamps_s)
    count = _even_number(math.ceil(frames / target_frames), frames)
    borders = _borders(info, separable, count)
    while (lead_in := _lead_in(info, borders)) > _LEAD_IN_LIMIT * frames:
        count = _even_number(count * _LEAD_IN_LIMIT * frames // lead_in - 1, count - 1)
        borders = _borders(info, separable, count)
    first = [0, *borders.tolist()]
    last = [*borders.tolist(), frames]
    starts = [-math.inf, *info.timestamps_s[borders].tolist(), math.inf]
    return tuple(
        Chunk(index, starts[index], starts[index + 1], start, end - start)
        for index, (start, end) in enumerate(zip(first, last, strict=True))
    )


def merge_chunks(parts: Sequence[Chunk], target_frames: int) -> tuple[Chunk, ...]:
    """Merge consecutive chunks into nearly even, longer ones; none is shorter than a part.

    Args:
        parts: the chunks of a whole video, in order.
        target_frames: frames that a chunk should have, about.
    """
    frames = sum(part.frames for part in parts)
    count = _even_number(math.ceil(frames / target_frames), len(parts))
    even = np.round(np.arange(1, count) * frames / count).astype(np.int64)
    starts = np.array([part.first_frame for part in parts], np.int64)
    firsts = np.flatnonzero(np.isin(starts, [0, *_nearest(starts, even).tolist()])) if count < len(parts) else None
    return tuple(parts) if firsts is None else tuple(_merged(parts, firsts.tolist()))


def _merged(parts: Sequence[Chunk], firsts: Sequence[int]) -> Iterator[Chunk]:
    """The chunks that begin with the parts at these positions."""
    for index, (first, last) in enumerate(zip(firsts, [*firsts[1:], len(parts)], strict=True)):
        frames = sum(part.frames for part in parts[first:last])
        yield Chunk(index, parts[first].start_s, parts[last - 1].end_s, parts[first].first_frame, frames)


def _even_number(count: int, limit: int) -> int:
    return max(1, min(count + count % 2 if count > 1 else 1, limit))


def _borders(info: VideoInfo, separable: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """First frames of all chunks but the first, ascending; fewer than ``count - 1`` where times repeat."""
    even = np.round(np.arange(1, count) * info.frame_count / count).astype(np.int64)
    shift = min(_LARGEST_SHIFT, count * _SHIFT_PER_CHUNK) * info.frame_count / count
    nearest = _nearest(info.keyframes, even)
    return np.intersect1d(np.where(np.abs(nearest - even) <= shift, nearest, even), separable)


def _nearest(keyframes: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
    after = np.clip(np.searchsorted(keyframes, frames), 1, max(1, len(keyframes) - 1))
    left, right = keyframes[after - 1], keyframes[np.minimum(after, len(keyframes) - 1)]
    return np.where(frames - left <= right - frames, left, right)


def _separable_frames(timestamps_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """Frames that a border in time can separate from the one before; a repeated time cannot."""
    return 1 + np.flatnonzero(np.diff(timestamps_s) > 2 * REPEAT_STEP_S)


def _lead_in(info: VideoInfo, borders: NDArray[np.int64]) -> int:
    """Frames to be decoded and dropped before the borders."""
    keys = info.keyframes[np.searchsorted(info.keyframes, borders, side="right") - 1]
    return int((borders - keys).sum())
