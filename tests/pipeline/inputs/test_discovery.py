from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.discovery import discover


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".png", ".jpg"):
            cv2.imwrite(str(path), np.zeros((8, 8, 3), np.uint8))
        else:
            path.write_bytes(b"x")


def names(*inputs: Path) -> list[str]:
    return [video.name for video in discover(list(inputs)).videos()]


def test_a_folder_gives_its_videos_named_by_their_path_below_it(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "visit 1" / "gait" / "b.MOV", tmp_path / "notes.txt")
    found = discover([tmp_path])
    assert [video.name for video in found.videos()] == ["a", "visit_1_gait_b"]
    assert [video.path for video in found.videos()] == [
        tmp_path / "a.mp4", tmp_path / "visit 1" / "gait" / "b.MOV",
    ]  # fmt: skip
    assert found.not_videos == (str(tmp_path / "notes.txt"),)
    assert found.notes == ()


def test_a_file_given_by_name_is_taken_for_a_video_whatever_its_ending(tmp_path: Path):
    touch(tmp_path / "clip.dat")
    assert names(tmp_path / "clip.dat") == ["clip"]


def test_a_folder_of_numbered_images_is_one_video(tmp_path: Path):
    touch(*(tmp_path / "frames" / f"image_{number}.png" for number in range(3)), tmp_path / "c.mp4")
    assert names(tmp_path) == ["c", "frames"]
    assert names(tmp_path / "frames") == ["frames"]


def test_a_folder_with_videos_and_a_numbered_picture_gives_every_video_and_the_picture(tmp_path: Path):
    touch(tmp_path / "walk.mp4", tmp_path / "squat.mp4", tmp_path / "IMG_0001.jpg", tmp_path / "sub" / "jump.mp4")
    found = discover([tmp_path])
    assert [video.name for video in found.videos()] == ["IMG_0001", "squat", "sub_jump", "walk"]
    assert found.notes == (
        f"1 folder with pictures beside other inputs, where each picture is an input of its own ({tmp_path}).",
    )


def test_loose_pictures_are_videos_of_one_frame(tmp_path: Path):
    touch(tmp_path / "one.jpg", tmp_path / "two.jpg")
    assert names(tmp_path) == ["one", "two"]


def test_a_video_named_twice_is_one_video(tmp_path: Path):
    touch(tmp_path / "a.mp4")
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    assert names(tmp_path / "a.mp4", tmp_path / "." / "a.mp4", tmp_path / "link.mp4", tmp_path) == ["a"]


def test_the_runs_own_output_is_no_input(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "results" / "a" / "overlay.mp4")
    found = discover([tmp_path], out=tmp_path / "results")
    assert [video.name for video in found.videos()] == ["a"]
    assert found.not_videos == ()


def test_what_cannot_be_listed_is_an_input_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unlistable
):
    touch(tmp_path / "a.mp4", tmp_path / "locked" / "b.mp4")
    unlistable(tmp_path / "locked")
    assert names(tmp_path) == ["a", "locked"]


def test_paths_that_are_no_text_can_be_written_down(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "caf\udce9.txt")
    assert discover([tmp_path]).not_videos == (str(tmp_path / "caf\N{REPLACEMENT CHARACTER}.txt"),)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: touch(path / "a.txt")])
def test_nothing_to_do_is_an_error_that_names_the_input(tmp_path: Path, make):
    make(tmp_path / "in")
    with pytest.raises(InputNotFoundError, match="in: "):
        discover([tmp_path / "in"])
