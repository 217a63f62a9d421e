import gc
import hashlib
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from neuropose_ray.errors import VideoError
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import ChunkDecoder, decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, VideoInfo

MakeVideo = Callable[..., Path]


def whole(info: VideoInfo) -> Chunk:
    return Chunk(0, -math.inf, math.inf, 0, info.frame_count)


def even_chunks(info: VideoInfo, frames: int) -> Iterator[Chunk]:
    """Chunks of a fixed length, wherever keyframes are."""
    firsts = [*range(0, info.frame_count, frames), info.frame_count]
    times = [-math.inf, *info.timestamps_s[firsts[1:-1]].tolist(), math.inf]
    for index, (first, end) in enumerate(pairwise(firsts)):
        yield Chunk(index, times[index], times[index + 1], first, end - first)


def digest(image: np.ndarray) -> str:
    return hashlib.md5(np.ascontiguousarray(image)).hexdigest()


def fingerprints(info: VideoInfo, chunks: Iterator[Chunk] | tuple[Chunk, ...]) -> list[tuple[float, str]]:
    return [(frame.timestamp_s, digest(frame.image)) for chunk in chunks for frame in decode_chunk(info, chunk)]


def plainly_decoded(path: Path, stream_index: int = 0) -> list[str]:
    """The pictures that a plain loop over the file gives, without any turning."""
    with av.open(path) as container:
        stream = next(stream for stream in container.streams.video if stream.index == stream_index)
        return [digest(f.to_ndarray(format="rgb24")) for f in container.decode(stream)]


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("opencap/walk.mp4", (25,)),
        ("odd/torchcodec_nasa_13013.mp4", (130,)),
        ("odd/torchcodec_av1_video.mkv", (40,)),
        ("odd/torchcodec_h265_video.mp4", (1, 3)),
        ("odd/torchcodec_h265_10bits.mp4", (7,)),
        ("odd/torchcodec_h264_10bits.mp4", (7,)),
        ("odd/decord_unordered.mov", (1,)),
        ("odd/made_vfr_walk.mp4", (9,)),
        ("intel/store-aisle-detection.mp4", (16,)),
    ],
)
def test_chunks_together_are_the_whole_file_frame_by_frame(
    test_data: Path, name: str, lengths: tuple[int, ...]
) -> None:
    info = probe(open_source(test_data / name))
    expected = list(
        zip(info.timestamps_s.tolist(), plainly_decoded(test_data / name, info.stream_index), strict=True)
    )
    for length in lengths:
        assert fingerprints(info, even_chunks(info, length)) == expected


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("closed.mp4", "libx264", {}),
        ("open_gop.mp4", "libx264", {"x264-params": "open-gop=1:keyint=12:bframes=3"}),
        ("intra_refresh.mp4", "libx264", {"intra-refresh": "1"}),
        ("open_gop_hevc.mp4", "libx265", {"x265-params": "open-gop=1:keyint=12:bframes=3:log-level=none"}),
        ("clip.ts", "libx264", {}),
        ("clip.mkv", "libx264", {}),
        ("clip.flv", "libx264", {}),
        ("clip.avi", "libx264", {}),
        ("mpeg4.avi", "mpeg4", {"bf": "2"}),
        ("raw.h264", "libx264", {}),
        ("clip.mpg", "mpeg2video", {"bf": "2"}),
        ("clip.ts", "mpeg2video", {"bf": "2"}),
        ("clip.webm", "libvpx-vp9", {}),
        ("clip.wmv", "wmv2", {}),
    ],
)
@pytest.mark.parametrize("length", [1, 7])
def test_every_container_can_be_entered_anywhere(
    make_video: MakeVideo, name: str, codec: str, options: dict[str, str], length: int
) -> None:
    path = make_video(name, codec, options=options, frames=40)
    info = probe(open_source(path))
    expected = list(zip(info.timestamps_s.tolist(), plainly_decoded(path), strict=True))
    assert fingerprints(info, even_chunks(info, length)) == expected


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("closed.mp4", "libx264", {}),
        ("open_gop.mp4", "libx264", {"x264-params": "open-gop=1:keyint=12:bframes=3"}),
        ("intra_refresh.mp4", "libx264", {"intra-refresh": "1"}),
        ("clip.mpg", "mpeg2video", {"bf": "2"}),
    ],
)
@pytest.mark.parametrize("lead_in", [1, 9, 100])
def test_a_lead_in_gives_the_frames_before_the_chunk_too(
    make_video: MakeVideo, name: str, codec: str, options: dict[str, str], lead_in: int
) -> None:
    path = make_video(name, codec, options=options, frames=40)
    info = probe(open_source(path))
    expected = list(zip(info.timestamps_s.tolist(), plainly_decoded(path), strict=True))
    for chunk in even_chunks(info, 7):
        decoder = ChunkDecoder(info, chunk, lead_in=lead_in)
        given = [(frame.timestamp_s, digest(frame.image)) for frame in decoder.frames()]
        assert given == expected[max(0, chunk.first_frame - lead_in) : chunk.first_frame + chunk.frames]
        assert not decoder.errors


def test_joined_recordings_can_be_entered_anywhere(make_video: MakeVideo, tmp_path: Path) -> None:
    joined = tmp_path / "joined.ts"
    joined.write_bytes(make_video("part.ts", frames=30).read_bytes() * 2)
    info = probe(open_source(joined))
    frames = fingerprints(info, even_chunks(info, 9))
    assert [time_s for time_s, _ in frames] == info.timestamps_s.tolist()
    assert [picture for _, picture in frames] == plainly_decoded(joined)


def test_planned_chunks_of_a_real_video_give_each_promised_time_once(test_data: Path) -> None:
    info = probe(open_source(test_data / "intel/one-by-one-person-detection.mp4"))
    chunks = plan_chunks(info)
    assert len(chunks) == 6
    times = [frame.timestamp_s for chunk in chunks for frame in decode_chunk(info, chunk)]
    assert times == info.timestamps_s.tolist()


def test_several_threads_give_the_same_frames(test_data: Path) -> None:
    info = probe(open_source(test_data / "odd/torchcodec_nasa_13013.mp4"))
    chunk = Chunk(1, float(info.timestamps_s[50]), float(info.timestamps_s[90]), 50, 40)
    frames = [[(f.timestamp_s, f.image.tobytes()) for f in decode_chunk(info, chunk, threads=n)] for n in (1, 3)]
    assert len(frames[0]) == 40
    assert frames[0] == frames[1]


def test_a_turned_video_is_upright(test_data: Path) -> None:
    walk, turned = (probe(open_source(test_data / name)) for name in ("opencap/walk.mp4", "odd/made_rot90_walk.mp4"))
    for original, copy in zip(decode_chunk(walk, whole(walk)), decode_chunk(turned, whole(turned)), strict=True):
        assert copy.timestamp_s == pytest.approx(original.timestamp_s, abs=1e-3)
        assert copy.image.flags.c_contiguous
        assert copy.image.shape == (640, 360, 3)
        # Half the size, compressed again: alike, but far from the same.
        assert np.abs(copy.image.astype(int) - original.image[::2, ::2]).mean() < 8


def test_damaged_packets_are_passed_over_and_counted(test_data: Path) -> None:
    path = test_data / "odd/decord_corrupted.mp4"
    info = probe(open_source(path))
    decoder = ChunkDecoder(info, whole(info))
    times = [frame.timestamp_s for frame in decoder.frames()]
    assert len(times) == 49
    assert set(times) < set(info.timestamps_s.tolist())
    (error,) = decoder.errors
    assert str(error).startswith(
        f"{path}: 1 of 50 frames from 0.000 s on are missing, 1 damaged packet (Invalid data found)"
    )


def test_damage_is_told_by_the_chunk_that_it_is_in(test_data: Path) -> None:
    info = probe(open_source(test_data / "odd/decord_corrupted.mp4"))
    counts = []
    for chunk in even_chunks(info, 10):
        decoder = ChunkDecoder(info, chunk)
        counts.append((sum(1 for _ in decoder.frames()), len(decoder.errors)))
    assert counts == [(10, 0), (10, 0), (10, 0), (9, 1), (10, 0)]


def test_damage_in_a_lead_in_is_told_by_the_chunk_before(test_data: Path) -> None:
    info = probe(open_source(test_data / "odd/decord_corrupted.mp4"))
    counts = []
    for chunk in even_chunks(info, 10):
        decoder = ChunkDecoder(info, chunk, lead_in=10)
        counts.append((sum(1 for _ in decoder.frames()), len(decoder.errors)))
    assert counts == [(10, 0), (20, 0), (20, 0), (19, 1), (19, 0)]


def test_a_file_cut_short_gives_the_frames_that_it_has(test_data: Path) -> None:
    info = probe(open_source(test_data / "odd/made_truncated_demo.mp4"))
    decoder = ChunkDecoder(info, whole(info))
    assert sum(1 for _ in decoder.frames()) == 78
    assert "1 of 79 frames" in str(decoder.errors[0])


def test_pictures_of_an_odd_width_are_contiguous_and_writable(make_video: MakeVideo) -> None:
    info = probe(open_source(make_video("odd.mp4", width=146, height=94, frames=3)))
    for frame in decode_chunk(info, whole(info)):
        assert frame.image.shape == (94, 146, 3)
        assert frame.image.flags.c_contiguous
        frame.image[:] = 0


def test_uncompressed_pictures_are_not_shared_with_the_decoder(make_video: MakeVideo) -> None:
    info = probe(open_source(make_video("raw.avi", "png", pixel_format="rgb24", frames=4)))
    frames = list(decode_chunk(info, whole(info)))
    for frame in frames:
        frame.image[:] = 0
    assert all(frame.image.any() for frame in decode_chunk(info, whole(info)))


def test_a_video_that_has_gone_is_told(make_video: MakeVideo) -> None:
    path = make_video("clip.mp4", frames=3)
    info = probe(open_source(path))
    path.write_bytes(b"")
    with pytest.raises(VideoError, match="the file is empty"):
        list(decode_chunk(info, whole(info)))


@pytest.mark.slow
def test_no_picture_outlives_its_chunk(make_video: MakeVideo) -> None:
    info = probe(open_source(make_video("clip.mp4", rotation=(-90, False))))
    gc.collect()
    gc.disable()
    try:
        for chunk in even_chunks(info, 20):
            assert sum(1 for _ in decode_chunk(info, chunk)) == 20
        # Its very type: isinstance asks weak references of other tests what they point to.
        kept = [o for o in gc.get_objects() if type(o) is av.VideoFrame and o.width == 160]
    finally:
        gc.enable()
    assert kept == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_video(make_video: MakeVideo) -> None:
    code = """
import math, resource, sys
from pathlib import Path
from neuropose_ray.video.prefetch import prefetch
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk
info = probe(open_source(Path(sys.argv[1])))
frames = sum(1 for _ in prefetch(decode_chunk(info, Chunk(0, -math.inf, math.inf, 0, info.frame_count))))
print(frames, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""

    def decode(frames: int) -> tuple[int, int]:
        path = make_video(f"{frames}.mp4", frames=frames, width=640, height=360, options={"preset": "ultrafast"})
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
        decoded, megabytes = map(int, done.stdout.split())
        return decoded, megabytes

    (few, small), (many, large) = decode(30), decode(240)
    assert (few, many) == (30, 240)
    assert large - small < 40, "210 more frames of 640x360 would be 145 MB"


def test_frames_that_nobody_looks_at_come_black_at_their_times_and_change_no_others(test_data: Path) -> None:
    info = probe(open_source(test_data / "odd/made_vfr_walk.mp4"))
    unseen = frozenset(info.timestamps_s[1::3].tolist())
    everything = list(ChunkDecoder(info, whole(info)).frames())
    some = list(ChunkDecoder(info, whole(info), unseen_s=unseen).frames())
    assert len(some) == len(everything) > 3
    for frame, same in zip(some, everything, strict=True):
        assert (frame.timestamp_s, frame.image.shape) == (same.timestamp_s, same.image.shape)
        assert frame.image.any() != (frame.timestamp_s in unseen)
        assert frame.timestamp_s in unseen or frame.image.tobytes() == same.image.tobytes()
