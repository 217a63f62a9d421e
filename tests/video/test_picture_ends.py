"""A picture's file that was cut off is told from one that is whole."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.video.picture_ends import is_cut_short

END = b"\xff\xd9"


def jpeg(picture=np.full((64, 64, 3), 90, np.uint8)):
    return cv2.imencode(".jpg", picture)[1].tobytes()


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95, 1.0])
def test_a_file_that_was_cut_off_is_known(kind: str, kept: float):
    noise = np.random.default_rng(5).integers(0, 256, (120, 160, 3), np.uint8)
    content = cv2.imencode(f".{kind}", noise)[1].tobytes()
    assert is_cut_short(content[: int(kept * len(content))]) == (kept < 1)


def test_the_end_of_a_thumbnail_is_not_that_of_the_picture():
    whole = jpeg()
    thumbnail = b"Exif\0\0" + whole
    content = whole[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + whole[2:]
    assert not is_cut_short(content)
    assert is_cut_short(content[:-40])


def test_bytes_behind_a_whole_picture_do_not_count():
    assert not is_cut_short(jpeg() + bytes(5000))


def test_a_jpeg_without_a_scan_is_cut_short_whatever_it_ends_with():
    assert is_cut_short(b"\xff\xd8\xff\xe0" + END)


@given(st.lists(st.sampled_from([b"\xff\xda", END, b"\xff", b"\x00", b"scan"]), max_size=9))
def test_the_last_scan_must_have_an_end_behind_it(parts: list[bytes]):
    content = b"\xff\xd8\xff\xe0" + b"".join(parts)
    scan = content.rfind(b"\xff\xda")
    assert is_cut_short(content) == (scan < 0 or END not in content[scan:])


def test_of_other_kinds_nothing_is_said():
    assert not is_cut_short(b"RIFF")
    assert not is_cut_short(b"")
