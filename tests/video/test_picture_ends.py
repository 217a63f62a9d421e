"""A picture's file that was cut off is told from one that is whole."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.video.picture_ends import is_cut_short


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95, 1.0])
def test_a_file_that_was_cut_off_is_known(tmp_path: Path, kind: str, kept: float):
    noise = np.random.default_rng(5).integers(0, 256, (120, 160, 3), np.uint8)
    content = cv2.imencode(f".{kind}", noise)[1].tobytes()
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content[: int(kept * len(content))])
    assert is_cut_short(path) == (kept < 1)


def test_the_end_of_a_thumbnail_is_not_that_of_the_picture(tmp_path: Path):
    whole = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    thumbnail = b"Exif\0\0" + whole
    content = whole[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + whole[2:]
    (tmp_path / "a.jpg").write_bytes(content)
    assert not is_cut_short(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes(content[:-40])
    assert is_cut_short(tmp_path / "a.jpg")


def test_bytes_behind_a_whole_picture_do_not_count(tmp_path: Path):
    content = cv2.imencode(".jpg", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    (tmp_path / "a.jpg").write_bytes(content + bytes(5000))
    assert not is_cut_short(tmp_path / "a.jpg")


def test_of_other_kinds_and_of_what_cannot_be_read_nothing_is_said(tmp_path: Path):
    (tmp_path / "a.webp").write_bytes(b"RIFF")
    assert not is_cut_short(tmp_path / "a.webp")
    assert not is_cut_short(tmp_path / "none.jpg")
