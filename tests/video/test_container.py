"""Containers as they are opened: which files are refused, which stream is the picture, and packets past damage."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from neuropose_ray.errors import InputNotFoundError, VideoError
from neuropose_ray.video.container import (
    DecodeErrors,
    check_readable,
    open_container,
    picture_stream,
    picture_streams,
    read_packets,
)


def packets_of(path: Path) -> tuple[list, DecodeErrors]:
    errors = DecodeErrors()
    with open_container(path) as container:
        return list(read_packets(container, picture_streams(container)[0], errors)), errors


def test_a_file_that_is_not_there_is_named_with_what_to_do(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="there is no such file; check the path"):
        open_container(tmp_path / "walk.mp4")


def test_an_empty_file_and_a_folder_are_refused_with_the_reason(tmp_path: Path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="the file is empty"):
        check_readable(tmp_path / "empty.mp4")
    with pytest.raises(VideoError, match="Is a directory"):
        check_readable(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"these are words, not pictures " * 50,
        b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
    ids=["text", "playlist", "list of files"],
)
def test_what_is_no_container_is_refused_whatever_its_name(tmp_path: Path, content: bytes):
    (tmp_path / "walk.mp4").write_bytes(content)
    with pytest.raises(VideoError, match="not a readable video"):
        open_container(tmp_path / "walk.mp4")


def test_a_name_that_looks_like_a_url_is_a_file(make_video, tmp_path: Path):
    path = make_video("walk.mp4", frames=3).rename(tmp_path / "http:walk.mp4")
    with open_container(path) as container:
        assert len(container.streams.video) == 1


def test_a_file_that_was_cut_before_its_index_says_how_much_of_it_is_missing(make_video):
    path = make_video("walk.mp4")
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"mdat") + 500])
    with pytest.raises(VideoError, match=rf"holds {path.stat().st_size} of \d+ bytes"):
        open_container(path)


def test_the_largest_picture_stream_comes_first_and_of_equal_ones_the_earlier(tmp_path: Path):
    path = tmp_path / "several.mkv"
    with av.open(path, "w") as container:
        streams = [container.add_stream("libx264", rate=30) for _ in range(3)]
        for stream, (width, height) in zip(streams, ((64, 48), (128, 96), (128, 96)), strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for stream in streams:
            frame = av.VideoFrame.from_ndarray(np.zeros((stream.height, stream.width, 3), np.uint8))
            frame.pts, frame.time_base = 0, Fraction(1, 30)
            container.mux([*stream.encode(frame), *stream.encode(None)])
    with open_container(path) as container:
        assert [stream.index for stream in picture_streams(container)] == [1, 2, 0]
        assert picture_stream(container, 2).index == 2
        with pytest.raises(VideoError, match="no picture stream 7 any more"):
            picture_stream(container, 7)


def test_every_packet_is_read_and_the_last_one_is_empty(make_video):
    packets, errors = packets_of(make_video("walk.mp4", frames=20))
    assert [bool(packet.size) for packet in packets] == [True] * 20 + [False]
    assert errors == DecodeErrors()


def test_packets_after_a_damaged_part_are_read(make_video):
    path = make_video("walk.ts", "mpeg2video", frames=60)
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : len(content) // 3 + 1000] = bytes(1000)
    before, _ = packets_of(path)
    path.write_bytes(content)
    after, _ = packets_of(path)
    assert after[-1].dts is None
    assert after[-2].dts == before[-2].dts, "the end is reached"
    assert len(before) - 20 < len(after) <= len(before)


def test_of_several_errors_all_are_counted_and_the_first_reason_is_kept():
    errors = DecodeErrors()
    for code, reason in ((1, "first when processing input"), (2, "second")):
        errors.add(av.FFmpegError(code, reason))
    assert errors == DecodeErrors(2, "first")
