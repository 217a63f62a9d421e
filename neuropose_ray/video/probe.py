"""What a video holds, found by reading its packets: one picture is decoded, for its size and orientation."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import VideoError
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.video.container import DecodeErrors, open_container, picture_stream, picture_streams, read_packets
from neuropose_ray.video.fields import FieldPairs, is_shown
from neuropose_ray.video.images import image_files, images_sha256, probe_images
from neuropose_ray.video.orientation import Orientation
from neuropose_ray.video.sources import list_images
from neuropose_ray.video.timeline import PacketClock, Timeline, strictly_after
from neuropose_ray.video.truncation import count_lost_frames
from neuropose_ray.video.types import VideoInfo, VideoSource

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Distances of frames that differ by more than this factor are told to the user as a variable frame rate.
_STEADY_RATIO = 1.5
# Pixel shapes nearer to square than this are an encoder's rounding, not anamorphic video.
_SQUARE_TOLERANCE = 0.01


def probe(source: VideoSource) -> VideoInfo:
    """Read a video through once without decoding it: times, keyframes, orientation, digest.

    Raises:
        InputNotFoundError: there is nothing at the source's path.
        VideoError: it cannot be read, holds no moving pictures, or not one of them can be decoded.
    """
    return probe_images(source) if source.kind == "images" else _probe_file(source)


def content_sha256(source: VideoSource) -> str:
    """Digest of a video's content, the one of :class:`VideoInfo`.

    Raises:
        InputNotFoundError: there is nothing at the source's path.
        VideoError: it cannot be read.
    """
    return images_sha256(image_files(list_images(source.path))) if source.kind == "images" else _digest(source.path)


@dataclass(frozen=True, slots=True)
class _Packets:
    """Presentation ticks of the packets that are shown, in file order, and what was odd about them.

    Attributes:
        ticks, is_keyframe: ``(packets,)``.
        is_second: ``(packets,)``, whether it would be the second field of an interlaced picture.
        cut_off: packets that an edit list hides.
        total: packets of the stream, also those that are hidden or never shown.
        clock: it stamped them.
        unreadable: places that the demuxer could not read.
    """

    ticks: NDArray[np.int64]
    is_keyframe: NDArray[np.bool_]
    is_second: NDArray[np.bool_]
    cut_off: int
    total: int
    clock: PacketClock
    unreadable: int

    @property
    def timed_by_container(self) -> bool:
        """Whether a packet's time is known without the packets before it."""
        return self.clock.missing == 0 and self.clock.restarts == 0

    def joined(self) -> _Packets:
        """The packets with two fields as one."""
        return replace(self, ticks=self.ticks[~self.is_second], is_keyframe=self.is_keyframe[~self.is_second])


def _probe_file(source: VideoSource) -> VideoInfo:
    where = str(source.path)
    with open_container(source.path) as container:
        streams = picture_streams(container)
        if not streams:
            what = "there is sound in this file but no picture" if container.streams.audio else "there is no picture"
            raise VideoError(what, where=where, hint="give a file with moving pictures")
        stream = streams[0]
        timeline = Timeline.of(container, stream)
        packets = _read(container, stream, timeline)
        if not len(packets.ticks):
            raise VideoError("not one frame is in this file", where=where, hint="copy or record it again")
        picture = _first_picture(source.path, stream.index)
        # Only pictures that are interlaced can have come in two fields.
        field_coded = bool(picture.interlaced_frame) and bool(packets.is_second.any())
        last_tick = int(packets.ticks.max())
        if field_coded:
            packets, timeline = packets.joined(), timeline.of_fields(stream)
        first_tick = int(packets.ticks.min())
        times, keyframes = _times(timeline.starting_at(first_tick), packets)
        lost = count_lost_frames(
            container, stream, timeline, packets.ticks, packets.total, last_tick, field_coded=field_coded
        )
        notes = [*_stream_notes(streams), *_time_notes(timeline, packets, times, stream.frames, lost)]
        aspect, codec, index = _pixel_aspect(stream), stream.codec_context.codec.canonical_name, stream.index
    orientation = _orientation(picture, where)
    width, height = orientation.size(round(picture.width * aspect), picture.height)
    return VideoInfo(
        source=source, width=width, height=height, rotation_degrees=orientation.degrees, codec=codec,
        stream_index=index, timestamps_s=times, keyframes=keyframes, sha256=_digest(source.path),
        notes=(*notes, *_picture_notes(picture, aspect)), first_tick=first_tick, field_coded=field_coded,
        lost_frames=lost,
    )  # fmt: skip


def _read(container: InputContainer, stream: VideoStream, timeline: Timeline) -> _Packets:
    """Every packet of the stream; numbers alone are kept, so that hours of video fit."""
    clock, errors = PacketClock(timeline), DecodeErrors()
    pairs, codec = FieldPairs(stream, timeline), stream.codec_context.codec.canonical_name
    ticks, keys, seconds, cut_off, total = array("q"), array("b"), array("b"), 0, 0
    for packet in read_packets(container, stream, errors):
        if not packet.size:
            continue
        total += 1
        tick = clock.stamp(packet)
        if not is_shown(packet, codec):
            continue
        is_second = pairs.is_second(packet, tick)
        if packet.is_discard:  # before or behind what an edit list shows
            cut_off += 1
            continue
        ticks.append(tick)
        keys.append(packet.is_keyframe)
        seconds.append(is_second)
    return _Packets(
        np.array(ticks, np.int64), np.array(keys, np.bool_), np.array(seconds, np.bool_), cut_off,
        total, clock, errors.packets,
    )  # fmt: skip


def _times(timeline: Timeline, packets: _Packets) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ascending times of the frames, and the places where decoding can start."""
    if timeline.by_order:
        places = range(len(packets.ticks))
        return np.array([timeline.seconds_at_position(packet) for packet in places]), np.zeros(1, np.int64)
    order = np.argsort(packets.ticks, kind="stable")
    times = np.fromiter(_ascending(timeline, packets.ticks[order].tolist()), np.float64, len(order))
    # A clock that needs mending can be followed from the start of the file alone.
    keys = np.flatnonzero(packets.is_keyframe[order]) if packets.timed_by_container else np.zeros(0, np.int64)
    return times, np.union1d([0], keys).astype(np.int64)


def _ascending(timeline: Timeline, ticks: Sequence[int]) -> Iterator[float]:
    last = -np.inf
    for tick in ticks:
        last = strictly_after(timeline.seconds(tick), last)
        yield last


def _first_picture(path: Path, stream_index: int) -> VideoFrame:
    """The first picture that decodes, shown or not.

    The display matrix reaches a reader only on decoded frames.

    Raises:
        VideoError: none does.
    """
    import av

    errors = DecodeErrors()
    with open_container(path) as container:
        stream = picture_stream(container, stream_index)
        stream.codec_context.thread_count = 1
        for packet in read_packets(container, stream, errors):
            try:
                # A copy of the bytes alone has lost the flag by which an edit list hides the first pictures.
                frames = stream.codec_context.decode(av.Packet(bytes(packet)) if packet.size else None)
            except av.FFmpegError as error:
                errors.add(error)
                continue
            if frames:
                return frames[0]
    raise VideoError(
        f"not one frame can be decoded ({errors.reason or 'no picture data'})",
        where=str(path),
        hint="the file is damaged or of a codec that is not supported; convert it to H.264",
    )


def _orientation(picture: VideoFrame, where: str) -> Orientation:
    import av

    try:
        return Orientation.of(picture)
    except av.FFmpegError as error:
        what = f"pictures of the kind {picture.format.name} cannot be shown ({error.strerror})"
        raise VideoError(what, where=where, hint="convert the video to H.264") from error


def _pixel_aspect(stream: VideoStream) -> float:
    """Width of a pixel over its height."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if abs(aspect - 1) > _SQUARE_TOLERANCE else 1.0


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise VideoError(f"the file cannot be read ({error.strerror})", where=str(path)) from error


def _stream_notes(streams: list[VideoStream]) -> Iterator[str]:
    if len(streams) > 1:
        best = streams[0]
        yield f"{len(streams)} picture streams; the largest is used: stream {best.index}, {best.width}x{best.height}."


def _time_notes(
    timeline: Timeline, packets: _Packets, times: NDArray[np.float64], header_frames: int, lost: int
) -> Iterator[str]:
    shown = len(times)
    if lost:
        yield f"The file is cut short: its header promises {shown + lost} frames; {shown} are in the file."
    elif header_frames and (header_frames != packets.total or packets.cut_off):
        cut = f", {packets.cut_off} more are cut off by an edit list" if packets.cut_off else ""
        yield f"The header says {header_frames} frames; {shown} are in the file{cut}."
    if packets.unreadable:
        yield f"The container is damaged: {packets.unreadable} places cannot be read."
    if timeline.by_order:
        yield f"The container keeps no presentation times; frames count at {float(timeline.rate):g} a second."
    elif packets.clock.missing:
        yield f"{packets.clock.missing} frames have no presentation time; it is taken from their order."
    if packets.clock.restarts:
        yield f"The clock restarts {packets.clock.restarts} times; the parts are put one after the other."
    steps = np.diff(times)
    if repeats := int((packets.clock.missing == 0) * np.count_nonzero(np.diff(np.sort(packets.ticks)) == 0)):
        yield f"{repeats} frames repeat the time of the frame before."
    elif shown > 2 and steps.max() > _STEADY_RATIO * steps.min():
        yield f"The frame rate varies: {steps.min() * 1e3:.1f} to {steps.max() * 1e3:.1f} ms between frames."


def _picture_notes(picture: VideoFrame, aspect: float) -> Iterator[str]:
    if aspect != 1.0:
        yield f"Pixels are not square ({aspect:.3f} wide); pictures are stretched to their true shape."
    if picture.interlaced_frame:
        yield "The video is interlaced: moving edges look like combs; deinterlace it for the best results."
