"""Decoded pictures as upright RGB: colours as the file states them, arrays of their own, turned as a viewer turns."""

import av
import numpy as np
import pytest

from neuropose_ray.video.convert import UprightRGB


def picture(pixel_format: str, width: int = 64, height: int = 48) -> tuple[np.ndarray, av.VideoFrame]:
    """Red left, blue right, a white block at the upper left."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[:, : width // 2, 0], rgb[:, width // 2 :, 2] = 255, 255
    rgb[:16, :16] = 255
    return rgb, av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)


def test_rgb_comes_through_unchanged_and_is_a_copy():
    rgb, frame = picture("rgb24")
    converted = UprightRGB(64, 48)(frame)
    np.testing.assert_array_equal(converted, rgb)
    converted[:] = 7
    np.testing.assert_array_equal(frame.to_ndarray(), rgb)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv444p", "yuvj420p", "nv12", "yuv422p10le", "bgr24"])
@pytest.mark.parametrize("width", [64, 62])
def test_every_pixel_format_becomes_the_same_contiguous_picture(pixel_format: str, width: int):
    rgb, frame = picture(pixel_format, width)
    converted = UprightRGB(width, 48)(frame)
    assert (converted.dtype, converted.shape, converted.flags.c_contiguous) == (np.uint8, rgb.shape, True)
    # At edges of colour, formats with fewer samples of it differ.
    assert np.median(np.abs(converted.astype(int) - rgb)) <= 3


@pytest.mark.parametrize(("full", "levels"), [(False, (16, 235)), (True, (0, 255))])
def test_the_range_that_a_frame_states_decides_what_is_black_and_white(full: bool, levels: tuple[int, int]):
    frame = av.VideoFrame(64, 48, "yuv420p")
    luma, *chroma = (np.frombuffer(plane, np.uint8).reshape(plane.height, -1) for plane in frame.planes)
    values = np.full(luma.shape, levels[0], np.uint8)
    values[:, 32:] = levels[1]
    frame.planes[0].update(values)
    for plane, samples in zip(frame.planes[1:], chroma, strict=True):
        plane.update(np.full(samples.shape, 128, np.uint8))
    frame.color_range = 2 if full else 1
    converted = UprightRGB(64, 48)(frame)
    assert converted[:, :30].max() <= 1
    assert converted[:, 34:].min() >= 254


def test_frames_that_change_their_size_become_pictures_of_one_size():
    convert = UprightRGB(64, 48)
    assert convert(picture("yuv420p")[1]).shape == (48, 64, 3)
    assert convert(picture("yuv420p", 128, 96)[1]).shape == (48, 64, 3)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_rotated_video_stands_upright(make_video, degrees: int):
    rgb, _ = picture("rgb24")
    path = make_video("turned.mp4", pictures=[rgb] * 2, width=64, height=48, rotation=(degrees, False))
    with av.open(path) as container:
        frame = next(container.decode(video=0))
        size = (64, 48) if degrees % 180 == 0 else (48, 64)
        converted = UprightRGB(*size)(frame)
    expected = np.rot90(rgb, degrees // 90)
    assert converted.shape == expected.shape
    assert np.median(np.abs(converted.astype(int) - expected)) <= 3
