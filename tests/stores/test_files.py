"""Pictures in files and in Redis: whole or not at all, for their time, below their folder."""

import os
import stat
import time
from pathlib import Path

import pytest
from support.small_disk import small_disk

from neuropose_ray.errors import StoreError, StoreUnavailableError
from neuropose_ray.stores import ImageStore
from neuropose_ray.stores.files import FileImages, media_type_of

JPEG, PNG = b"\xff\xd8\xff\xe0 picture", b"\x89PNG\r\n\x1a\n picture"


def test_a_picture_is_kept_for_its_time_with_its_type(images: ImageStore):
    before = time.time()
    images.put("Room 3/a b.jpg", JPEG, 60)
    image = images.get("Room 3/a b.jpg")
    assert image is not None
    assert (image.data, image.media_type) == (JPEG, "image/jpeg")
    assert image.expires_at is not None
    assert before + 59 < image.expires_at < time.time() + 61


def test_a_picture_without_a_time_is_kept_for_ever(images: ImageStore):
    images.put("a.png", PNG, None)
    assert images.get("a.png").expires_at is None
    assert images.sweep(time.time() + 1e9) == 0
    assert images.list() == ("a.png",)


def test_a_picture_whose_time_is_over_is_there_no_more(images: ImageStore):
    images.put("a.jpg", JPEG, 0.001)
    time.sleep(0.05)
    assert images.get("a.jpg") is None
    assert images.list() == ()


def test_a_later_picture_takes_the_place_of_an_earlier_one_and_its_time(images: ImageStore):
    images.put("a.jpg", JPEG, 1)
    images.put("a.jpg", PNG, None)
    assert images.get("/a.jpg/").data == PNG
    assert images.get("a.jpg").expires_at is None


def test_keys_are_listed_by_how_they_begin(images: ImageStore):
    for key in ("Küche/2", "Küche/1", "Flur*/1", "../x"):
        images.put(key, JPEG, 60)
    assert images.list() == ("../x", "Flur*/1", "Küche/1", "Küche/2")
    assert images.list("Kü") == ("Küche/1", "Küche/2")
    assert images.list("Flur*") == ("Flur*/1",)
    assert images.list("", limit=1) == ("../x",)


def test_a_picture_can_be_deleted_once(images: ImageStore):
    images.put("Room 3/a.jpg", JPEG, 60)
    assert [images.delete("Room 3/a.jpg"), images.delete("Room 3/a.jpg")] == [True, False]
    assert images.get("Room 3/a.jpg") is None


@pytest.mark.parametrize("key", ["", "/", "a" * 600])
def test_a_key_that_cannot_be_is_refused(images: ImageStore, key: str):
    for call in (images.get, images.delete, lambda key: images.put(key, JPEG, 1)):
        with pytest.raises(StoreError, match="not a key"):
            call(key)


def test_sweeping_removes_files_whose_time_is_over_and_empty_folders(tmp_path: Path):
    images = FileImages(tmp_path / "images")
    images.put("a/b/old.jpg", JPEG, 10)
    images.put("a/new.jpg", JPEG, 1000)
    assert images.sweep(time.time() + 100) == 1
    assert [path.name for path in (tmp_path / "images").rglob("*")] == ["a", "new.jpg"]


def test_nothing_is_written_outside_of_the_folder_and_only_its_user_reads_it(tmp_path: Path):
    images = FileImages(tmp_path / "images")
    for key in ("../../out.jpg", "/etc/out.jpg", ".", ".hidden/x", "a/../../../b"):
        images.put(key, JPEG, 60)
    assert [path.name for path in tmp_path.iterdir()] == ["images"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 5
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert not any(path.name.startswith(".") for path in tmp_path.rglob("*"))


def test_what_a_killed_process_left_half_written_is_removed_later(tmp_path: Path):
    images = FileImages(tmp_path / "images")
    images.put("a.jpg", JPEG, 60)
    half = tmp_path / "images" / ".b.jpg.0123abcd.tmp"
    half.write_bytes(JPEG)
    images.sweep(time.time())
    assert half.exists()
    os.utime(half, (0, time.time() - 3600))
    images.sweep(time.time())
    assert not half.exists()
    assert images.list() == ("a.jpg",)


def test_a_key_that_is_the_beginning_of_another_is_refused(tmp_path: Path):
    images = FileImages(tmp_path / "images")
    images.put("a/b", JPEG, 60)
    for key in ("a", "a/b/c"):
        with pytest.raises(StoreError, match="another picture's key") as caught:
            images.put(key, JPEG, 60)
        assert not caught.value.retryable
    assert images.list() == ("a/b",)


def test_a_full_disk_is_a_store_that_is_away(tmp_path: Path):
    with small_disk(tmp_path / "disk", megabytes=1) as folder:
        images = FileImages(folder / "images")
        with pytest.raises(StoreUnavailableError, match="cannot be written"):
            images.put("a.jpg", bytes(2_000_000), 60)
        assert images.list() == ()
        images.put("a.jpg", JPEG, 60)


def test_what_is_neither_jpeg_nor_png_is_bytes():
    assert [media_type_of(data) for data in (JPEG, PNG, b"")] == [
        "image/jpeg", "image/png", "application/octet-stream"
    ]  # fmt: skip
