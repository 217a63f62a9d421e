"""Interlaced H.264 with a packet for each field, and packets that show nothing: frames are counted, not packets."""

import math
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import hypothesis.strategies as st
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from hypothesis import given, settings

from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import ChunkDecoder
from neuropose_ray.video.fields import FieldPairs
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.timeline import Timeline
from neuropose_ray.video.types import Chunk, VideoInfo

MakeVideo = Callable[..., Path]


@pytest.fixture
def avchd(test_data: Path) -> Path:
    return test_data / "field/avchd_fields_13_frames.mts"


def decoded(info: VideoInfo, chunks: tuple[Chunk, ...]) -> tuple[list[float], list[str]]:
    times, errors = [], []
    for chunk in chunks:
        decoder = ChunkDecoder(info, chunk)
        times += [frame.timestamp_s for frame in decoder.frames()]
        errors += [str(error) for error in decoder.errors]
    return times, errors


def remuxed(source: Path, target: Path, bitstream_filter: str | None = None) -> Path:
    with av.open(source) as container, av.open(target, "w") as out:
        stream = container.streams.video[0]
        track = out.add_stream_from_template(stream)
        edit = None if bitstream_filter is None else BitStreamFilterContext(bitstream_filter, stream, track)
        for packet in container.demux(stream):
            if packet.dts is None and packet.pts is None and not packet.size:
                continue
            for each in [packet] if edit is None else edit.filter(packet):
                each.stream = track
                out.mux(each)
    return target


def test_avchd_has_a_frame_for_two_packets_all_there_from_zero_on(avchd: Path) -> None:
    info = probe(open_source(avchd))
    assert info.frame_count == 13
    assert info.timestamps_s == pytest.approx(np.arange(13) / 25)
    assert info.timestamps_s[0] == 0
    assert info.fps == pytest.approx(25)
    assert info.keyframes.tolist() == [0, 2]
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_avchd_can_be_entered_anywhere(avchd: Path, frames: int) -> None:
    info = probe(open_source(avchd))
    firsts = list(range(0, info.frame_count, frames))
    times = [-math.inf, *info.timestamps_s[firsts[1:]].tolist(), math.inf]
    counts = np.diff([*firsts, info.frame_count]).tolist()
    chunks = tuple(
        Chunk(index, times[index], times[index + 1], first, counts[index]) for index, first in enumerate(firsts)
    )
    assert decoded(info, chunks) == (info.timestamps_s.tolist(), [])


@pytest.mark.parametrize(
    ("name", "frames"), [("a.mkv", 13), ("a.ts", 13), ("a.h264", 13), ("a.mp4", 11), ("a.mov", 11)]
)
def test_fields_copied_into_another_container_are_frames_there(
    avchd: Path, tmp_path: Path, name: str, frames: int
) -> None:
    """MP4 hides the two pictures before the first keyframe by an edit list."""
    info = probe(open_source(remuxed(avchd, tmp_path / name)))
    assert info.timestamps_s == pytest.approx(np.arange(frames) / 25, abs=1e-3)
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])


def in_avi(source: Path, target: Path, rate: int) -> Path:
    """A chunk for each packet, as if they were frames at that rate."""
    with av.open(source) as container, av.open(target, "w") as out:
        stream = container.streams.video[0]
        track = out.add_stream_from_template(stream)
        track.time_base = Fraction(1, rate)
        for number, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
            packet.stream, packet.time_base, packet.duration = track, Fraction(1, rate), 1
            packet.pts = packet.dts = number
            out.mux(packet)
    return target


@pytest.mark.parametrize("rate", [25, 50])
def test_fields_in_avi_which_has_no_times_are_frames_at_the_pictures_rate(
    avchd: Path, tmp_path: Path, rate: int
) -> None:
    path = in_avi(avchd, tmp_path / "a.avi", rate)
    info = probe(open_source(path))
    assert (info.field_coded, info.lost_frames) == (True, 0)
    assert info.timestamps_s == pytest.approx(np.arange(13) / 25)
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    cut = probe(open_source(path))
    assert cut.frame_count == 9
    assert cut.lost_frames in (3, 4)  # the header counts chunks, whose times the demuxer guesses


def test_whole_interlaced_frames_in_avi_are_not_taken_for_fields(make_video: MakeVideo) -> None:
    info = probe(open_source(make_video("tff.avi", options={"x264-params": "tff=1"})))
    assert (info.frame_count, info.field_coded, info.lost_frames) == (60, False, 0)


def test_interlaced_video_with_a_packet_for_each_frame_keeps_them_all(make_video: MakeVideo) -> None:
    info = probe(open_source(make_video("tff.ts", options={"x264-params": "tff=1"})))
    assert (info.frame_count, info.field_coded) == (60, False)
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])


def test_an_encoder_that_states_half_of_its_rate_loses_no_frame(make_video: MakeVideo, tmp_path: Path) -> None:
    slow = remuxed(make_video("clip.mp4"), tmp_path / "slow.mp4", "h264_metadata=tick_rate=30")
    with av.open(slow) as container:
        assert container.streams.video[0].codec_context.framerate == 15
    info = probe(open_source(slow))
    assert info.frame_count == 60
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])


def test_packets_that_are_never_shown_are_no_frames(make_video: MakeVideo, tmp_path: Path) -> None:
    path, hidden = tmp_path / "hidden.webm", {7, 20, 21}
    with av.open(make_video("clip.webm", "libvpx")) as source, av.open(path, "w") as out:
        track = out.add_stream_from_template(source.streams.video[0])
        for index, packet in enumerate(p for p in source.demux(video=0) if p.size):
            content = bytearray(bytes(packet))
            if index in hidden:
                content[0] &= ~0x10
            copy = av.Packet(bytes(content))
            copy.pts, copy.dts, copy.time_base, copy.is_keyframe = (
                packet.pts, packet.dts, packet.time_base, packet.is_keyframe,
            )  # fmt: skip
            copy.stream = track
            out.mux(copy)
    info = probe(open_source(path))
    assert info.frame_count == 57
    assert decoded(info, plan_chunks(info)) == (info.timestamps_s.tolist(), [])


@pytest.mark.slow
@given(in_fields=st.lists(st.booleans(), min_size=1, max_size=60), order=st.randoms())
@settings(max_examples=200)
def test_a_stream_may_mix_whole_frames_and_pairs_of_fields(
    test_data: Path, in_fields: list[bool], order: random.Random
) -> None:
    """Cameras choose for each picture; decoding order differs from the displayed one over a few frames."""
    places = list(range(len(in_fields)))
    for start in range(0, len(places), 4):
        part = places[start : start + 4]
        order.shuffle(part)
        places[start : start + 4] = part
    packets = [
        (place * 3600 + second * 1800, 1800 if pair else 3600, bool(second))
        for place, pair in zip(places, in_fields, strict=True)
        for second in range(1 + pair)
    ]
    with av.open(test_data / "field/avchd_fields_13_frames.mts") as container:
        stream = container.streams.video[0]
        pairs = FieldPairs(stream, Timeline.of(container, stream))
        for tick, duration, is_second in packets:
            packet = av.Packet(8)
            packet.pts, packet.duration = tick, duration
            assert pairs.is_second(packet, tick) is is_second
