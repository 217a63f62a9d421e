"""Frames of which no poses are wanted, as curation found that they show nothing new."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.pipeline.planning.plan import VideoPlan, digest_of
from neuropose_ray.schemas.frame_table import FRAMES_FILE, FrameFlag, read_frames

#: Of frames that move, none is skipped so many seconds after the last that was not: in the next repetition of a
#: movement people look as in the one before, and their ids and their motion need poses in between.
LONGEST_HOLE_S = 0.25


def skipped_times(
    folder: Path, flags: Collection[FrameFlag], is_analysed: Callable[[float], bool] = lambda _time_s: True
) -> tuple[float, ...]:
    """The times of the frames of a video that have one of the flags, but for those that are needed all the same.

    Of frames in a row that are idle the first is; of near-duplicates in which something moves one at least every
    :data:`LONGEST_HOLE_S`.

    Args:
        folder: of the video; without a table of frames none is skipped.
        flags: for which frames are skipped.
        is_analysed: whether poses are looked for at a time at all.
    """
    try:
        table, _ = read_frames(folder / FRAMES_FILE)
    except NeuroposeRayError:
        return ()
    times, was_idle, seen_s = [], False, -math.inf
    for time_s, found in zip(table["timestamp_s"].to_pylist(), table["flags"].to_pylist(), strict=True):
        is_idle = FrameFlag.IDLE.value in found
        begins = is_idle and not was_idle
        wanted = any(flag.value in found for flag in flags if not (begins and flag is FrameFlag.IDLE))
        if wanted and (is_idle or time_s - seen_s < LONGEST_HOLE_S):
            times.append(time_s)
        elif is_analysed(time_s):
            seen_s = time_s
        was_idle = is_idle
    return tuple(times)


def without(plan: VideoPlan, times_s: tuple[float, ...]) -> VideoPlan:
    """The plan of a video in which no poses are looked for at some times; chunks without any of them keep their key.

    Args:
        plan: of the video.
        times_s: presentation times, ascending.
    """
    keys = []
    for chunk, key in zip(plan.chunks, plan.keys, strict=True):
        inside = [time_s for time_s in times_s if chunk.start_s <= time_s < chunk.end_s]
        keys.append(digest_of(key, "skipped", *map(repr, inside)) if inside else key)
    return replace(plan, keys=tuple(keys), skipped_s=times_s)
