"""Which packets make one picture: cameras write interlaced H.264 (AVCHD) with a packet for each of its two fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuropose_ray.video.h264_fields import Field, FieldParser
from neuropose_ray.video.timeline import Timeline

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

# The two fields of a picture are half a picture apart; clocks in whole milliseconds round by 3 % of that at 60 Hz.
_NEAR_HALF = (0.8, 1.2)
# RFC 6386, 9.1: the fourth bit of a frame's first byte says whether it is shown.
_VP8_SHOWN = 0x10


class FieldPairs:
    """Finds second fields among the packets of a stream, in file order, from its start or from a keyframe on.

    To be asked about interlaced pictures alone: some encoders of whole pictures state half of their true rate.
    """

    def __init__(self, stream: VideoStream, timeline: Timeline) -> None:
        codec = stream.codec_context
        may_pair = codec.codec.canonical_name == "h264" and bool(codec.framerate)
        # The decoder's rate is that of pictures; a container's may be that of packets.
        self._half = float(1 / (2 * codec.framerate * timeline.time_base)) if may_pair else 0.0
        self._by_order = timeline.by_order
        # Tick and duration of a packet that may be the first of two fields.
        self._first: tuple[int, int] | None = None
        # AVI counts its chunks, whatever they hold: only what is in them says what they are.
        in_avi = may_pair and stream.container.format.name == "avi"
        self._parser = FieldParser(codec.extradata or b"") if in_avi else None
        self._field: Field | None = None

    def is_second(self, packet: Packet[VideoStream], tick: int) -> bool:
        """Whether the next packet completes the picture of the one before, whose time it has.

        Args:
            packet: not empty.
            tick: its presentation time.
        """
        if self._parser is not None:
            return self._is_other_field(self._parser.field_of(bytes(packet)))
        if self._first is not None and self._half:
            first_tick, duration = self._first
            # Without presentation times the parser still knows how long a packet lasts.
            step = duration if self._by_order else tick - first_tick
            if _NEAR_HALF[0] * self._half <= step <= _NEAR_HALF[1] * self._half:
                self._first = None
                return True
        self._first = tick, packet.duration or 0
        return False

    def _is_other_field(self, field: Field | None) -> bool:
        first, self._field = self._field, field
        if field is None or first != Field(field.frame_number, not field.is_bottom):
            return False
        self._field = None
        return True


def is_shown(packet: Packet[VideoStream], codec: str) -> bool:
    """Whether a packet holds a picture to be shown: VP8 has some that others only refer to.

    Args:
        packet: not empty.
        codec: the canonical name of its stream's.
    """
    return codec != "vp8" or bool(memoryview(packet)[0] & _VP8_SHOWN)
