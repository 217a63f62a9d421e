"""A folder at one moment: what lies in it, which of it are videos, and what they are called in their job."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.archives import few_calls, nested

from neuropose_ray.service.inbox.drops import write_token
from neuropose_ray.service.inbox.folders import is_being_written, take_snapshot, video_snapshot


def names(folder: Path) -> dict[str, str]:
    return {video.file: video.input for video in take_snapshot(folder).videos}


def test_videos_in_the_folder_itself_count_and_nothing_else_does(tmp_path: Path):
    (tmp_path / "deeper").mkdir()
    for name in ("walk.mp4", "Run.MOV", "notes.txt", ".hidden.mp4", "deeper/jump.mp4"):
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "linked.mp4").symlink_to(tmp_path / "walk.mp4")
    snapshot = take_snapshot(tmp_path)
    assert [(video.file, video.size_bytes) for video in snapshot.videos] == [("Run.MOV", 5), ("walk.mp4", 5)]
    assert snapshot.others == (".hidden.mp4", "deeper", "linked.mp4", "notes.txt")
    assert snapshot.partial is None
    assert {path for path, *_ in snapshot.entries} >= {"deeper/jump.mp4", "walk.mp4", "linked.mp4"}


def test_the_pictures_of_a_frame_folder_keep_their_names_below_the_folders(tmp_path: Path):
    folder = tmp_path / "Kamera 1"
    folder.mkdir()
    for name in ("image_2.jpg", "image_10.jpg", "notes.txt", "._image_2.jpg"):
        (folder / name).write_bytes(b"123")
    assert names(folder) == {"image_10.jpg": "Kamera 1/image_10.jpg", "image_2.jpg": "Kamera 1/image_2.jpg"}
    assert take_snapshot(folder).others == ("._image_2.jpg", "notes.txt")


@pytest.mark.parametrize("others", [["walk.mp4"], ["cover.jpg"], ["other_1.jpg"]])
def test_pictures_beside_videos_and_pictures_of_no_single_series_are_no_frames(tmp_path: Path, others: list[str]):
    for name in ("image_2.jpg", "image_10.jpg", *others):
        (tmp_path / name).write_bytes(b"123")
    assert set(names(tmp_path)) <= {"walk.mp4"}


def change_size(folder: Path) -> None:
    (folder / "deeper" / "a.txt").write_bytes(b"longer than it was")


def change_time(folder: Path) -> None:
    os.utime(folder / "walk.mp4", ns=(1, 1))


def replace(folder: Path) -> None:
    status = (folder / "walk.mp4").stat()
    (folder / "new").write_bytes(b"1")
    os.utime(folder / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
    (folder / "new").rename(folder / "walk.mp4")


def rename(folder: Path) -> None:
    (folder / "walk.mp4").rename(folder / "run.mp4")


@pytest.mark.parametrize("change", [change_size, change_time, replace, rename])
def test_every_change_below_a_folder_changes_its_entries(tmp_path: Path, change):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "a.txt").write_bytes(b"1")
    (tmp_path / "walk.mp4").write_bytes(b"1")
    before = take_snapshot(tmp_path)
    assert take_snapshot(tmp_path).entries == before.entries
    change(tmp_path)
    assert take_snapshot(tmp_path).entries != before.entries


def test_a_folder_may_be_deeper_than_python_calls(tmp_path: Path):
    nested(tmp_path / "cam", 150)
    (tmp_path / "cam" / "walk.mp4").write_bytes(b"1")
    with few_calls(100):
        snapshot = take_snapshot(tmp_path / "cam")
    assert ([video.file for video in snapshot.videos], len(snapshot.entries)) == (["walk.mp4"], 151)


def test_the_token_of_the_inbox_is_no_change(tmp_path: Path):
    (tmp_path / "walk.mp4").write_bytes(b"1")
    before = take_snapshot(tmp_path)
    write_token(tmp_path, "a" * 32)
    after = take_snapshot(tmp_path)
    assert {entry for entry in after.entries if entry[0] != "."} == before.entries


@pytest.mark.parametrize("name", ["walk.mp4.part", "deeper/walk.mp4.crdownload", ".walk.mp4.Xa81bQ"])
def test_a_file_that_is_being_copied_is_named(tmp_path: Path, name: str):
    (tmp_path / "deeper").mkdir()
    (tmp_path / name).write_bytes(b"1")
    assert take_snapshot(tmp_path).partial == name


def test_inputs_differ_in_more_than_extension_and_case(tmp_path: Path):
    for name in ("walk.mp4", "walk.MOV", "WALK.mkv", "walk_mov.avi"):
        (tmp_path / name).write_bytes(b"1")
    inputs = names(tmp_path)
    stems = [Path(name).stem.casefold() for name in inputs.values()]
    assert len(set(stems)) == 4
    assert all(Path(file).suffix == Path(name).suffix for file, name in inputs.items())


@given(st.sets(st.text("aAbB._ ", min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_names_give_inputs_of_their_own(tmp_path_factory: pytest.TempPathFactory, stems: set[str]):
    folder = tmp_path_factory.mktemp("named")
    for stem in stems:
        for suffix in (".mp4", ".MP4"):
            (folder / (stem + suffix)).write_bytes(b"1")
    inputs = [name.casefold() for name in names(folder).values()]
    assert len({Path(name).stem for name in inputs}) == len(inputs)


def test_a_name_that_is_not_utf8_is_an_error_of_its_own(tmp_path: Path):
    path = os.fsencode(tmp_path) + b"/\xff.mp4"
    Path(os.fsdecode(path)).write_bytes(b"1")
    with pytest.raises(UnicodeEncodeError):
        take_snapshot(tmp_path)
    with pytest.raises(UnicodeEncodeError):
        video_snapshot(Path(os.fsdecode(path)))


def test_a_video_by_itself_is_a_snapshot_of_one(tmp_path: Path):
    (tmp_path / "walk.mp4").write_bytes(b"12")
    snapshot = video_snapshot(tmp_path / "walk.mp4")
    assert [(video.file, video.input, video.size_bytes) for video in snapshot.videos] == [("walk.mp4", "walk.mp4", 2)]
    assert len(snapshot.entries) == 1
    with pytest.raises(FileNotFoundError):
        video_snapshot(tmp_path / "gone.mp4")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who writes a file")
def test_a_file_is_being_written_as_long_as_a_process_has_it_open_to_write(tmp_path: Path):
    path = tmp_path / "walk.mp4"
    path.write_bytes(b"1")
    assert not is_being_written(path)
    script = f"file = open({str(path)!r}, 'ab'); print('open', flush=True); input(); file.close(); print('closed')"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "open\n"
        assert is_being_written(path)
        writer.stdin.write("\n")
        writer.stdin.flush()
        assert writer.stdout.readline() == "closed\n"
        assert not is_being_written(path)
    with path.open("rb"):
        assert not is_being_written(path), "a reader is no writer"
    assert not is_being_written(tmp_path / "gone.mp4")
