"""Pictures on their way: counted, bounded, and upright when converted."""

import time

import av
import numpy as np
import pytest

from neuropose_ray.video.live.pictures import ConnectionEnded, Picture, PictureConverter, SourceReport


def picture(content, size=None) -> Picture:
    return Picture(content, size, 0, 0.0, 0.0, None, 0.0)


def test_pictures_are_converted_whatever_their_size_becomes():
    convert = PictureConverter()
    for width, height in ((64, 48), (64, 48), (32, 80)):
        frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 200, np.uint8), format="rgb24")
        image = convert(picture(frame.reformat(format="yuv420p")))
        assert image.shape == (height, width, 3)
        assert np.abs(image.astype(int) - 200).max() < 4


def test_a_picture_that_is_upright_rgb_already_stays_as_it_is():
    image = np.zeros((4, 5, 3), np.uint8)
    assert PictureConverter()(picture(image)) is image


def test_pictures_turned_by_the_file_come_upright(test_data):
    with av.open(str(test_data / "odd" / "made_rot90_walk.mp4")) as container:
        frame = next(container.decode(video=0))
    image = PictureConverter()(picture(frame))
    assert image.shape[:2] == (frame.width, frame.height)


def test_a_picture_that_would_fill_the_memory_is_refused():
    report = SourceReport()
    report.decoded(1920, 1080)
    with pytest.raises(ConnectionEnded, match="too large"):
        report.decoded(100_000, 100_000)
    assert report.frames == 1
    assert report.size == (1920, 1080)


def test_a_source_that_waits_is_idle_and_wakes_at_the_end():
    report = SourceReport()
    report.closing.set()
    report.wait_until(time.monotonic() + 3600)
    assert not report.idle
