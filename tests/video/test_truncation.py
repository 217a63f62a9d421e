"""A file that was cut short tells how much its header promised."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import ChunkDecoder
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

MakeVideo = Callable[..., Path]


def test_a_download_that_broke_off_tells_what_is_missing(test_data: Path) -> None:
    path = test_data / "odd/made_truncated_demo.mp4"
    info = probe(open_source(path))
    assert (info.frame_count, info.lost_frames) == (79, 151)
    (chunk,) = plan_chunks(info)
    decoder = ChunkDecoder(info, chunk)
    assert sum(1 for _ in decoder.frames()) == 78
    damaged, short = map(str, decoder.errors)
    assert damaged.startswith(f"{path}: 1 of 79 frames")
    assert short == (
        f"{path}: the file is cut short: its header promises 230 frames; 79 are in it; copy or record it again"
    )


@pytest.mark.parametrize(
    ("name", "codec", "promised"),
    [
        ("clip.mkv", "libx264", 200),
        ("clip.webm", "libvpx-vp9", 200),
        ("clip.avi", "mpeg4", 200),
        ("clip.flv", "flv", 200),
        ("clip.mxf", "mpeg2video", 200),
    ],
)
def test_what_the_header_promises_is_told_by_the_last_chunk_alone(
    make_video: MakeVideo, name: str, codec: str, promised: int
) -> None:
    path = make_video(name, codec, frames=200)
    whole = probe(open_source(path))
    assert (whole.frame_count, whole.lost_frames, whole.notes) == (200, 0, ())
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    info = probe(open_source(path))
    assert 90 < info.frame_count < 150
    assert info.frame_count + info.lost_frames == promised
    assert info.notes[0].startswith(f"The file is cut short: its header promises {promised} frames; ")
    errors = []
    for chunk in plan_chunks(info, 40):
        decoder = ChunkDecoder(info, chunk)
        assert list(decoder.frames())
        errors.append([str(error) for error in decoder.errors if "cut short" in str(error)])
    assert [len(each) for each in errors] == [0] * (len(errors) - 1) + [1]


def test_frames_that_an_edit_list_hides_are_not_lost(test_data: Path) -> None:
    assert probe(open_source(test_data / "opencap/walk.mp4")).lost_frames == 0
    assert probe(open_source(test_data / "opencap/squat.mp4")).lost_frames == 0


def test_sound_that_goes_on_after_the_pictures_promises_none(tmp_path: Path) -> None:
    path = tmp_path / "long_sound.mkv"
    with av.open(path, "w") as out:
        pictures = out.add_stream("mpeg4", rate=30)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = out.add_stream("aac", rate=8000)
        for index in range(30):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts = index
            out.mux(pictures.encode(frame))
        out.mux(pictures.encode(None))
        for index in range(40):
            silence = av.AudioFrame("fltp", "mono", 1024)
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            silence.sample_rate, silence.pts = 8000, index * 1024
            out.mux(sound.encode(silence))
        out.mux(sound.encode(None))
    info = probe(open_source(path))
    assert (info.frame_count, info.lost_frames, info.notes) == (30, 0, ())


def test_repeated_frames_of_an_avi_are_not_lost(make_video: MakeVideo) -> None:
    """An AVI counts them in its header; they have no packet."""
    times = [index * 1000 // 30 for index in range(90) if index % 3 != 1]
    path = make_video("gaps.avi", "mjpeg", times_ms=times, frames=len(times), pixel_format="yuvj420p")
    assert probe(open_source(path)).lost_frames == 0
