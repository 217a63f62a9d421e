"""The last seconds of a stream, kept as it came, and clips of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import OutputError, SourceError
from neuropose_ray.video.live.packets import EncodedPacket, PacketRing

FPS = 10


def encoded(frames: int, gop: int, codec: str = "libx264", **options: str) -> tuple[str, bytes, list[EncodedPacket]]:
    """A stream whose n-th picture is of brightness 2 n."""
    context = av.CodecContext.create(codec, "w")
    context.width, context.height = 64, 64
    context.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    context.time_base, context.framerate = Fraction(1, FPS), Fraction(FPS)
    context.options = {"g": str(gop), **options}
    packets = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 2 * number, np.uint8), format="rgb24")
        frame = frame.reformat(format=context.pix_fmt)
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    made = [
        EncodedPacket(bytes(p), p.pts / FPS, p.dts / FPS, p.is_keyframe, 1000 + number / FPS)
        for number, p in enumerate(packets)
    ]
    return context.codec.canonical_name, b"", made


def ring_of(seconds: float, codec: str, header: bytes, packets: list[EncodedPacket]) -> PacketRing:
    ring = PacketRing(seconds)
    ring.begin(codec, header)
    for packet in packets:
        ring.add(packet)
    return ring


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libx264", {"tune": "zerolatency"}), ("libx264", {"bf": "2"}), ("mjpeg", {}),
     ("libx265", {"preset": "ultrafast"})],
)  # fmt: skip
def test_a_clip_has_the_last_seconds_from_a_keyframe_on_picture_for_picture(codec, options, tmp_path: Path):
    if codec == "libx265":
        av.logging.set_level(None)
        options = {**options, "x265-params": "log-level=none:keyint=10:bframes=0"}
    ring = ring_of(10, *encoded(60, 10, codec, **options))
    clip = ring.write(2.5, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        pictures = [(frame.time, frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    assert len(pictures) == clip.frames
    assert 25 <= clip.frames <= 36
    assert clip.duration_s == pytest.approx((clip.frames - 1) / FPS, abs=0.11)
    times, brightness = map(np.array, zip(*pictures, strict=True))
    np.testing.assert_allclose(times - times[0], np.arange(len(times)) / FPS, atol=1e-3)
    first = 60 - clip.frames
    np.testing.assert_allclose(brightness, [2 * number for number in range(first, 60)], atol=12)
    assert clip.bytes == clip.path.stat().st_size


@settings(max_examples=20)
@given(st.floats(0.5, 5), st.integers(1, 15), st.integers(0, 80))
def test_no_more_is_kept_than_the_seconds_and_a_group_of_pictures(seconds, gop, frames):
    ring = PacketRing(seconds)
    for number in range(frames):
        ring.add(EncodedPacket(b"x", number / FPS, number / FPS, number % gop == 0, number / FPS))
    kept = list(ring._packets)
    assert len(kept) <= seconds * FPS + gop + 1
    assert ring.limit is None
    if kept:
        assert kept[0].is_keyframe
        assert kept[-1].pts_s == (frames - 1) / FPS
    if frames > seconds * FPS + gop:
        assert kept[-1].arrived_at - kept[0].arrived_at >= seconds - 1e-9


SIZES = st.lists(st.tuples(st.integers(0, 3000), st.booleans()), max_size=120)


@settings(max_examples=60)
@given(SIZES, st.integers(1000, 20_000), st.integers(1, 3600))
def test_no_more_bytes_are_kept_than_may_be_however_long_the_clips(packets, most_bytes, seconds):
    ring, arrived = PacketRing(seconds, most_bytes), 0.0
    for number, (size, is_keyframe) in enumerate(packets):
        arrived = number / FPS
        ring.add(EncodedPacket(bytes(size), arrived, arrived, is_keyframe, arrived))
        kept = list(ring._packets)
        assert sum(len(packet.data) for packet in kept) <= most_bytes
        assert len(kept) <= most_bytes / 256  # also of empty ones
        assert not kept or kept[0].is_keyframe
        if kept and kept[0].arrived_at > 0 and ring.limit is None:
            assert arrived - kept[0].arrived_at <= seconds + len(packets) / FPS
    assert (ring.limit is None) or f"and not {seconds}" in ring.limit


def test_the_status_says_where_fewer_seconds_are_kept_than_were_asked_for(tmp_path: Path):
    codec, header, packets = encoded(60, 10, bf="0")
    size = sum(len(packet.data) + 256 for packet in packets)
    ring = PacketRing(30, size // 2)
    ring.begin(codec, header)
    for packet in packets[:20]:
        ring.add(packet)
    assert ring.limit is None  # what is asked for has not come yet
    for packet in packets[20:]:
        ring.add(packet)
    assert 0 < ring.kept_s < 5.9
    most = f"{size // 2 / 2**20:g} MiB"
    assert ring.limit == f"clips reach back {ring.kept_s:.0f} s and not 30: no more than {most} of a stream are kept"
    assert ring.write(30, tmp_path / "clip.mp4").duration_s == pytest.approx(ring.kept_s, abs=0.11)
    ring.begin(codec, header)
    assert (ring.kept_s, ring.limit) == (0.0, None)


def test_a_stream_without_keyframes_does_not_fill_the_memory():
    ring = PacketRing(1)
    block = b"x" * (1 << 20)
    for number in range(40):
        ring.add(EncodedPacket(block, number, number, number == 0, 0.0))
    assert sum(len(packet.data) for packet in ring._packets) <= 9 << 20


def test_a_new_connection_does_not_continue_the_one_before():
    codec, header, packets = encoded(20, 5, tune="zerolatency")
    ring = ring_of(10, codec, header, packets)
    ring.begin(codec, header)
    with pytest.raises(SourceError, match="no pictures"):
        ring.write(1, Path("never.mp4"))


def test_times_that_do_not_ascend_make_a_clip_all_the_same(tmp_path: Path):
    codec, header, packets = encoded(20, 5, tune="zerolatency")
    muddled = [EncodedPacket(p.data, 5.0, 5.0, p.is_keyframe, p.arrived_at) for p in packets]
    clip = ring_of(10, codec, header, muddled).write(10, tmp_path / "clip.mp4")
    with av.open(str(clip.path)) as container:
        assert len(list(container.decode(video=0))) == 20


def test_what_cannot_be_put_into_a_file_is_refused_in_one_line_and_leaves_none(tmp_path: Path):
    ring = ring_of(10, "vp8", b"", [EncodedPacket(b"x", 0, 0, True, 0)])
    with pytest.raises(SourceError, match="vp8"):
        ring.write(1, tmp_path / "clip.mp4")
    broken = ring_of(10, "h264", b"", [EncodedPacket(b"no stream", 0, 0, True, 0)])
    with pytest.raises(SourceError, match="clip"):
        broken.write(1, tmp_path / "clip.mp4")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        ring_of(10, *encoded(20, 5, tune="zerolatency")).write(1, tmp_path / "file" / "clip.mp4")
