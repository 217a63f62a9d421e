"""Uploaded files on their way to a job."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from neuropose_ray.errors import RequestError, StorageFullError, TooLargeError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.uploads import Upload
from neuropose_ray.service.jobs.cleanup import clear_incoming
from neuropose_ray.service.settings import UploadSettings


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.create()
    return folder


def upload_of(data: DataFolder, min_free_bytes: int = 0, **limits: int) -> Upload:
    return Upload(data, UploadSettings(**limits), min_free_bytes)


async def received(upload: Upload, *files: tuple[str, bytes]) -> None:
    for name, content in files:
        upload.begin(name)
        await upload.write(content)
        await upload.end()


def test_a_job_gets_the_files_and_nothing_else(data: DataFolder):
    upload = upload_of(data)
    asyncio.run(received(upload, ("walk.mp4", b"walk"), ("sit.mov", b"sit")))
    clear_incoming(data.incoming)  # while they are on their way
    folder = data.job("0f" * 16).uploads
    upload.move_to(folder)
    upload.discard()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"walk.mp4": b"walk", "sit.mov": b"sit"}
    assert [(each.name, each.size_bytes, each.sha256) for each in upload.inputs] == [
        ("walk.mp4", 4, hashlib.sha256(b"walk").hexdigest()),
        ("sit.mov", 3, hashlib.sha256(b"sit").hexdigest()),
    ]
    assert list(data.incoming.iterdir()) == []


def test_what_is_discarded_leaves_nothing(data: DataFolder):
    upload = upload_of(data)
    upload.begin("walk.mp4")
    upload.discard()
    upload.discard()
    assert list(data.incoming.iterdir()) == []


@pytest.mark.parametrize("name", ["../a.mp4", "a/b.mp4", ".a.mp4", "a.txt", "a\n.mp4", "", "ä" * 150 + ".mp4"])
def test_a_name_that_cannot_be_used_is_refused(data: DataFolder, name: str):
    with pytest.raises(RequestError):
        upload_of(data).begin(name)


def test_two_files_of_one_name_too_many_files_and_too_many_bytes_are_refused(data: DataFolder):
    upload = upload_of(data, max_files=2, max_bytes=5)
    asyncio.run(received(upload, ("walk.mp4", b"walk")))
    with pytest.raises(RequestError, match="one name"):
        upload.begin("WALK.mp4")
    upload.begin("sit.mp4")
    with pytest.raises(TooLargeError, match="more than 5 bytes"):
        asyncio.run(upload.write(b"sit"))
    asyncio.run(upload.end())
    with pytest.raises(TooLargeError, match="more than 2 files"):
        upload.begin("stand.mp4")
    upload.discard()


def test_a_disk_that_would_be_too_full_is_said_before_anything_is_sent(data: DataFolder):
    with pytest.raises(StorageFullError):
        upload_of(data, min_free_bytes=2**60).check_room(0)
