"""A copy of a video with the poses and what was measured drawn into it, and faces hidden if wanted."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray import machine
from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.render.colours import Ink
from neuropose_ray.render.overlay.measurements import Measure, measure_nothing
from neuropose_ray.render.overlay.painter import Painter
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.reading import read_table
from neuropose_ray.video import (
    Chunk,
    DecodedFrame,
    PixelBuffer,
    VideoInfo,
    VideoSource,
    VideoWriter,
    WriterSettings,
    YUVMatrix,
    decode_chunk,
    open_sound,
    planes_of,
    prefetch,
    probe,
)

#: Told of frames done and frames in all.
Progress = Callable[[int, int], None]

# Times of a frame that differ by less are the same one: far below the distance of frames, far above rounding.
_SAME_TIME_S = 1e-4
# Frames that wait between two steps: enough to ride out a slow one.
_AHEAD = 4
# More threads than that split a picture too finely to gain, and each holds frames.
_MOST_THREADS = 16


def render_overlay(
    source: VideoSource,
    predictions: Path,
    out: Path,
    *,
    settings: OverlaySettings,
    progress: Progress,
    measure: Measure = measure_nothing,
) -> int:
    """Write a video's overlay as H.264 with the video's own times, also where these are uneven.

    It shows the frames that the predictions know and no others, so that no frame passes that nobody looked at for
    faces. Frames that cannot be decoded again are left out. Pictures are worked one by one, whatever the length.

    Args:
        source: the video that the predictions were made from.
        predictions: the file of its predictions.
        out: the MP4 to be made or replaced.
        settings: what is shown and hidden.
        progress: told of every frame.
        measure: what is written at the joints and counted.

    Returns:
        How many frames were written.

    Raises:
        InputError: video or predictions are not there, cannot be read, or do not belong together; or faces cannot be
            hidden, since the skeleton has no head.
        OutputError: no space, no permission, or ``out`` is one of the inputs.
    """
    table, header = read_table(predictions)
    info = probe(source)
    _require_same_video(info, table, header)
    if out.resolve() in (source.path.resolve(), predictions.resolve()):
        raise OutputError("the overlay would replace what it is made from", where=str(out), hint="write elsewhere")
    painter = Painter(table, header, settings, measure(table, header))
    written = 0
    even = (info.width // 2 * 2, info.height // 2 * 2)
    width, height = painter.size(*even)
    # Decoding, drawing and encoding, each in threads of its own.
    with (
        open_sound(info) if settings.sound else nullcontext() as sound,
        VideoWriter(out, width=width, height=height, settings=encoding_of(settings), sound=sound) as writer,
        closing(prefetch(_painted(info, table.timestamps_s, painter, PixelBuffer(*even[::-1])), _AHEAD)) as painted,
    ):
        for frame in painted:
            writer.write_planes(frame.planes, frame.matrix, frame.timestamp_s)
            written += 1
            progress(written, table.frame_count)
    return written


def _painted(
    info: VideoInfo, times_s: NDArray[np.float64], painter: Painter, buffer: PixelBuffer
) -> Generator[DecodedFrame, None, None]:
    """The frames that have one of these times, painted."""
    whole_video = Chunk(0, -np.inf, np.inf, 0, info.frame_count)
    painters = {matrix: painter.with_ink(Ink(matrix)) for matrix in YUVMatrix}
    with closing(prefetch(decode_chunk(info, whole_video, pictures="planes"), _AHEAD)) as decoded:
        for index, frame in matched(decoded, times_s):
            painter = painters[frame.matrix]
            parts = painter.parts(buffer.pixels, index)
            painted = painter.paint(buffer.filled(frame.planes, parts), index)
            planes = frame.planes if painted is buffer.pixels else None
            yield replace(frame, planes=planes_of(painted, planes, parts))


def encoding_of(settings: OverlaySettings) -> WriterSettings:
    """How overlays are encoded on this machine."""
    cores = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
    threads = settings.encoder_threads or min(cores, _MOST_THREADS)
    return WriterSettings(preset=settings.encoder_preset, crf=settings.encoder_crf, threads=threads)


def matched(decoded: Iterable[DecodedFrame], times_s: NDArray[np.float64]) -> Iterator[tuple[int, DecodedFrame]]:
    """The frames that have one of these times, in order, with the position of it; every position comes once at most.

    Args:
        decoded: frames with ascending times.
        times_s: ``(n,)`` seconds, ascending.
    """
    position = 0
    for frame in decoded:
        while position < len(times_s) and times_s[position] < frame.timestamp_s - _SAME_TIME_S:
            position += 1
        if position < len(times_s) and times_s[position] <= frame.timestamp_s + _SAME_TIME_S:
            yield position, frame
            position += 1
        if position == len(times_s):
            return


def _require_same_video(info: VideoInfo, table: PoseTable, header: PredictionsHeader) -> None:
    """Refuse another video than that of the predictions: its people, and faces, would be elsewhere."""
    where, metadata = str(info.source.path), header.metadata
    known_digest = header.provenance and header.provenance.video_sha256
    if (known_digest or info.sha256) != info.sha256 or (info.width, info.height) != (metadata.width, metadata.height):
        name = f" ({metadata.filename})" if metadata.filename else ""
        raise InputError(
            f"this is not the video that the predictions were made from{name}", where=where, hint="give that one"
        )
    positions = np.searchsorted(info.timestamps_s, table.timestamps_s - _SAME_TIME_S)
    nearest = info.timestamps_s[np.minimum(positions, info.frame_count - 1)]
    if not table.frame_count or (np.abs(nearest - table.timestamps_s) > _SAME_TIME_S).any():
        raise InputError(
            "its frames have other times than those of the predictions",
            where=where,
            hint="give --fps as it was given to process" if info.source.kind == "images" else "process it again",
        )
