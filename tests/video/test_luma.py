"""Luma of decoded pictures: the file's own, of full range, upright, and the same whoever else wants the picture."""

import math
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from neuropose_ray.video.decode import ChunkDecoder
from neuropose_ray.video.luma import UprightLuma, decode_luma, grey_of, has_own_luma
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, Pictures

CLIPS = (
    "odd/torchcodec_nasa_13013.mp4", "odd/torchcodec_h264_10bits.mp4", "odd/decord_video_90.mov",
    "odd/torchcodec_av1_video.mkv", "odd/decord_corrupted.mp4", "field/avchd_fields_13_frames.mts",
    "field/hlg_hdr.mov",
)  # fmt: skip


def decoded(path: Path, pictures: Pictures, most: int = 4) -> list:
    info = probe(open_source(path))
    chunk = Chunk(0, -math.inf, float(info.timestamps_s[min(most, info.frame_count - 1)]), 0, most)
    return list(ChunkDecoder(info, chunk, pictures=pictures).frames())


@pytest.mark.parametrize("clip", CLIPS)
def test_luma_and_colours_are_the_same_whether_or_not_the_other_is_wanted(test_data: Path, clip: str):
    both, luma, rgb = (decoded(test_data / clip, wanted, 2) for wanted in ("both", "luma", "rgb"))
    assert [frame.timestamp_s for frame in both] == [frame.timestamp_s for frame in luma]
    for one, grey, colour in zip(both, luma, rgb, strict=True):
        np.testing.assert_array_equal(one.luma, grey.luma)
        np.testing.assert_array_equal(one.image, colour.image)
        assert (grey.image.size, colour.luma.size) == (0, 0)
        assert one.luma.shape == one.image.shape[:2]
        assert one.luma.flags.c_contiguous


@pytest.mark.parametrize("clip", [clip for clip in CLIPS if "hdr" not in clip])
def test_luma_is_as_bright_as_the_picture_that_people_see(test_data: Path, clip: str):
    frame = decoded(test_data / clip, "both", 1)[0]
    weights = (0.299, 0.587, 0.114), (0.2126, 0.7152, 0.0722)  # of BT.601 and BT.709; files have either
    assert min(np.median(np.abs(frame.luma - frame.image @ np.array(one))) for one in weights) <= 2


def planes(pixel_format: str, luma: np.ndarray, color_range: int) -> av.VideoFrame:
    frame = av.VideoFrame(luma.shape[1], luma.shape[0], pixel_format)
    for index, plane in enumerate(frame.planes):
        kind = luma.dtype if index == 0 else np.dtype(np.uint8)
        rows = np.zeros((plane.height, plane.line_size // kind.itemsize), kind)
        if index == 0:
            rows[:, : luma.shape[1]] = luma
        plane.update(rows)
    frame.color_range = color_range
    return frame


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuva420p"])
def test_limited_range_is_expanded_and_full_range_left_as_it_is(pixel_format: str):
    levels = np.tile(np.arange(256, dtype=np.uint8), (16, 1))
    full = UprightLuma(256, 16)(planes(pixel_format, levels, 2))
    np.testing.assert_array_equal(full, levels)
    limited = UprightLuma(256, 16)(planes(pixel_format, levels, 1))
    expected = np.clip(np.rint((levels.astype(float) - 16) * 255 / 219), 0, 255)
    np.testing.assert_array_equal(limited, expected)


@pytest.mark.parametrize(("pixel_format", "bits"), [("yuv420p10le", 10), ("yuv422p12le", 12)])
def test_deeper_pictures_become_8_bits(pixel_format: str, bits: int):
    levels = np.tile(np.arange(256, dtype=np.uint16) << (bits - 8), (16, 1))
    limited = UprightLuma(256, 16)(planes(pixel_format, levels, 1))
    expected = np.clip(np.rint((np.arange(256.0) - 16) * 255 / 219), 0, 255)
    np.testing.assert_array_equal(limited, np.tile(expected, (16, 1)))


@pytest.mark.parametrize("pixel_format", ["rgb24", "bgr24", "gbrp", "yuyv422", "p010le", "gray"])
def test_formats_without_a_plane_of_luma_have_the_same_brightness(pixel_format: str):
    rgb = np.full((48, 64, 3), 90, np.uint8)
    rgb[:, 32:] = 180
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)
    luma = UprightLuma(64, 48)(frame)
    assert np.abs(luma[:, :30].astype(int) - 90).max() <= 2
    assert np.abs(luma[:, 34:].astype(int) - 180).max() <= 2


def test_frames_that_change_their_size_become_luma_of_one_size():
    convert = UprightLuma(64, 48)
    for width, height in ((64, 48), (128, 96), (32, 24)):
        levels = np.full((height, width), 126, np.uint8)
        luma = convert(planes("yuv420p", levels, 2))
        assert (luma.shape, int(np.median(luma))) == ((48, 64), 126)


def test_luma_is_not_shared_with_the_decoder():
    frame = planes("yuv420p", np.full((16, 16), 50, np.uint8), 2)
    UprightLuma(16, 16)(frame)[:] = 7
    assert np.frombuffer(frame.planes[0], np.uint8)[0] == 50


def folder_of(path: Path, kind: str, images: list[np.ndarray]) -> Path:
    path.mkdir()
    for index, image in enumerate(images):
        assert cv2.imwrite(str(path / f"image_{index}.{kind}"), image)
    return path


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_luma_of_pictures_is_the_same_with_and_without_colours(tmp_path: Path, test_data: Path, kind: str):
    image = cv2.resize(cv2.imread(str(test_data / "images/tfjs_pose.jpg")), (320, 240))
    folder = folder_of(tmp_path / "f", kind, [image, image[::-1], image[:, ::-1]])
    both, luma, rgb = (decoded(folder, pictures) for pictures in ("both", "luma", "rgb"))
    for one, grey, colour in zip(both, luma, rgb, strict=True):
        np.testing.assert_array_equal(one.luma, grey.luma)
        np.testing.assert_array_equal(one.image, colour.image)
        # Colours are cut off at white.
        assert np.percentile(np.abs(one.luma.astype(int) - grey_of(one.image)), 99) <= 2


def test_a_grey_read_of_a_jpeg_stands_upright(tmp_path: Path):
    """Cameras store pictures lying on their side, and say so in EXIF."""
    image = np.zeros((40, 80, 3), np.uint8)
    image[:, :40] = 255
    jpeg = cv2.imencode(".jpg", image)[1]
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    content = jpeg.tobytes()
    turned = content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + content[2:]
    luma = decode_luma(np.frombuffer(turned, np.uint8), "turned.jpg")
    assert luma.shape == (80, 40)
    assert (luma[:30].min() > 250, luma[50:].max() < 5) == (True, True)
    assert has_own_luma(np.frombuffer(turned, np.uint8))
