"""Decoded pictures as upright YUV: what is encoded again is what was decoded, and looks as its RGB does."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.video.convert import UprightRGB
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk
from neuropose_ray.video.yuv import PicturePart, PixelBuffer, UprightYUV, YUVMatrix, planes_of, planes_of_rgb

FORMATS = [
    "yuv420p", "yuvj420p", "nv12", "yuv422p", "yuvj422p", "yuv444p", "yuv420p10le", "yuv422p10le", "p010le", "gray",
    "bgr24", "gbrp", "yuv440p", "yuva420p",
]  # fmt: skip
WHOLE = (-np.inf, np.inf)


def smooth(width: int, height: int) -> np.ndarray:
    """Colours that change slowly, so that formats with fewer samples of them show the same."""
    cells = np.random.default_rng(1).integers(30, 226, (3, 4, 3), np.uint8)
    return cv2.resize(cells, (width, height), interpolation=cv2.INTER_LINEAR)


def picture(pixel_format: str, width: int, height: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(smooth(width, height), format="rgb24").reformat(format=pixel_format)


def pixels_of(planes: np.ndarray) -> np.ndarray:
    return PixelBuffer(len(planes) // 3 * 2, planes.shape[1]).filled(planes)


def rgb_of(planes: np.ndarray, matrix: YUVMatrix) -> np.ndarray:
    of_rgb = matrix.of_rgb
    return np.clip((pixels_of(planes) - of_rgb[:, 3]) @ np.linalg.inv(of_rgb[:, :3]).T, 0, 255)


def even(image: np.ndarray) -> np.ndarray:
    return image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2]


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [(64, 48), (63, 47)])
def test_every_pixel_format_looks_as_its_rgb_does(pixel_format, size):
    frame, convert = picture(pixel_format, *size), UprightYUV(*size)
    planes = convert(frame)
    shape = (size[1] // 2 * 3, size[0] // 2 * 2)
    assert (planes.dtype, planes.shape, planes.flags.c_contiguous) == (np.uint8, shape, True)
    change = np.abs(rgb_of(planes, convert.matrix) - even(UprightRGB(*size)(frame)))
    assert change.mean() < 3
    assert np.percentile(change, 99) < 12


def test_what_was_decoded_is_what_is_encoded():
    planes = np.random.default_rng(2).integers(16, 236, (72, 64), np.uint8)
    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    decoded = UprightYUV(64, 48)(frame)
    np.testing.assert_array_equal(decoded, planes)
    np.testing.assert_array_equal(planes_of(pixels_of(decoded)), planes)


EDGES = st.tuples(st.floats(-80, 140), st.floats(-80, 140)).map(lambda edges: tuple(sorted(edges)))


@given(rows=EDGES, columns=EDGES)
def test_a_part_holds_what_of_its_pixels_is_in_the_picture_and_has_even_edges(rows, columns):
    part = PicturePart.covering(rows, columns, 48, 64)
    wanted = [
        [pixel for pixel in range(size) if int(np.floor(first)) <= pixel <= int(np.floor(last))]
        for (first, last), size in ((rows, 48), (columns, 64))
    ]
    if part is None:
        assert not all(wanted)
        return
    assert not any(edge % 2 for edge in (part.top, part.bottom, part.left, part.right))
    assert part.of(np.ones((48, 64))).size == part.area == 4 * part.of_colour(np.ones((24, 32))).size > 0
    for pixels, first, last in zip(wanted, (part.top, part.left), (part.bottom, part.right), strict=True):
        assert not pixels or (first in (pixels[0], pixels[0] - 1) and last - 1 in (pixels[-1], pixels[-1] + 1))


@given(
    st.lists(st.tuples(*[st.integers(0, 24), st.integers(0, 24), st.integers(0, 32), st.integers(0, 32)]), max_size=3)
)
def test_parts_are_filled_and_written_as_the_whole_picture_is_and_all_else_stays(edges):
    parts = [PicturePart(*(2 * edge for edge in part)) for part in edges if part[0] < part[1] and part[2] < part[3]]
    random = np.random.default_rng(3)
    planes, drawn = (random.integers(0, 256, shape, np.uint8) for shape in ((72, 64), (48, 64, 3)))
    inside = np.zeros((48, 64), bool)
    for part in parts:
        part.of(inside)[:] = True
    buffer = PixelBuffer(48, 64)
    buffer.pixels[:] = 7
    np.testing.assert_array_equal(buffer.filled(planes, parts), np.where(inside[..., None], pixels_of(planes), 7))
    written = pixels_of(planes_of(drawn, planes.copy(), parts))
    expected = np.where(inside[..., None], pixels_of(planes_of(drawn)), pixels_of(planes))
    np.testing.assert_array_equal(written, expected)


@pytest.mark.parametrize(
    ("stated", "matrix"),
    [(1, YUVMatrix.BT709), (2, YUVMatrix.BT601), (5, YUVMatrix.BT601), (6, YUVMatrix.BT601), (9, YUVMatrix.BT709)],
)
def test_the_matrix_is_that_of_the_file_and_what_is_of_another_is_converted(stated, matrix):
    frame, convert = picture("yuv420p", 64, 48), UprightYUV(64, 48)
    frame.colorspace = stated
    planes = convert(frame)
    assert convert.matrix is matrix
    assert np.abs(rgb_of(planes, matrix) - UprightRGB(64, 48)(frame)).mean() < 2


def test_a_stream_keeps_the_matrix_of_its_first_picture():
    convert, frames = UprightYUV(64, 48), [picture("yuv420p", 64, 48) for _ in range(2)]
    for frame, stated in zip(frames, (1, 6), strict=True):
        frame.colorspace = stated
        planes = convert(frame)
        assert convert.matrix is YUVMatrix.BT709
        assert np.abs(rgb_of(planes, convert.matrix) - UprightRGB(64, 48)(frame)).mean() < 2


def test_frames_that_change_their_size_become_pictures_of_one_size():
    convert = UprightYUV(64, 48)
    shapes = [convert(picture("yuv420p", width, height)).shape for width, height in ((64, 48), (128, 96), (33, 31))]
    assert shapes == [(72, 64)] * 3


@pytest.mark.parametrize("matrix", list(YUVMatrix))
def test_black_white_grey_and_the_primaries_are_where_the_standard_has_them(matrix):
    colours = np.array([(0, 0, 0), (255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 0, 255)], np.uint8)
    planes = planes_of_rgb(np.repeat(np.repeat(colours[None], 2, axis=0), 2, axis=1), matrix)
    yuv = pixels_of(planes)[0, ::2].tolist()
    assert yuv[:3] == [[16, 128, 128], [235, 128, 128], [126, 128, 128]]
    assert yuv[3][2] == yuv[4][1] == 240
    expected = {YUVMatrix.BT601: (81, 41), YUVMatrix.BT709: (63, 32)}[matrix]
    assert (yuv[3][0], yuv[4][0]) == expected


@pytest.mark.parametrize(
    "name",
    [
        "odd/decord_video_90.mov", "odd/decord_video_180.mov", "odd/decord_video_270.mov", "odd/made_rot90_walk.mp4",
        "odd/torchcodec_h264_10bits.mp4", "odd/torchcodec_h265_10bits.mp4", "odd/torchcodec_av1_video.mkv",
        "field/hlg_hdr.mov", "field/lamp_is_no_person_405x719.mp4", "opencap/squat.mp4",
    ],
)  # fmt: skip
def test_real_videos_look_as_their_rgb_does(test_data: Path, name):
    """Turned ones, of odd size, of 10 bits, of high dynamic range."""
    info = probe(open_source(test_data / name))
    chunk = Chunk(0, *WHOLE, 0, info.frame_count)
    pairs = zip(decode_chunk(info, chunk), decode_chunk(info, chunk, pictures="planes"), strict=False)
    for _, (rgb, yuv) in zip(range(3), pairs, strict=False):
        assert yuv.timestamp_s == rgb.timestamp_s
        shown, expected = np.rint(rgb_of(yuv.planes, yuv.matrix)).astype(np.uint8), even(rgb.image)
        assert shown.shape == expected.shape
        luma, luma_too = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(int) for image in (shown, expected))
        assert np.abs(luma - luma_too).mean() < 1.5
        # Colours have half the resolution, and libswscale blends them with their neighbours.
        size = (info.width // 8, info.height // 8)
        coarse = [cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(int) for image in (shown, expected)]
        # A test pattern is made of edges between colours so full that RGB cannot show what a decoder makes of them.
        assert np.abs(coarse[0] - coarse[1]).mean() < (3 if "torchcodec" in name else 1.5)


def test_pictures_of_a_folder_become_yuv_too(tmp_path):
    for index in range(2):
        cv2.imwrite(str(tmp_path / f"image_{index}.png"), smooth(64, 48)[..., ::-1])
    info = probe(open_source(tmp_path, fps=30))
    frames = list(decode_chunk(info, Chunk(0, *WHOLE, 0, 2), pictures="planes"))
    assert [frame.matrix for frame in frames] == [YUVMatrix.BT709] * 2
    assert np.abs(rgb_of(frames[0].planes, YUVMatrix.BT709) - smooth(64, 48)).mean() < 3
