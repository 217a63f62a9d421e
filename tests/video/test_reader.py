"""Pictures from any keyframe on are the same pictures, at the same times, as from the beginning."""

import numpy as np
import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.video.probe import probe
from neuropose_ray.video.reader import PictureReader
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, VideoInfo

EVERYTHING = Chunk(0, -np.inf, np.inf, 0, 60)


def info_of(path) -> VideoInfo:
    return probe(open_source(path))


def read(info: VideoInfo, keyframe: int = 0, chunk: Chunk = EVERYTHING, threads: int = 1):
    reader = PictureReader(info, chunk, keyframe=keyframe, threads=threads, wanted_from_s=chunk.start_s)
    pictures = [(time_s, frame.to_ndarray(format="rgb24")) for time_s, frame in reader.pictures()]
    return pictures, reader.decode_errors


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mpeg4"), ("a.ts", "mpeg2video"), ("a.webm", "libvpx")],
)
def test_from_every_keyframe_on_pictures_and_times_are_those_from_the_beginning(make_video, name: str, codec: str):
    info = info_of(make_video(name, codec))
    everything, errors = read(info)
    assert errors.packets == 0
    np.testing.assert_allclose([time_s for time_s, _ in everything], info.timestamps_s, atol=1e-9)
    assert len(info.keyframes) > 2
    for keyframe in info.keyframes.tolist():
        rest, _ = read(info, keyframe)
        # A seek that leads to no such keyframe reads from the beginning.
        wanted = [picture for picture in rest if picture[0] >= info.timestamps_s[keyframe] - 1e-9]
        assert len(wanted) == 60 - keyframe
        for (time_s, image), (expected_s, expected) in zip(wanted, everything[keyframe:], strict=True):
            assert time_s == expected_s
            np.testing.assert_array_equal(image, expected)


def test_several_threads_give_the_same_pictures(make_video):
    info = info_of(make_video("a.mp4"))
    for (time_s, image), (expected_s, expected) in zip(read(info, threads=3)[0], read(info)[0], strict=True):
        assert time_s == expected_s
        np.testing.assert_array_equal(image, expected)


def test_pictures_before_a_chunk_on_which_nothing_depends_need_not_be_decoded(make_video):
    info = info_of(make_video("a.mp4", options={"bf": "2", "b_strategy": "0"}, keyframe_distance=30))
    start_s = float(info.timestamps_s[45])
    pictures, _ = read(info, 30, Chunk(1, start_s, np.inf, 45, 15))
    times = [time_s for time_s, _ in pictures]
    assert len([time_s for time_s in times if time_s < start_s]) < 15
    np.testing.assert_array_equal([time_s for time_s in times if time_s >= start_s], info.timestamps_s[45:])
    everything = dict(read(info)[0])
    for time_s, image in pictures:
        np.testing.assert_array_equal(image, everything[time_s])


def test_damage_is_counted_where_it_is_the_chunks_own(make_video):
    path = make_video("a.ts", "mpeg2video", keyframe_distance=1)
    info = info_of(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    pictures, _ = read(info)
    assert 50 < len(pictures) <= 60
    times = [time_s for time_s, _ in pictures]
    assert times == sorted(set(times))


def test_a_video_that_has_gone_since_it_was_probed_is_a_typed_error(make_video):
    path = make_video("a.mp4", frames=3)
    info = info_of(path)
    path.unlink()
    with pytest.raises(InputNotFoundError):
        read(info)
