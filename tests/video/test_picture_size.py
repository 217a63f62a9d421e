"""The size of a picture is known from its first bytes, before anything is decoded."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import VideoError
from neuropose_ray.video.picture_size import picture_size

WIDTH, HEIGHT = 123, 45
KINDS = {
    "jpg": [],
    "progressive.jpg": [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
    "png": [],
    "lossy.webp": [cv2.IMWRITE_WEBP_QUALITY, 80],
    "lossless.webp": [cv2.IMWRITE_WEBP_QUALITY, 101],
    "bmp": [],
}


def encoded(kind: str, channels: int = 3) -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, channels), np.uint8)
    return cv2.imencode("." + kind.split(".")[-1], noise, KINDS[kind])[1].tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_that_is_taken_tells_its_size(kind: str):
    assert picture_size(encoded(kind)) == (WIDTH, HEIGHT)


def test_webp_with_an_alpha_channel_too():
    assert picture_size(encoded("lossy.webp", channels=4)) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_tells_the_same_size_or_is_refused(kind: str):
    content = encoded(kind)
    for length in range(200):
        try:
            assert picture_size(content[:length]) == (WIDTH, HEIGHT)
        except VideoError:
            assert length < len(content)


def test_a_large_thumbnail_before_the_picture_does_not_deceive():
    thumbnail = encoded("jpg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    real = cv2.imencode(".jpg", np.zeros((7, 9, 3), np.uint8))[1].tobytes()
    assert picture_size(real[:2] + segment + real[2:]) == (9, 7)


@given(
    st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF0000WEBPVP8 ", b"RIFF0000WEBPVP8X", b"BM"]),
    st.binary(max_size=60),
)
def test_whatever_comes_is_a_size_or_a_refusal(start: bytes, rest: bytes):
    try:
        width, height = picture_size(start + rest)
    except VideoError:
        return
    assert width > 0 and height > 0  # noqa: PT018


def test_a_file_of_nothing_but_markers_is_given_up_soon():
    with pytest.raises(VideoError):
        picture_size(b"\xff\xd8" + b"\xff" * 5_000_000)
