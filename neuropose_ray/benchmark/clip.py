"""Decoded frames of a video that several processes share: a file that they map into memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.errors import OutputError, VideoError
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video import VideoInfo, decode_chunk, plan_chunks

#: A clip that cannot hold the whole video is taken from about so many places of it.
_PLACES = 4

Frames = NDArray[np.uint8]
"""Pictures ``(n, height, width, 3)``, RGB."""


@dataclass(frozen=True, slots=True)
class Clip:
    """Raw RGB frames in a file."""

    path: Path
    frames: int
    height: int
    width: int

    def load(self) -> Frames:
        """All frames, read-only, in memory that every process shares."""
        clip = np.asarray(np.memmap(self.path, np.uint8, "r", shape=(self.frames, self.height, self.width, 3)))
        clip.reshape(-1)[:: os.sysconf("SC_PAGE_SIZE")].sum()  # every page is mapped before anything is timed
        return clip


def write_clip(info: VideoInfo, path: Path, settings: BenchmarkSettings) -> Clip:
    """Decode a video into a clip, or so much of it as the settings allow, from several parts of it.

    Raises:
        InputError: the video cannot be decoded.
        OutputError: the file cannot be written.
    """
    frame_bytes = info.width * info.height * 3
    most = max(1, min(settings.clip_frames, settings.clip_bytes // frame_bytes))
    count = 0
    try:
        with path.open("wb") as file:
            for frame in _frames(info, most):
                file.write(frame.data)
                count += 1
            file.flush()
            os.fsync(file.fileno())  # or the system would write it back while something is measured
    except OSError as error:
        hint = "set TMPDIR to a folder with more space"
        raise OutputError(error.strerror or str(error), where=str(path), hint=hint) from error
    if not count:
        raise VideoError("no frame could be decoded", where=str(info.source.path))
    return Clip(path, count, info.height, info.width)


def rounds(clip: Frames, first: int, count: int, size: int) -> Iterator[Frames]:
    """``count`` frames from position ``first`` on in batches of at most ``size``; after the end comes the start."""
    position = first % len(clip)
    while count > 0:
        batch = clip[position : position + min(size, count)]
        yield batch
        count -= len(batch)
        position = (position + len(batch)) % len(clip)


def _frames(info: VideoInfo, most: int) -> Iterator[Frame]:
    chunks = plan_chunks(info, -(-info.frame_count // _PLACES))
    frames_per_chunk = None if info.frame_count <= most else max(1, most // len(chunks))
    for chunk in chunks:
        for decoded in islice(decode_chunk(info, chunk), frames_per_chunk):
            yield decoded.image
