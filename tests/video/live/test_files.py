"""Files as sources: the frames and times of the pipeline, at their own speed or at once, and clips of them."""

import time
from math import inf
from pathlib import Path

import av
import numpy as np
import pytest

from neuropose_ray.errors import SourceError
from neuropose_ray.video import Chunk, decode_chunk, open_source, probe
from neuropose_ray.video.live.files import FileSource, clip_of_file
from neuropose_ray.video.live.pictures import ConnectionEnded, PictureConverter, SourceReport

FILES = [
    "odd/made_vfr_walk.mp4", "odd/made_rot90_walk.mp4", "odd/decord_unordered.mov", "odd/made_one_frame.mp4",
    "field/avchd_fields_13_frames.mts", "odd/decord_corrupted.mp4", "images/tfjs_pose.jpg",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_gives_the_frames_and_times_that_the_pipeline_has_of_it(name, test_data):
    info = probe(open_source(test_data / name))
    expected = list(decode_chunk(info, Chunk(0, -inf, inf, 0, info.frame_count)))
    convert = PictureConverter()
    pictures = FileSource(test_data / name, realtime=False, report=SourceReport()).pictures()
    for number, (picture, frame) in enumerate(zip(pictures, expected, strict=True)):
        assert (picture.pts_s, picture.number) == (frame.timestamp_s, number)
        assert np.array_equal(convert(picture), frame.image)


def test_a_files_own_speed_is_kept(test_data):
    began = time.monotonic()
    report = SourceReport()
    for picture in FileSource(test_data / "odd/made_vfr_walk.mp4", realtime=True, report=report).pictures():
        assert time.monotonic() - began >= (picture.pts_s or 0) - 1e-3
    assert report.frames == 55


def test_a_file_that_is_played_slowly_ends_when_it_is_asked_to(test_data):
    report = SourceReport()
    pictures = FileSource(test_data / "odd/made_vfr_walk.mp4", realtime=True, report=report).pictures()
    next(pictures)
    report.closing.set()
    assert next(pictures, None) is None


@pytest.mark.parametrize("name", ["made_zero_bytes.mp4", "made_not_a_video.mp4", "made_audio_only.mp4"])
def test_what_is_no_video_is_not_tried_again(name, test_data):
    with pytest.raises(ConnectionEnded) as ended:
        next(FileSource(test_data / "odd" / name, realtime=False, report=SourceReport()).pictures())
    assert ended.value.final


def test_a_clip_is_a_stretch_of_the_file_as_it_was(test_data, tmp_path: Path):
    file = test_data / "opencap" / "walk.mp4"
    clip = clip_of_file(file, 0.3, 0.8, tmp_path / "clip.mp4", end_at=1000.0)
    assert 999.0 < clip.started_at <= 999.6
    with av.open(str(clip.path)) as container:
        frames = len(list(container.decode(video=0)))
    assert frames == clip.frames
    assert frames >= 0.5 * 60 - 1
    assert clip.duration_s >= 0.48


def test_of_what_is_no_video_there_is_no_clip(test_data, tmp_path: Path):
    with pytest.raises(SourceError, match="no clip"):
        clip_of_file(test_data / "odd/made_not_a_video.mp4", 0, 1, tmp_path / "clip.mp4", end_at=0)
    assert not list(tmp_path.iterdir())
