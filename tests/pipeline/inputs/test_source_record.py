"""Whose a video's folder is, and where its video lies."""

import shutil
from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.inputs.source_record import (
    STRANGER,
    find_video,
    owner_of,
    path_of,
    read_source,
    uri_of,
    video_at,
    write_source,
)
from neuropose_ray.video.probe import content_sha256
from neuropose_ray.video.sources import open_source

HERE = "file:///here.mp4"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "caf\udce9 李%20.mp4"
    path.parent.mkdir()
    path.write_bytes(b"a video")
    return path


def record(folder: Path, video: Path, fps: float | None = None) -> None:
    source = open_source(video, fps=fps)
    write_source(folder, source, sha256=content_sha256(source), signature=signature_of(video).text)


def test_a_uri_keeps_every_byte_of_a_path(video: Path):
    assert path_of(uri_of(video)) == video
    assert uri_of(video).isascii()


def test_the_video_is_found_where_it_was(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    record(Path("out/walk"), Path("in") / video.name)
    monkeypatch.chdir("/")
    assert find_video(tmp_path / "out" / "walk").path == video


def test_the_video_is_found_where_both_were_moved_together(video: Path, tmp_path: Path):
    record(tmp_path / "out" / "walk", video)
    (tmp_path / "moved").mkdir()
    for name in ("in", "out"):
        shutil.move(tmp_path / name, tmp_path / "moved")
    assert find_video(tmp_path / "moved" / "out" / "walk").path.resolve() == tmp_path / "moved" / "in" / video.name


def test_the_time_base_of_images_is_found_with_them(tmp_path: Path):
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "0.png").write_bytes(b"x")
    record(tmp_path / "out", tmp_path / "frames", fps=12.5)
    assert find_video(tmp_path / "out") == open_source(tmp_path / "frames", fps=12.5)
    (tmp_path / "frames").rename(tmp_path / "elsewhere")
    assert video_at(tmp_path / "elsewhere", tmp_path / "out") == open_source(tmp_path / "elsewhere", fps=12.5)
    given = video_at(tmp_path / "elsewhere", tmp_path / "out", fps=50)
    assert given == open_source(tmp_path / "elsewhere", fps=50)


def test_a_touched_video_is_the_same_and_another_one_at_its_place_is_not(video: Path, tmp_path: Path):
    record(tmp_path / "out", video)
    video.touch()
    assert find_video(tmp_path / "out").path == video
    video.write_bytes(b"another")
    with pytest.raises(InputNotFoundError, match=r"its video is no longer at .*; say where it is with --video"):
        find_video(tmp_path / "out")


def test_a_folder_without_a_record_says_so(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="nothing says from which video"):
        find_video(tmp_path)
    (tmp_path / ".source.json").write_text("{")
    assert read_source(tmp_path) is None


def test_a_folder_belongs_to_the_video_whose_results_it_holds(video: Path, tmp_path: Path):
    folder = tmp_path / "out"
    assert owner_of(folder, HERE) is None
    record(folder, video)
    sha256 = read_source(folder).sha256
    assert owner_of(folder, HERE) == sha256
    assert owner_of(folder, uri_of(video)) is None  # nothing was computed yet: it may change
    (folder / "metrics.json").write_text("{}")
    assert owner_of(folder, uri_of(video)) == sha256


def test_what_no_run_made_belongs_to_a_stranger(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert owner_of(tmp_path / "empty", HERE) is None
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "notes" / "chunks").mkdir(parents=True)
    (tmp_path / "notes" / "chunks" / "mine.bin").write_bytes(b"")
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "results.json").write_text("{}")
    assert {owner_of(tmp_path / name, HERE) for name in ("file", "notes", "results")} == {STRANGER}


def test_chunks_that_an_earlier_version_left_are_nobodys(tmp_path: Path):
    (tmp_path / "walk" / "chunks").mkdir(parents=True)
    for name in ("plan.bin", "plan.npz", f"{'0' * 32}.parquet", f"{'0' * 32}.attempts", f".{'0' * 32}.json.1234.tmp"):
        (tmp_path / "walk" / "chunks" / name).write_bytes(b"")
    assert owner_of(tmp_path / "walk", HERE) is None
