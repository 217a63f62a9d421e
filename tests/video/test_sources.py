import os
from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError, SettingsError, VideoError
from neuropose_ray.video.sources import is_image_series, is_video_name, list_images, open_source


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    "name", ["a.mp4", "A.MOV", "b.c.mkv", "x.AVI", "m.m4v", "w.webm", "t.mts", "u.m2ts", "p.3gp"]
)
def test_a_video_is_known_by_its_extension_in_any_case(name: str) -> None:
    assert is_video_name(Path(name))


@pytest.mark.parametrize("name", ["a.mp3", "a.jpg", "mp4", "a.mp4.part", "a.trc"])
def test_other_names_are_not_videos(name: str) -> None:
    assert not is_video_name(Path(name))


def test_images_are_in_the_order_of_their_numbers_whatever_the_padding(tmp_path: Path) -> None:
    folder = touch(tmp_path / "f", "walk 2_10.png", "walk 2_009.png", "walk 2_1.PNG", "notes.txt", "._walk 2_1.png")
    images = list_images(folder)
    assert is_image_series([path.name for path in images.paths])
    assert images.numbers == (1, 9, 10)
    assert [path.name for path in images.paths] == ["walk 2_1.PNG", "walk 2_009.png", "walk 2_10.png"]


def test_the_second_image_of_one_number_is_left_out(tmp_path: Path) -> None:
    images = list_images(touch(tmp_path / "f", "i_1.png", "i_01.png", "i_2.png"))
    assert [path.name for path in images.paths] == ["i_01.png", "i_2.png"]
    assert [path.name for path in images.duplicates] == ["i_1.png"]


def test_images_may_be_named_by_their_number_alone(tmp_path: Path) -> None:
    assert list_images(touch(tmp_path / "f", "0.jpg", "1.jpg")).numbers == (0, 1)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), "no images"),
        (("readme.txt",), "no images"),
        (("a_1.png", "b_1.png"), "2 series"),
        (("a_1.png", "cover.png"), "'cover.png' has no number"),
    ],
)
def test_a_folder_that_is_no_series_is_refused_with_the_reason(
    tmp_path: Path, names: tuple[str, ...], reason: str
) -> None:
    folder = touch(tmp_path / "f", *names)
    assert not is_image_series(name for name in names if name.endswith(".png"))
    with pytest.raises(InputNotFoundError, match=reason) as caught:
        open_source(folder)
    assert str(folder) in str(caught.value)


def test_a_file_a_picture_and_a_folder_become_sources(tmp_path: Path) -> None:
    folder = touch(tmp_path / "f", "i_0.png", "clip.mp4", "clip")
    assert open_source(folder, fps=50).kind == "images"
    assert open_source(folder, fps=50).fps == 50
    assert open_source(folder / "i_0.png").kind == "images"
    assert open_source(folder / "clip.mp4", fps=50).fps is None
    assert open_source(folder / "clip").kind == "file"


def test_what_is_neither_file_nor_folder_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(VideoError, match="neither a file nor a folder"):
        open_source(tmp_path / "pipe.mp4")


def test_nothing_at_the_path_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputNotFoundError, match="no such file"):
        open_source(tmp_path / "absent.mp4")


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_rates_are_refused(tmp_path: Path, fps: float) -> None:
    with pytest.raises(SettingsError, match="frames per second"):
        open_source(touch(tmp_path / "f", "i_0.png"), fps=fps)
