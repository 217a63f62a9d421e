"""Archives of pictures: packed and unpacked to the same files, refused whole where they are hostile or no series."""

import io
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.frame_folders import write_folder

from neuropose_ray.errors import (
    ArchiveEmptyError,
    ArchiveInvalidError,
    ArchiveTooLargeError,
    InputNotFoundError,
    NeuroposeRayError,
)
from neuropose_ray.service.frame_archives import is_archive_name, name_in_archive, pack_frames, unpack_frames
from neuropose_ray.service.settings import ArchiveSettings

LIMITS = ArchiveSettings()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_what_is_packed_is_unpacked_as_it_was_and_once(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 12, kind="jpg")
    (folder / "image_03.jpg").write_bytes(b"a second picture of this number")
    (folder / "notes.txt").write_bytes(b"no picture")
    pack_frames(folder, tmp_path / "cam.tar")
    target = tmp_path / "job" / "frames" / "cam.tar" / "cam"
    assert unpack_frames(tmp_path / "cam.tar", target, LIMITS) == target
    before = contents(folder)
    del before["notes.txt"]
    assert contents(target) == before
    (tmp_path / "cam.tar").write_bytes(b"")
    assert unpack_frames(tmp_path / "cam.tar", target, LIMITS) == target
    assert [path.name for path in target.parent.iterdir()] == ["cam"]


def test_two_who_unpack_the_same_archive_both_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A try that took too long may go on while the next one begins."""
    pack_frames(write_folder(tmp_path / "cam", 12, kind="jpg"), tmp_path / "cam.tar")
    target, barrier, rename = tmp_path / "frames" / "cam", threading.Barrier(2, timeout=30), Path.rename

    def rename_together(path: Path, to: Path) -> Path:
        barrier.wait()
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", rename_together)
    with ThreadPoolExecutor(2) as threads:
        folders = list(threads.map(lambda _: unpack_frames(tmp_path / "cam.tar", target, LIMITS), range(2)))
    assert folders == [target, target]
    assert contents(target) == contents(tmp_path / "cam")
    assert [path.name for path in target.parent.iterdir()] == ["cam"]


def test_a_picture_that_is_no_file_is_one_bad_frame_where_it_is_unpacked_too(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 3)
    (folder / "image_3.png").symlink_to("nowhere")
    pack_frames(folder, tmp_path / "cam.tar")
    unpacked = contents(unpack_frames(tmp_path / "cam.tar", tmp_path / "frames" / "cam", LIMITS))
    assert sorted(unpacked) == [f"image_{number}.png" for number in range(4)]
    assert unpacked["image_3.png"] == b""


def test_a_folder_in_the_archive_and_litter_do_not_count(tmp_path: Path):
    members = {"cam/i_1.png": b"1", "cam/i_2.png": b"2", "__MACOSX/cam/._i_1.png": b"x", "cam/.DS_Store": b"x"}
    target = unpack_frames(zipped(tmp_path / "a.zip", members), tmp_path / "out", LIMITS)
    assert contents(target) == {"i_1.png": b"1", "i_2.png": b"2"}


@pytest.mark.parametrize(
    ("members", "error", "what"),
    [
        ({"walk.mp4": b"1"}, ArchiveEmptyError, "there is no picture in it"),
        ({"a/i_1.png": b"1", "b/i_1.png": b"1"}, ArchiveInvalidError, "pictures in 2 folders"),
        ({"i_1.png": b"1", "I_1.png": b"1"}, ArchiveInvalidError, "two pictures of one name"),
        ({"i_1.png": b"1", "cover.png": b"1"}, ArchiveInvalidError, "no single numbered series"),
        ({"../i_1.png": b"1"}, ArchiveInvalidError, "traversal"),
        ({"/etc/i_1.png": b"1"}, ArchiveInvalidError, "absolute"),
        ({"i\x1b[2J_1.png": b"1"}, ArchiveInvalidError, "a picture of the name"),
        ({"i_1.png": bytes(2000)}, ArchiveTooLargeError, "larger than 1000 bytes"),
    ],
)
def test_what_is_hostile_or_no_series_is_refused_and_leaves_nothing(tmp_path: Path, members, error, what: str):
    archive = zipped(tmp_path / "a.zip", members)
    with pytest.raises(error, match=what):
        unpack_frames(archive, tmp_path / "job" / "out", ArchiveSettings(max_uncompressed_bytes=1000))
    assert not list(tmp_path.glob("job/*"))
    assert sorted(path.name for path in tmp_path.iterdir()) in (["a.zip"], ["a.zip", "job"])


def test_links_and_more_members_than_allowed_are_refused(tmp_path: Path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("i_1.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(ArchiveInvalidError, match="a link or a device"):
        unpack_frames(tmp_path / "a.tar", tmp_path / "out", LIMITS)
    many = zipped(tmp_path / "b.zip", {f"i_{number}.png": b"" for number in range(5)})
    with pytest.raises(ArchiveTooLargeError, match="more than 4 members"):
        unpack_frames(many, tmp_path / "out", ArchiveSettings(max_members=4))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8])
def test_an_archive_that_is_cut_off_is_one_error_and_leaves_nothing(tmp_path: Path, kind: str, kept: float):
    path = tmp_path / f"a.{kind}"
    if kind == "zip":
        zipped(path, {f"i_{number}.png": bytes(999) for number in range(40)})
    else:
        with tarfile.open(path, "w:gz" if kind.endswith("gz") else "w") as archive:
            for number in range(40):
                member = tarfile.TarInfo(f"i_{number}.png")
                member.size = 999
                archive.addfile(member, io.BytesIO(bytes([number]) * 999))
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with pytest.raises(NeuroposeRayError) as raised:
        unpack_frames(path, tmp_path / "job" / "out", LIMITS)
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.glob("job/*"))


def test_a_folder_without_pictures_is_not_packed(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="the folder holds no images"):
        pack_frames(tmp_path / "empty", tmp_path / "a.tar")


@pytest.mark.parametrize(
    ("name", "frames"),
    [("cam.tar", "cam"), ("cam.TAR.GZ", "cam"), ("cam.1.zip", "cam.1"), ("cam.tgz", "cam"), (".tar", ".tar")],
)
def test_frames_are_called_as_their_archive(name: str, frames: str):
    assert is_archive_name(name)
    assert name_in_archive(name) == frames
    assert not is_archive_name("cam.mp4")
