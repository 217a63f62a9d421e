"""Fields out of slices: pairs of real ones, and whatever else a packet may hold."""

from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.video.h264_fields import Field, FieldParser


@pytest.fixture(scope="module")
def packets(test_data: Path) -> list[bytes]:
    with av.open(test_data / "field/avchd_fields_13_frames.mts") as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_packets_of_avchd_are_pairs_of_one_number_and_both_parities(packets: list[bytes]):
    parser = FieldParser(b"")
    fields = [parser.field_of(packet) for packet in packets]
    assert None not in fields
    for first, second in zip(fields[::2], fields[1::2], strict=True):
        assert second == Field(first.frame_number, not first.is_bottom)


def test_without_parameters_nobody_can_tell(packets: list[bytes]):
    assert FieldParser(b"").field_of(packets[1]) is None


@given(st.binary(max_size=40), st.integers(0, 600), st.integers(0, 255))
def test_damaged_packets_are_no_error(packets: list[bytes], noise: bytes, place: int, value: int):
    parser = FieldParser(noise)
    damaged = bytearray(packets[0])
    damaged[place] = value
    for packet in (noise, b"\x00\x00\x01" + noise, bytes(damaged), packets[0][:place], b"\x00\x00\x01\x67" + noise):
        field = parser.field_of(packet)
        assert field is None or field.frame_number >= 0
