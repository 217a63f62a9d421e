"""Reading a picture stream from one of its keyframes on: decoded pictures with their presentation times."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.video.container import DecodeErrors, open_container, picture_stream, read_packets
from neuropose_ray.video.fields import FieldPairs
from neuropose_ray.video.timeline import PacketClock, Timeline, strictly_after
from neuropose_ray.video.types import Chunk, VideoInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# How far before a keyframe a seek is tried: containers without an index land behind the time asked for.
_SEEK_BACK_S = (0.0, 2.0, 20.0)
# Decoders that decide by packet, when it comes in, whether to skip it; others skip pictures that are wanted.
_SKIPPING_CODECS = frozenset({"h264", "hevc"})


class PictureReader:
    """Decoder of a stream from a keyframe on.

    Args:
        info: the probed video.
        chunk: errors in it are kept.
        keyframe: the position among ``info.timestamps_s`` to start at, one of ``info.keyframes``.
        threads: threads of the decoder.
        wanted_from_s: pictures before it need not be given where others do not depend on them.

    Attributes:
        decode_errors: packets that could not be read, or are of the chunk and could not be decoded.
    """

    def __init__(self, info: VideoInfo, chunk: Chunk, *, keyframe: int, threads: int, wanted_from_s: float) -> None:
        self._info = info
        self._keyframe = keyframe
        self._chunk = chunk
        self._threads = threads
        self._wanted_from_s = wanted_from_s
        self.decode_errors = DecodeErrors()

    def pictures(self) -> Generator[tuple[float, VideoFrame], None, None]:
        """Presentation time in seconds and picture, in the order of display, up to the end of the stream.

        Raises:
            InputNotFoundError: the video is no longer there.
            VideoError: it can no longer be opened.
        """
        if self._keyframe:
            with open_container(self._info.source.path) as container:
                stream = picture_stream(container, self._info.stream_index)
                timeline = Timeline.of(container, stream)
                packets = self._packets_from_keyframe(container, stream, timeline)
                if packets is not None:
                    yield from self._decode(stream, timeline, packets)
                    return
        with open_container(self._info.source.path) as container:
            stream = picture_stream(container, self._info.stream_index)
            # Packets are stamped as probing stamped them; seconds count from the first frame.
            timeline = Timeline.of(container, stream)
            yield from self._decode(stream, timeline, read_packets(container, stream, self.decode_errors))

    def _packets_from_keyframe(
        self, container: InputContainer, stream: VideoStream, timeline: Timeline
    ) -> Iterator[Packet[VideoStream]] | None:
        """Packets with the keyframe's first, None where no seek leads to it."""
        import av

        wanted = timeline.starting_at(self._info.first_tick).ticks(float(self._info.timestamps_s[self._keyframe]))
        for back_s in _SEEK_BACK_S:
            try:
                container.seek(wanted - round(back_s / timeline.time_base), stream=stream)
            except av.FFmpegError:
                return None
            packets = read_packets(container, stream, self.decode_errors)
            for packet in packets:
                if packet.is_keyframe and packet.pts == wanted:
                    return chain([packet], packets)
                if packet.dts is not None and packet.dts > wanted:
                    break
        return None

    def _decode(
        self, stream: VideoStream, timeline: Timeline, packets: Iterator[Packet[VideoStream]]
    ) -> Iterator[tuple[float, VideoFrame]]:
        import av

        decoder = stream.codec_context
        decoder.thread_count = self._threads
        decoder.thread_type = "AUTO" if self._threads > 1 else "SLICE"
        may_skip = decoder.codec.canonical_name in _SKIPPING_CODECS and not timeline.by_order
        clock, pairs = PacketClock(timeline), FieldPairs(stream, timeline)
        if self._info.field_coded:
            timeline = timeline.of_fields(stream)
        timeline = timeline.starting_at(self._info.first_tick)
        packet_count, picture_count, due_s, last_s = 0, 0, -np.inf, -np.inf
        for packet in packets:
            if packet.size:
                tick = clock.stamp(packet)
                # A second field is due when its first is.
                if not (self._info.field_coded and pairs.is_second(packet, tick)):
                    due_s = (
                        timeline.seconds_at_position(packet_count) if timeline.by_order else timeline.seconds(tick)
                    )
                    packet_count += 1
            # What no other picture refers to need not be decoded on the way to the first that is wanted.
            skippable = may_skip and due_s < self._wanted_from_s
            decoder.skip_frame = "NONREF" if skippable else "DEFAULT"
            try:
                pictures = packet.decode()
            except av.FFmpegError as error:
                if self._chunk.start_s <= due_s < self._chunk.end_s:
                    self.decode_errors.add(error)
                continue
            for picture in pictures:
                if timeline.by_order:
                    time_s = timeline.seconds_at_position(picture_count)
                else:
                    time_s = last_s if picture.pts is None else timeline.seconds(picture.pts)
                last_s = strictly_after(time_s, last_s)
                picture_count += 1
                yield last_s, picture
