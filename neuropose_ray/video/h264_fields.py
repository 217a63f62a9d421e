"""Which field of a picture a packet of H.264 holds, by its own first slice: for containers that keep no times.

The little of ITU-T H.264 (08/2021) that says so: sequence parameter sets (7.3.2.1.1) and slice headers (7.3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

_START = b"\x00\x00\x01"
_SLICE, _IDR_SLICE, _SEQUENCE = 1, 5, 7
# Profiles whose parameter sets have a colour format and may have scaling lists.
_HIGH_PROFILES = frozenset([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244])
# Bytes of a unit in which what is wanted stands.
_HEAD_BYTES = 512


class Field(NamedTuple):
    """One field: two of one number and of both parities that follow each other are a picture."""

    frame_number: int
    is_bottom: bool


@dataclass(frozen=True, slots=True)
class _Sequence:
    """What slices need of their sequence's parameters."""

    number_bits: int
    has_fields: bool
    separate_planes: bool


class FieldParser:
    """Reads fields out of packets in their order.

    Args:
        extradata: of the stream; parameters may also come in packets.
    """

    def __init__(self, extradata: bytes) -> None:
        self._sequence: _Sequence | None = None
        self.field_of(extradata)

    def field_of(self, packet: bytes) -> Field | None:
        """The field that a packet holds; None where it holds a whole picture, or nobody can tell."""
        for unit in _units(packet):
            kind = unit[0] & 31
            try:
                if kind == _SEQUENCE:
                    self._sequence = _sequence(unit)
                elif kind in (_SLICE, _IDR_SLICE):
                    return None if self._sequence is None else _field(unit, self._sequence)
            except IndexError:  # cut off
                return None
        return None


def _units(packet: bytes) -> Iterator[bytes]:
    """The beginnings of the units between start codes."""
    start = packet.find(_START)
    while start >= 0:
        start += len(_START)
        end = packet.find(_START, start)
        unit = packet[start : min(start + _HEAD_BYTES, len(packet) if end < 0 else end)]
        if unit:
            yield unit
        start = end


def _sequence(unit: bytes) -> _Sequence:
    bits = _Bits(unit[1:])
    profile = bits.number(8)
    bits.number(16)  # constraints and level
    bits.code()
    separate_planes = False
    if profile in _HIGH_PROFILES:
        colours = bits.code()
        separate_planes = colours == 3 and bool(bits.number(1))
        bits.code(), bits.code(), bits.number(1)  # depths, and a transform
        if bits.number(1):
            for index in range(12 if colours == 3 else 8):
                if bits.number(1):
                    bits.pass_scaling_list(16 if index < 6 else 64)
    number_bits = bits.code() + 4
    order = bits.code()
    if order == 0:
        bits.code()
    elif order == 1:
        bits.number(1)
        bits.code(), bits.code()
        for _ in range(bits.code()):
            bits.code()
    bits.code(), bits.number(1), bits.code(), bits.code()  # references, gaps, width, height
    return _Sequence(number_bits, not bits.number(1), separate_planes)


def _field(unit: bytes, sequence: _Sequence) -> Field | None:
    bits = _Bits(unit[1:])
    bits.code(), bits.code(), bits.code()  # first macroblock, kind, parameters
    if sequence.separate_planes:
        bits.number(2)
    frame_number = bits.number(sequence.number_bits)
    if not sequence.has_fields or not bits.number(1):
        return None
    return Field(frame_number, bool(bits.number(1)))


class _Bits:
    """The bits of a unit without the bytes that keep start codes out of it (7.4.1).

    Raises:
        IndexError: there are no more.
    """

    def __init__(self, unit: bytes) -> None:
        self._bytes = unit.replace(b"\x00\x00\x03", b"\x00\x00")
        self._place = 0

    def number(self, count: int) -> int:
        """An unsigned number of so many bits."""
        value = 0
        for _ in range(count):
            value = value << 1 | self._bytes[self._place >> 3] >> (7 - (self._place & 7)) & 1
            self._place += 1
        return value

    def code(self) -> int:
        """An Exp-Golomb code (9.1); signed ones take as many bits."""
        zeros = 0
        while not self.number(1):
            zeros += 1
        return (1 << zeros) - 1 + self.number(zeros)

    def pass_scaling_list(self, size: int) -> None:
        """Pass over a scaling list (7.3.2.1.1.1), which ends early where the next scale is 0."""
        scale = following = 8
        for _ in range(size):
            if following:
                code = self.code()
                step = (code + 1) // 2 if code % 2 else -(code // 2)
                following = (scale + step) % 256
            scale = following or scale
