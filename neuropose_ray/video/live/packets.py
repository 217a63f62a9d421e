"""The last seconds of a stream as it came, encoded, and clips of them: nothing is encoded anew."""

from __future__ import annotations

import io
import math
import threading
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.live import CLIP_BYTES
from neuropose_ray.video.live.types import ClipInfo

if TYPE_CHECKING:
    from av.packet import Packet
    from av.stream import Stream

_CLOCK_HZ = 90_000
#: Codec -> the demuxer of its bare stream, which reads from a keyframe what a container's header must hold.
_BARE_FORMATS = {"h264": "h264", "hevc": "hevc", "mjpeg": "mjpeg", "mpeg4": "m4v"}
# A stream without keyframes must not be kept for longer than it has to: 64 MiB are a minute at 8 Mbit/s.
_MOST_BYTES_PER_S = 8 << 20
# That a packet takes beside its data: many small ones must not be kept for ever either.
_PACKET_BYTES = 256


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """One encoded picture.

    Attributes:
        data: as it came; of H.264 and HEVC with start codes (ITU-T H.264, annex B).
        pts_s, dts_s: presentation and decoding time, in seconds of one clock.
        is_keyframe: whether decoding can begin with it.
        arrived_at: Unix seconds.
    """

    data: bytes
    pts_s: float
    dts_s: float
    is_keyframe: bool
    arrived_at: float


class PacketRing:
    """Packets of the last seconds, from a keyframe on. Thread-safe.

    Args:
        seconds: that are kept; a keyframe before them too, since decoding begins there.
        most_bytes: that are kept, however few seconds they are.
    """

    def __init__(self, seconds: float, most_bytes: int = CLIP_BYTES) -> None:
        self._seconds, self._most_bytes = seconds, min(most_bytes, math.ceil(seconds * _MOST_BYTES_PER_S))
        self._is_cut = False
        self._packets: deque[EncodedPacket] = deque()
        self._bytes = 0
        self._codec, self._header = "", b""
        self._lock = threading.Lock()

    @property
    def kept_s(self) -> float:
        """Seconds that are kept now."""
        with self._lock:
            return self._packets[-1].arrived_at - self._packets[0].arrived_at if self._packets else 0.0

    @property
    def limit(self) -> str | None:
        """One line on why fewer seconds are kept than were asked for; None where they are kept, or will be soon."""
        if not self._is_cut:
            return None
        return (
            f"clips reach back {self.kept_s:.0f} s and not {self._seconds:g}: no more than "
            f"{self._most_bytes / (1 << 20):g} MiB of a stream are kept"
        )

    def begin(self, codec: str, header: bytes) -> None:
        """A new connection: its packets do not continue those before.

        Args:
            codec: name of the codec.
            header: parameter sets that came apart from the packets.
        """
        with self._lock:
            self._codec, self._header = codec, header
            self._packets.clear()
            self._bytes, self._is_cut = 0, False

    def add(self, packet: EncodedPacket) -> None:
        """Keep a packet, and drop groups of pictures that are older than what is kept."""
        with self._lock:
            if not self._packets and not packet.is_keyframe:
                return
            self._packets.append(packet)
            self._bytes += len(packet.data) + _PACKET_BYTES
            while self._packets and ((is_old := self._is_old()) or self._bytes > self._most_bytes):
                self._is_cut = not is_old
                self._drop_group()

    def write(self, seconds: float, path: Path) -> ClipInfo:
        """Write the last seconds as an MP4 file, from the keyframe at or before their beginning.

        Raises:
            SourceError: nothing is kept, or the codec's streams cannot be put into a file.
            OutputError: the file cannot be written.
        """
        with self._lock:
            packets, codec, header = list(self._packets), self._codec, self._header
        if not packets:
            raise SourceError("there are no pictures for a clip yet", hint="set `clip_s`, or wait for a keyframe")
        begin_at = packets[-1].arrived_at - seconds
        starts = (
            index for index, packet in enumerate(packets) if packet.is_keyframe and packet.arrived_at <= begin_at
        )
        return _write(packets[max(starts, default=0) :], codec, header, path)

    def _is_old(self) -> bool:
        """Whether a keyframe after the first begins early enough for the seconds that are kept."""
        oldest_needed = self._packets[-1].arrived_at - self._seconds
        if self._packets[0].arrived_at > oldest_needed:
            return False
        second = next((packet for index, packet in enumerate(self._packets) if index and packet.is_keyframe), None)
        return second is not None and second.arrived_at <= oldest_needed

    def _drop_group(self) -> None:
        while self._packets:
            self._bytes -= len(self._packets.popleft().data) + _PACKET_BYTES
            if self._packets and self._packets[0].is_keyframe:
                return


def _write(packets: list[EncodedPacket], codec: str, header: bytes, path: Path) -> ClipInfo:
    import av

    if codec not in _BARE_FORMATS:
        raise SourceError(f"no clips are made of {codec} streams", hint="set the camera to H.264 or H.265")
    try:
        template = io.BytesIO(header + packets[0].data)
        with (
            av.open(template, format=_BARE_FORMATS[codec]) as bare,
            atomic_path(path) as temporary,
            av.open(f"file:{temporary}", "w", format="mp4", container_options={"movflags": "+faststart"}) as clip,
        ):
            stream = clip.add_stream_from_template(bare.streams.video[0])
            stream.time_base = Fraction(1, _CLOCK_HZ)
            ticks = _ascending([round((packet.dts_s - packets[0].dts_s) * _CLOCK_HZ) for packet in packets])
            for packet, tick, next_tick in zip(packets, ticks, ticks[1:], strict=False):
                clip.mux_one(_packet(packet, packets[0].dts_s, tick, next_tick - tick, stream))
    except (av.FFmpegError, IndexError, ValueError) as error:
        what = f"the last seconds cannot be written as a clip ({type(error).__name__})"
        raise SourceError(what, hint="try again in a few seconds") from None
    times = [packet.pts_s for packet in packets]
    return ClipInfo(path, packets[0].arrived_at, max(times) - min(times), len(packets), path.stat().st_size)


def _ascending(ticks: list[int]) -> list[int]:
    """The same times, each later than the one before, as a file must have them, and one for the end.

    Without an end the last picture has no duration, and players leave it out.
    """
    ascending: list[int] = []
    for tick in ticks:
        ascending.append(max(tick, ascending[-1] + 1) if ascending else tick)
    last = ascending[-1] - ascending[-2] if len(ascending) > 1 else _CLOCK_HZ // 30
    return [*ascending, ascending[-1] + last]


def _packet(packet: EncodedPacket, zero_s: float, tick: int, duration: int, stream: Stream) -> Packet[Stream]:
    import av

    muxed: Packet[Stream] = av.Packet(packet.data)
    muxed.stream, muxed.time_base = stream, Fraction(1, _CLOCK_HZ)
    muxed.dts, muxed.duration = tick, duration
    muxed.pts = max(tick, round((packet.pts_s - zero_s) * _CLOCK_HZ))
    muxed.is_keyframe = packet.is_keyframe
    return muxed
