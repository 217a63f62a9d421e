"""Presentation times of packets and frames, the same whether a file is demuxed whole or decoded from its middle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

# A frame that repeats the time of the one before is put this much later: shorter than any real distance of frames.
REPEAT_STEP_S = 1e-7
# Decoding times run forwards; a step back by more than this is a clock that started anew (joined recordings).
_RESTART_S = 0.5
# The rate of a stream that states none, as ffmpeg assumes for raw streams.
_UNSTATED_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The clock of a picture stream.

    Attributes:
        origin: the tick of ``time_base`` at which seconds count from 0: the stream's start unless another is set.
        time_base: seconds per tick.
        rate: nominal frames per second.
        by_order: the container keeps no presentation times, so that the n-th displayed frame is shown at n / rate.
    """

    origin: int
    time_base: Fraction
    rate: Fraction
    by_order: bool

    @classmethod
    def of(cls, container: InputContainer, stream: VideoStream) -> Timeline:
        """The clock that container and stream state."""
        rate = stream.guessed_rate or stream.average_rate or _UNSTATED_RATE
        # AVI stores frames in decoding order without presentation times; the demuxer's guess is wrong where that
        # order differs from the displayed one.
        reordered_avi = container.format.name == "avi" and stream.codec_context.has_b_frames
        by_order = stream.start_time is None or stream.time_base is None or bool(reordered_avi)
        return cls(stream.start_time or 0, stream.time_base or 1 / rate, rate, by_order)

    def starting_at(self, tick: int) -> Timeline:
        """The same timeline counting seconds from a tick: open groups of pictures begin before the stream's start."""
        return replace(self, origin=tick)

    def of_fields(self, stream: VideoStream) -> Timeline:
        """The same timeline for pictures of two packets: where only their order is known, at the decoder's rate.

        A container's rate may be that of packets.
        """
        rate = stream.codec_context.framerate
        return replace(self, rate=Fraction(rate)) if self.by_order and rate else self

    @property
    def frame_ticks(self) -> int:
        """The nominal distance of two frames, in ticks."""
        return max(1, round(1 / (self.rate * self.time_base)))

    def seconds(self, ticks: int) -> float:
        """Presentation time of a tick count."""
        return (ticks - self.origin) * self.time_base.numerator / self.time_base.denominator

    def ticks(self, seconds: float) -> int:
        """The tick count nearest to a presentation time."""
        return self.origin + round(seconds / self.time_base)

    def seconds_at_position(self, index: int) -> float:
        """Presentation time of the frame displayed after ``index`` others, where only the order is known."""
        return index * self.rate.denominator / self.rate.numerator


class PacketClock:
    """Gives packets in file order their presentation ticks, also where some have none or the clock starts anew.

    Attributes:
        missing: packets that had no presentation time.
        restarts: how often the clock jumped back.
    """

    def __init__(self, timeline: Timeline) -> None:
        self._frame = timeline.frame_ticks
        self._tolerance = _RESTART_S / timeline.time_base
        self._offset = 0
        self._last_decoding: int | None = None
        self._last = timeline.origin - self._frame
        self.missing = 0
        self.restarts = 0

    def stamp(self, packet: Packet[VideoStream]) -> int:
        """Presentation ticks of the next packet, which is given them."""
        self._follow(packet.dts)
        ticks = packet.pts if packet.pts is not None else packet.dts
        if packet.pts is None:
            self.missing += 1
        self._last = self._last + self._frame if ticks is None else ticks + self._offset
        packet.pts = self._last
        return self._last

    def _follow(self, decoding: int | None) -> None:
        if decoding is None:
            return
        decoding += self._offset
        if self._last_decoding is not None and decoding < self._last_decoding - self._tolerance:
            step = self._last_decoding + self._frame - decoding
            self._offset += step
            decoding += step
            self.restarts += 1
        self._last_decoding = decoding


def strictly_after(time_s: float, last_s: float) -> float:
    """``time_s``, or the smallest step after ``last_s`` where it is not later than that."""
    return time_s if time_s > last_s else last_s + REPEAT_STEP_S
