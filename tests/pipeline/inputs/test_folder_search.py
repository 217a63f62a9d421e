"""What is found below a folder, whatever is in it."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from neuropose_ray.pipeline.inputs.folder_search import FolderContent, search_folder


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def found(content: FolderContent, root: Path) -> list[tuple[str, str]]:
    return [(os.path.relpath(item.path, root), item.kind) for item in content.inputs]


def test_inputs_come_in_the_order_of_names_a_folders_in_its_place(tmp_path: Path):
    make(tmp_path, "c.mp4", "b/z.mov", "b/a.mp4", "a.mp4", "d.png")
    assert found(search_folder(tmp_path), tmp_path) == [
        ("a.mp4", "video"), ("b/a.mp4", "video"), ("b/z.mov", "video"), ("c.mp4", "video"), ("d.png", "picture"),
    ]  # fmt: skip


def test_the_two_paths_of_an_input_are_one_text_in_memory_where_nothing_is_linked(tmp_path: Path):
    (direct,) = search_folder(make(tmp_path / "real", "a.mp4")).inputs
    assert direct.path is direct.real_path
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (linked,) = search_folder(tmp_path / "link").inputs
    assert (linked.path, linked.real_path) == (str(tmp_path / "link/a.mp4"), direct.real_path)


@pytest.mark.parametrize(
    ("names", "kinds"),
    [
        (["f/i_0.png", "f/i_1.png"], [("f", "images")]),
        (["f/i_0.png", "f/i_1.png", "f/notes.txt", "f/empty/notes.txt"], [("f", "images")]),
        (["f/i_0.png", "f/i_1.png", "f/clip.mp4"],
         [("f/clip.mp4", "video"), ("f/i_0.png", "picture"), ("f/i_1.png", "picture")]),
        (["f/i_0.png", "f/deep/er/clip.mp4"], [("f/deep/er/clip.mp4", "video"), ("f/i_0.png", "picture")]),
        (["f/i_0.png", "f/g/i_0.png"], [("f/g", "images"), ("f/i_0.png", "picture")]),
        (["f/i_0.png", "f/j_0.png"], [("f/i_0.png", "picture"), ("f/j_0.png", "picture")]),
        (["f/i_0.png", "f/.hidden.mp4", "f/.cache/a.mp4"], [("f", "images")]),
    ],
)  # fmt: skip
def test_a_folder_is_one_video_only_where_nothing_but_one_series_of_images_is_in_it(
    tmp_path: Path, names: list[str], kinds: list[tuple[str, str]]
):
    assert found(search_folder(make(tmp_path, *names)), tmp_path) == kinds


def test_the_folder_itself_may_be_the_images(tmp_path: Path):
    assert found(search_folder(make(tmp_path, "0.png", "1.png")), tmp_path) == [(".", "images")]


def test_folders_with_pictures_beside_other_inputs_are_told(tmp_path: Path):
    make(tmp_path, "a/IMG_1.jpg", "a/walk.mp4", "b/IMG_1.jpg", "c/walk.mp4")
    assert search_folder(tmp_path).mixed == [str(tmp_path / "a")]


def test_folders_of_pictures_that_are_no_single_series_are_told(tmp_path: Path):
    make(tmp_path, "a/cover.jpg", "a/i_1.jpg", "b/i_1.jpg", "b/i_2.jpg", "c/portrait.jpg", "d/i_1.jpg", "d/j_1.jpg")
    assert search_folder(tmp_path).unnumbered == [str(tmp_path / "a"), str(tmp_path / "d")]


def test_links_in_a_circle_end(tmp_path: Path):
    make(tmp_path, "top/a.mp4", "top/d/b.mp4")
    (tmp_path / "top" / "d" / "up").symlink_to(tmp_path / "top")
    (tmp_path / "top" / "d" / "above").symlink_to(tmp_path)
    (tmp_path / "top" / "self").symlink_to("self")
    content = search_folder(tmp_path / "top")
    assert found(content, tmp_path / "top") == [("a.mp4", "video"), ("d/b.mp4", "video")]
    assert content.repeats == [str(tmp_path / "top" / "d" / name) for name in ("above", "up")]
    assert content.others == [str(tmp_path / "top" / "self")]


def test_what_links_lead_to_is_found_once_and_where_it_lies(tmp_path: Path):
    make(tmp_path, "top/z/a.mp4", "elsewhere/b.mp4")
    for link in ("a", "b"):
        (tmp_path / "top" / link).symlink_to(tmp_path / "top" / "z")
        (tmp_path / "top" / f"to_{link}").symlink_to(tmp_path / "elsewhere")
    content = search_folder(tmp_path / "top")
    assert found(content, tmp_path / "top") == [("to_a/b.mp4", "video"), ("z/a.mp4", "video")]
    assert content.inputs[0].real_path == str(tmp_path / "elsewhere" / "b.mp4")


def test_a_file_behind_a_link_has_its_own_path(tmp_path: Path):
    make(tmp_path, "elsewhere.mp4")
    make(tmp_path, "top/notes.txt")
    (tmp_path / "top" / "a.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    (tmp_path / "top" / "lost.mp4").symlink_to(tmp_path / "gone.mp4")
    assert [item.real_path for item in search_folder(tmp_path / "top").inputs] == [
        str(tmp_path / "elsewhere.mp4"), str(tmp_path / "gone.mp4"),
    ]  # fmt: skip


def test_a_folder_that_cannot_be_listed_is_an_input(tmp_path: Path, unlistable: Callable[[Path], None]):
    make(tmp_path, "a.mp4", "locked/b.mp4")
    unlistable(tmp_path / "locked")
    assert found(search_folder(tmp_path), tmp_path) == [("a.mp4", "video"), ("locked", "unlistable")]


@pytest.mark.slow
def test_a_tree_deeper_than_pythons_stack_is_searched(tmp_path: Path):
    folder = deep = tmp_path / "deep"
    folder.mkdir()
    for _ in range(1500):
        folder = folder / "d"
        folder.mkdir()
    (folder / "a.mp4").write_bytes(b"x")
    try:
        assert [item.path for item in search_folder(deep).inputs] == [str(folder / "a.mp4")]
    finally:
        subprocess.run(["rm", "-rf", str(deep)], check=True)  # Python's own way of removing it has no stack for it


@pytest.mark.parametrize(
    "names",
    [
        ("old/.neuropose-ray/progress.json", "old/walk/overlay.mp4"),
        ("old/walk/.source.json", "old/walk/overlay.mp4"),
        ("old/walk/metrics.json", "old/walk/predictions.parquet", "old/walk/overlay.mp4"),
    ],
)
def test_outputs_of_runs_are_left_out(tmp_path: Path, names: tuple[str, ...]):
    content = search_folder(make(tmp_path, "a.mp4", *names))
    assert found(content, tmp_path) == [("a.mp4", "video")]
    assert len(content.outputs) == 1


def test_an_output_that_was_named_as_input_is_searched(tmp_path: Path):
    make(tmp_path, ".neuropose-ray/progress.json", "a.mp4", "walk/.source.json", "walk/overlay.mp4")
    assert found(search_folder(tmp_path), tmp_path) == [("a.mp4", "video")]


def test_the_runs_own_output_is_left_out_before_anything_is_in_it(tmp_path: Path):
    make(tmp_path, "a.mp4", "out/b.mp4")
    (tmp_path / "link").symlink_to(tmp_path / "out")
    assert found(search_folder(tmp_path, tmp_path / "out"), tmp_path) == [("a.mp4", "video")]
