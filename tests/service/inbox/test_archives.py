"""Archives that are damaged, hostile or too large are refused, and the disk is as it was."""

import gzip
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.archives import COMPRESSIONS, few_calls, foldered, nested, refused, take, tarred, zipped

from neuropose_ray.errors import (
    ArchiveEmptyError,
    ArchiveInvalidError,
    ArchiveTooLargeError,
    InputNotFoundError,
    JobCollisionError,
)
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.archives import opened
from neuropose_ray.service.settings import ArchiveSettings


@pytest.mark.parametrize(
    "name", ["../out.mp4", "a/../../out.mp4", "/tmp/out.mp4", "C:/out.mp4", "..\\out.mp4", "../x.txt"]
)
@pytest.mark.parametrize("make", [zipped, tarred])
def test_paths_that_point_outside_are_refused(name: str, make: Callable[..., Path], tmp_path: Path, data: DataFolder):
    refused(make(tmp_path / "a", {"good.mp4": b"1", name: b"2"}), data, ArchiveInvalidError, "absolute|traversal")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(kind: bytes, tmp_path: Path, data: DataFolder):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("good.mp4"))
        info = tarfile.TarInfo("evil.mp4")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    refused(tmp_path / "a.tar", data, ArchiveInvalidError, "link or a device")


def test_a_folder_may_be_deeper_than_python_calls_and_is_listed_in_order(tmp_path: Path):
    folder = foldered(tmp_path / "folder", {f"{name}.mp4": b"1" for name in ("b/2", "b/1", "a", "b/1x/0", "c")})
    (nested(folder / "0", 150) / "deep.mp4").write_bytes(b"1")
    with opened(folder, ArchiveSettings()) as source, few_calls(100):
        names = ["/".join(member.parts[-2:]) for member in source.members()]
    assert names == ["a/deep.mp4", "a.mp4", "b/1.mp4", "1x/0.mp4", "b/2.mp4", "c.mp4"]


def test_links_in_a_zip_and_in_a_folder_are_refused(tmp_path: Path, data: DataFolder):
    info = zipfile.ZipInfo("evil.mp4")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    refused(tmp_path / "a.zip", data, ArchiveInvalidError, "link or a device")
    folder = foldered(tmp_path / "folder", {"walk.mp4": b"1"})
    (folder / "evil.mp4").symlink_to("/etc/passwd")
    refused(folder, data, ArchiveInvalidError, "link or a device")


def test_encrypted_and_damaged_members_are_refused(tmp_path: Path, data: DataFolder):
    path = zipped(tmp_path / "a.zip", {"walk.mp4": os.urandom(20000)})
    good = path.read_bytes()
    for offset, mark in ((6, b"PK\x03\x04"), (8, b"PK\x01\x02")):
        flags = good.index(mark) + offset
        good_flags = good[flags] | 1
        path.write_bytes(good[:flags] + bytes([good_flags]) + good[flags + 1 :])
        if mark == b"PK\x01\x02":
            refused(path, data, ArchiveInvalidError, "encrypted")
    path.write_bytes(good[:10000] + bytes(100) + good[10100:])
    refused(path, data, ArchiveInvalidError, "damaged")
    path.write_bytes(good[:15000])
    refused(path, data, ArchiveInvalidError, "damaged")


@pytest.mark.parametrize("suffix", COMPRESSIONS)
def test_a_tar_that_is_cut_or_damaged_is_refused_before_anything_is_written(
    suffix: str, tmp_path: Path, data: DataFolder
):
    files = {f"{number}.mp4": os.urandom(3000) for number in range(5)}
    path = tarred(tmp_path / "a.tar", files, COMPRESSIONS[suffix])
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    refused(path, data, ArchiveInvalidError, "damaged|neither")
    header = 2 * (512 + 3072)
    damaged = good[:header] + b"\xff" * 512 + good[header + 512 :]
    path.write_bytes(damaged)
    refused(path, data, ArchiveInvalidError, "damaged|neither")


def test_bombs_are_refused_by_what_they_declare_and_by_what_they_hold(tmp_path: Path, data: DataFolder):
    bomb = zipped(tmp_path / "bomb.zip", {"walk.mp4": bytes(5_000_000)})
    refused(bomb, data, ArchiveTooLargeError, "larger than 1000000 bytes", max_uncompressed_bytes=1_000_000)
    content = bomb.read_bytes()
    lying = content.replace(struct.pack("<I", 5_000_000), struct.pack("<I", 1000))
    assert lying != content
    (tmp_path / "lying.zip").write_bytes(lying)
    refused(tmp_path / "lying.zip", data, ArchiveInvalidError, max_uncompressed_bytes=1_000_000)
    many = zipped(tmp_path / "many.zip", {f"{number}.mp4": b"" for number in range(30)})
    refused(many, data, ArchiveTooLargeError, "20 members", max_members=20)
    refused(
        tarred(tmp_path / "many.tar", dict.fromkeys(map(str, range(30)), b"")),
        data,
        ArchiveTooLargeError,
        max_members=20,
    )
    nested = zipped(tmp_path / "nested.zip", {"inner.zip": bomb.read_bytes()})
    refused(nested, data, ArchiveEmptyError)


def test_a_header_that_asks_for_gigabytes_is_refused_without_reading_them(tmp_path: Path, data: DataFolder):
    info = tarfile.TarInfo("huge")
    info.type, info.size = tarfile.XHDTYPE, 1024**3
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(info.tobuf(tarfile.USTAR_FORMAT) + bytes(100_000)))
    refused(path, data, ArchiveTooLargeError, "header")


def test_what_is_no_archive_is_refused(tmp_path: Path, data: DataFolder):
    for content in (b"", b"no archive at all", os.urandom(5000), b"PK\x03\x04 no zip"):
        (tmp_path / "a.zip").write_bytes(content)
        refused(tmp_path / "a.zip", data, ArchiveInvalidError)
    with pytest.raises(InputNotFoundError):
        take(tmp_path / "missing.zip", data)
    refused(zipped(tmp_path / "notes.zip", {"notes.txt": b"1"}), data, ArchiveEmptyError, "no video")


def test_a_tar_whose_last_member_is_a_zip_is_a_tar(tmp_path: Path, data: DataFolder):
    inner = zipped(tmp_path / "inner.zip", {"evil.mp4": b"1"}).read_bytes()
    path = tarred(tmp_path / "a.tar", {"walk.mp4": b"1", "inner.zip": inner})
    assert [job.job_name for job in take(path, data).ingested] == ["walk"]


@given(st.binary(max_size=400), st.sampled_from(["zip", "tar", "gz"]))
def test_any_damage_to_an_archive_is_a_typed_error_or_none(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, kind: str
):
    folder = tmp_path_factory.mktemp("fuzz")
    make = {"zip": zipped, "tar": tarred, "gz": lambda path, files: tarred(path, files, gzip.compress)}[kind]
    content = bytearray(make(folder / "a", {"a.mp4": b"x" * 600, "b.mp4": b"y" * 600}).read_bytes())
    for index, value in enumerate(noise):
        content[(index * 7919 + value * 31) % len(content)] = value
    (folder / "a").write_bytes(content)
    try:
        take(folder / "a", DataFolder(folder / "data"))
    except (ArchiveInvalidError, ArchiveEmptyError, ArchiveTooLargeError, JobCollisionError):
        assert not list((folder / "data" / "in").iterdir())
    assert sorted(path.name for path in folder.iterdir()) == ["a", "data"]
    assert not list((folder / "data").glob(".ingest_*"))
