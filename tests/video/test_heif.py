"""Pictures of phones: HEIC and AVIF are upright RGB as any other, or one line that says why not."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support.heic import write_heic

from neuropose_ray.errors import VideoError
from neuropose_ray.video.heif import decode_heif, is_heif
from neuropose_ray.video.images import decode_image, read_image
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

#: EXIF's orientation: the picture is shown turned by 90 degrees clockwise.
TURNED_RIGHT = 6


@pytest.fixture
def photo(test_data: Path) -> np.ndarray:
    return cv2.resize(read_image(test_data / "images/tfjs_pose.jpg"), (192, 128))


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_heic_picture_is_shown_upright(photo: np.ndarray, tmp_path: Path, turns: int) -> None:
    write_heic(tmp_path / "IMG_0001.HEIC", photo, turns)
    image = read_image(tmp_path / "IMG_0001.HEIC")
    expected = np.rot90(photo, turns)
    assert (image.shape, image.dtype, image.flags.c_contiguous) == (expected.shape, np.uint8, True)
    assert np.abs(image.astype(int) - expected).mean() < 6
    image[:] = 0


@pytest.mark.parametrize("orientation", [None, TURNED_RIGHT])
def test_an_avif_picture_is_shown_upright(photo: np.ndarray, tmp_path: Path, orientation: int | None) -> None:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(photo).save(tmp_path / "a.avif", quality=95, exif=exif)
    expected = photo if orientation is None else np.rot90(photo, -1)
    image = read_image(tmp_path / "a.avif")
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 6


def test_a_folder_of_them_is_a_video(photo: np.ndarray, tmp_path: Path) -> None:
    for number in (1, 2):
        write_heic(tmp_path / f"IMG_{number:04d}.heic", photo)
    info = probe(open_source(tmp_path))
    assert (info.frame_count, info.width, info.height, info.codec) == (2, 192, 128, "heic")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"\0\0\0\x18ftypheic", True),
        (b"\0\0\0\x18ftypavif", True),
        (b"\0\0\0\x18ftypisom", False),
        (b"\xff\xd8", False),
        (b"", False),
    ],
)
def test_they_are_known_by_their_first_bytes_whatever_their_name(head: bytes, expected: bool) -> None:
    assert is_heif(np.frombuffer(head, np.uint8)) is expected


def test_one_that_is_cut_off_is_one_line(photo: np.ndarray, tmp_path: Path) -> None:
    write_heic(tmp_path / "a.heic", photo)
    content = np.fromfile(tmp_path / "a.heic", np.uint8)
    with pytest.raises(VideoError, match=r"^a\.heic: the image cannot be decoded .*; save it again as JPEG or PNG$"):
        decode_heif(content[: len(content) // 2], "a.heic")


@given(data=st.data())
@settings(max_examples=100)
def test_whatever_is_damaged_is_a_picture_or_one_line(tmp_path_factory: pytest.TempPathFactory, data) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.avif"
    if not path.exists():
        Image.fromarray(np.random.default_rng(1).integers(0, 255, (32, 48, 3), np.uint8)).save(path)
    content = np.fromfile(path, np.uint8)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(16, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = decode_image(content[: data.draw(st.integers(16, len(content)))], "a.avif")
    except VideoError:
        return
    assert image.ndim == 3
