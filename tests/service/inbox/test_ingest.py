"""Archives into the inbox: all of it or nothing, and never anything elsewhere."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import (
    ArchiveEmptyError,
    ArchiveInvalidError,
    ArchiveTooLargeError,
    InputNotFoundError,
    JobCollisionError,
    OutputError,
)
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.ingest import IngestResult, clear_leftovers, ingest
from neuropose_ray.service.inbox.names import RESERVED_NAMES, file_name, is_partial, job_name
from neuropose_ray.service.settings import ArchiveSettings

TRIALS = {"patient 1/walk.mp4": b"w" * 5000, "patient 1/run.MOV": b"r" * 3000, "notes.txt": b"n"}
COMPRESSIONS = {"": lambda data: data, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "data")


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], compress: Callable[[bytes], bytes] = lambda data: data) -> Path:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    path.write_bytes(compress(buffer.getvalue()))
    return path


def foldered(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def take(archive: Path, data: DataFolder, *, force: bool = False, **limits: int) -> IngestResult:
    return ingest(archive, data, limits=ArchiveSettings(**limits), force=force)


def everything(root: Path) -> dict[str, bytes | None]:
    found = sorted(path for path in root.rglob("*"))
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in found}


def refused(archive: Path, data: DataFolder, error: type[Exception], text: str | None = None, **limits: int) -> None:
    """The archive is refused, and the disk is as it was."""
    data.create()
    before = everything(data.root.parent)
    with pytest.raises(error, match=text):
        take(archive, data, **limits)
    assert everything(data.root.parent) == before


@pytest.mark.parametrize("kind", ["zip", "folder", *(f"tar{suffix}" for suffix in COMPRESSIONS)])
def test_each_video_becomes_a_job_that_is_named_after_its_path(kind: str, tmp_path: Path, data: DataFolder):
    path = tmp_path / f"trials.{kind}"
    if kind == "zip":
        zipped(path, TRIALS)
    elif kind == "folder":
        foldered(path, TRIALS)
    else:
        tarred(path, TRIALS, COMPRESSIONS[kind.removeprefix("tar")])
    result = take(path, data)
    assert {job.job_name: job.video_filename for job in result.ingested} == {
        "patient_1_walk": "walk.mp4", "patient_1_run": "run.MOV",
    }  # fmt: skip
    assert result.skipped_non_videos == ("notes.txt",)
    assert result.total_uncompressed_bytes == 8000
    assert everything(data.inbox) == {
        "patient_1_run": None, "patient_1_run/run.MOV": b"r" * 3000,
        "patient_1_walk": None, "patient_1_walk/walk.mp4": b"w" * 5000,
    }  # fmt: skip
    assert not list(data.root.glob(".ingest_*"))


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


def test_litter_of_a_mac_is_no_video(tmp_path: Path, data: DataFolder):
    files = {"walk.mp4": b"1", "__MACOSX/._walk.mp4": b"2", ".hidden/run.mp4": b"3"}
    assert [job.job_name for job in take(zipped(tmp_path / "a.zip", files), data).ingested] == ["walk"]


def test_a_tar_whose_last_member_is_a_zip_is_a_tar(tmp_path: Path, data: DataFolder):
    inner = zipped(tmp_path / "inner.zip", {"evil.mp4": b"1"}).read_bytes()
    path = tarred(tmp_path / "a.tar", {"walk.mp4": b"1", "inner.zip": inner})
    assert [job.job_name for job in take(path, data).ingested] == ["walk"]


def test_all_collisions_are_listed_and_nothing_is_placed(tmp_path: Path, data: DataFolder):
    archive = zipped(tmp_path / "a.zip", {"a.mp4": b"1", "b.mp4": b"1", "c.mp4": b"1"})
    data.create()
    (data.inbox / "a").mkdir()
    (data.inbox / "C").mkdir()
    with pytest.raises(JobCollisionError) as caught:
        take(archive, data)
    assert caught.value.collisions == ("a", "c")
    assert pickle.loads(pickle.dumps(caught.value)).collisions == ("a", "c")
    assert sorted(path.name for path in data.inbox.iterdir()) == ["C", "a"]
    twins = zipped(tmp_path / "twins.zip", {"x/walk.mp4": b"1", "x_Walk.mov": b"2", "run.mp4": b"3"})
    with pytest.raises(JobCollisionError) as caught:
        take(twins, data)
    assert caught.value.collisions == ("x_walk", "x_Walk")


def test_force_puts_new_jobs_in_the_place_of_old_ones(tmp_path: Path, data: DataFolder):
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"old"}), data)
    (data.inbox / "walk" / "more.txt").write_text("old")
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"new"}), data, force=True)
    assert everything(data.inbox) == {"walk": None, "walk/walk.mp4": b"new"}
    assert not list(data.root.glob(".ingest_*"))


def test_an_error_while_placing_takes_everything_back(tmp_path: Path, data: DataFolder):
    data.create()
    (data.inbox / "b").write_text("in the way")
    archive = zipped(tmp_path / "a.zip", {"a.mp4": b"1", "b.mp4": b"1"})
    before = everything(data.root)
    real = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if path.name == "b" and path.parent.name == "new":
            raise OSError(28, "No space left on device", str(path))
        return real(path, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "rename", failing)
        with pytest.raises(OutputError, match="No space"):
            take(archive, data, force=True)
    assert everything(data.root) == before


def test_what_a_killed_ingest_left_is_cleared_and_a_running_one_is_not(data: DataFolder):
    from neuropose_ray.service.inbox.lock import held_lock

    data.create()
    (data.root / ".ingest_dead" / "new" / "walk").mkdir(parents=True)
    (data.root / ".ingest_alive").mkdir()
    with held_lock(data.root / ".ingest_alive" / ".lock"):
        clear_leftovers(data)
        assert [path.name for path in data.root.glob(".ingest_*")] == [".ingest_alive"]


def test_files_are_for_their_owner_alone(tmp_path: Path, data: DataFolder):
    take(zipped(tmp_path / "a.zip", {"walk.mp4": b"1"}), data)
    assert stat.S_IMODE((data.inbox / "walk").stat().st_mode) == 0o700
    assert stat.S_IMODE((data.inbox / "walk" / "walk.mp4").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("path", "name"),
    [("walk.mp4", "walk"), ("a b/c--d.é.mp4", "a_b_c--d.é"), ("__x__.mov", "x"), ("...mp4", "mp4"),
     ("é.mp4", "é"), ("e\u0301.mp4", "é"), ("李.mp4", "李"), ("हिन्दी.mp4", "हिन्दी"), ("🏃.mp4", "🏃"),
     ("\u200b$ .mp4", "video"), ("..a.mp4", "a"), ("a/b/c.d.mp4", "a_b_c.d"),
     ("status.json.mp4", "status.json_video")],
)  # fmt: skip
def test_names_of_jobs(path: str, name: str):
    assert job_name(tuple(path.split("/"))) == name.rstrip("_")


def test_names_in_all_scripts_give_jobs_of_their_own(tmp_path: Path, data: DataFolder):
    names = ["李", "王", "Müller", "Möller", "Ωμέγα", "иван", "हिन्दी", "مشي", "جري", "🏃", "🚶"]
    take(zipped(tmp_path / "a.zip", {f"{name}.mp4": name.encode() for name in names}), data)
    assert sorted(path.name for path in data.inbox.iterdir()) == sorted(names)
    assert {next(path.iterdir()).read_bytes().decode() for path in data.inbox.iterdir()} == set(names)


def test_one_name_in_both_forms_of_unicode_is_a_collision(tmp_path: Path, data: DataFolder):
    folder = tmp_path / "videos"
    folder.mkdir()
    for name in ("Mu\u0308ller", "M\u00fcller"):
        (folder / f"{name}.mp4").write_bytes(b"1")
    with pytest.raises(JobCollisionError, match="Müller"):
        take(folder, data)


@pytest.mark.parametrize("letter", ["w", "é", "王", "🏃"])
def test_long_names_are_cut_between_letters_and_stay_apart(letter: str):
    first, second = (job_name((letter * 250 + end + ".mp4",)) for end in ("a", "b"))
    assert first != second
    for name in (first, second, file_name(letter * 250 + ".mp4")):
        assert len(name.encode()) <= 190
        assert name.startswith(letter * 20)


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=4))
def test_any_path_gives_names_that_stay_in_their_folder(parts: list[str]):
    for name in (job_name(tuple(parts)), file_name(parts[-1] + ".mp4")):
        assert name not in (".", "..")
        assert not name.startswith(".")
        assert "/" not in name
        assert "\x00" not in name
        assert name.lower() not in RESERVED_NAMES
        assert 0 < len(name.encode()) < 255


@pytest.mark.parametrize(
    ("name", "partial"),
    [("walk.mp4", False), ("walk.mp4.part", True), ("walk.mp4.crdownload", True), (".walk.mp4.Xa81bQ", True),
     (".config.backup", False), ("walk.MP4.TMP", True), ("notes.txt", False)],
)  # fmt: skip
def test_names_of_files_that_are_being_copied(name: str, partial: bool):
    assert is_partial(name) == partial


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
