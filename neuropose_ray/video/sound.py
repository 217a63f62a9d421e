"""The sound of a video file, for a copy of the video that may begin and end with other frames."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, cast

from neuropose_ray.video.container import DecodeErrors, open_container, picture_stream, read_packets
from neuropose_ray.video.timeline import PacketClock, Timeline
from neuropose_ray.video.types import VideoInfo, VideoSource

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# What every browser plays out of MP4 is copied, all else encoded anew.
_COPIED_CODECS = frozenset({"aac", "mp3"})
_BIT_RATE = 160_000
# Sampling rates that AAC has; others become the last one.
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 88200, 96000, 48000)
# Samples of a packet where the codec does not say; only the clock's mending after a restart needs it.
_USUAL_PACKET = 1024


def has_sound(source: VideoSource) -> bool:
    """Whether there is sound that :func:`open_sound` can give.

    Raises:
        InputNotFoundError: there is no such file.
        VideoError: it cannot be opened.
    """
    if source.kind == "images":
        return False
    with open_container(source.path) as container:
        return _sound_stream(container) is not None


@contextmanager
def open_sound(info: VideoInfo) -> Iterator[Sound | None]:
    """The sound of a video, None where there is none; to be used once, inside the block.

    Raises:
        InputNotFoundError: the video is no longer there.
        VideoError: it can no longer be opened.
    """
    if info.source.kind == "images":
        yield None
        return
    with open_container(info.source.path) as container:
        stream = _sound_stream(container)
        if stream is None:
            yield None
            return
        pictures = Timeline.of(container, picture_stream(container, info.stream_index))
        # Times of frames count from the first picture, those of sound from the same zero of the container.
        begin_s = Fraction(0) if pictures.by_order else info.first_tick * pictures.time_base
        yield Sound(container, stream, begin_s)


class Sound:
    """Sound that is read as far as the pictures of its file are written.

    AAC and MP3 are copied bit by bit, all else becomes AAC. Damaged packets are passed over. What sounds before
    the first picture is left out by the packet, some 20 ms, and the rest keeps its time to the sample.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, begin_s: Fraction) -> None:
        """Nothing is read yet.

        Args:
            container: the source.
            stream: one of its streams.
            begin_s: the container's time at which the presentation begins.
        """
        self._stream = stream
        self._begin_s = begin_s
        self._copied = stream.codec_context.codec.canonical_name in _COPIED_CODECS
        packets = _timed_packets(container, stream)
        self._pieces: Iterator[Packet[AudioStream] | AudioFrame] = packets if self._copied else _decoded(packets)
        self._output: OutputContainer
        self._track: AudioStream

    def add_to(self, output: OutputContainer) -> None:
        """Make the stream into which it will be written, before anything is."""
        self._output = output
        if self._copied:
            self._track = output.add_stream_from_template(self._stream)
            return
        source = self._stream.codec_context
        rate = source.sample_rate if source.sample_rate in _AAC_RATES else _AAC_RATES[-1]
        self._track = output.add_stream("aac", rate=rate)
        self._track.codec_context.layout = "mono" if source.channels == 1 else "stereo"
        self._track.codec_context.bit_rate = _BIT_RATE

    def write_until(self, end_s: float, *, start_s: float) -> None:
        """Write what begins before a time.

        Args:
            end_s: presentation time of the source.
            start_s: that of the first picture of the output.
        """
        import av

        for piece in self._pieces:
            base = piece.time_base
            if piece.pts is None or base is None:
                continue
            if piece.pts * base - self._begin_s >= end_s:
                self._pieces = chain([piece], self._pieces)
                return
            ticks = piece.pts - round((self._begin_s + Fraction(start_s)) / base)
            if ticks < 0:
                continue
            if isinstance(piece, av.Packet):
                piece.pts = piece.dts = ticks
                piece.stream = self._track
                self._output.mux(piece)
            else:
                piece.pts = ticks
                self._output.mux(self._track.encode(piece))

    def finish(self) -> None:
        """Write what the encoder holds back."""
        if not self._copied:
            self._output.mux(self._track.encode(None))


def _sound_stream(container: InputContainer) -> AudioStream | None:
    """The first one that can be decoded."""
    return next((stream for stream in container.streams.audio if stream.codec_context is not None), None)


def _timed_packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """The packets that are heard, with times that never run backwards, as those of the pictures do not."""
    context = stream.codec_context
    rate = Fraction(context.sample_rate or 48_000, context.frame_size or _USUAL_PACKET)
    clock = PacketClock(Timeline(stream.start_time or 0, stream.time_base or 1 / rate, rate, by_order=False))
    last = None
    # Packets of pictures and of sound are read and timed alike; only the types know of pictures alone.
    for packet in read_packets(container, cast("VideoStream", stream), DecodeErrors()):
        if not packet.size:
            continue
        ticks = clock.stamp(packet)
        if not packet.is_discard and (last is None or ticks > last):
            last = ticks
            yield cast("Packet[AudioStream]", packet)


def _decoded(packets: Iterator[Packet[AudioStream]]) -> Iterator[AudioFrame]:
    import av

    for packet in packets:
        try:
            yield from packet.decode()
        except av.FFmpegError:
            continue
