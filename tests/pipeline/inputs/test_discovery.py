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
    return [video.name for video in discover(list(inputs)).videos]


def test_a_folder_gives_its_videos_named_by_their_path_below_it(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "visit 1" / "gait" / "b.MOV", tmp_path / "notes.txt")
    found = discover([tmp_path])
    assert [video.name for video in found.videos] == ["a", "visit_1_gait_b"]
    assert found.not_videos == (str(tmp_path / "notes.txt"),)


def test_a_file_given_by_name_is_taken_for_a_video_whatever_its_ending(tmp_path: Path):
    touch(tmp_path / "clip.dat")
    assert names(tmp_path / "clip.dat") == ["clip"]


def test_a_folder_of_numbered_images_is_one_video(tmp_path: Path):
    touch(*(tmp_path / "frames" / f"image_{number}.png" for number in range(3)), tmp_path / "c.mp4")
    assert names(tmp_path) == ["c", "frames"]
    assert names(tmp_path / "frames") == ["frames"]


def test_loose_pictures_are_videos_of_one_frame(tmp_path: Path):
    touch(tmp_path / "one.jpg", tmp_path / "two.jpg")
    assert names(tmp_path) == ["one", "two"]


def test_names_that_would_collide_keep_what_tells_them_apart(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "a.mov", tmp_path / "other" / "x.mp4")
    assert sorted(names(tmp_path, tmp_path / "other" / "x.mp4")) == ["a_mov", "a_mp4", "other_x"]
    touch(tmp_path / "p" / "x.mp4", tmp_path / "q" / "x.mp4")
    assert names(tmp_path / "p" / "x.mp4", tmp_path / "q" / "x.mp4") == ["x_mp4", "x_mp4_2"]


def test_a_video_named_twice_is_one_video(tmp_path: Path):
    touch(tmp_path / "a.mp4")
    assert names(tmp_path / "a.mp4", tmp_path / "." / "a.mp4") == ["a"]


def test_names_never_leave_the_output_folder(tmp_path: Path):
    touch(tmp_path / "...mp4", tmp_path / "a b;$(c).mp4")
    assert names(tmp_path / "...mp4", tmp_path / "a b;$(c).mp4") == ["video", "a_b_c"]


def test_no_video_takes_the_place_of_a_runs_own_file(tmp_path: Path):
    touch(tmp_path / "summary.json.mp4")
    assert names(tmp_path) == ["summary.json_2"]


def test_the_runs_own_output_is_no_input(tmp_path: Path):
    touch(tmp_path / "a.mp4", tmp_path / "results" / "a" / "overlay.mp4")
    found = discover([tmp_path], out=tmp_path / "results")
    assert [video.name for video in found.videos] == ["a"]
    assert found.not_videos == ()


def test_hidden_files_are_left_out(tmp_path: Path):
    touch(tmp_path / ".hidden.mp4", tmp_path / ".cache" / "b.mp4", tmp_path / "c.mp4")
    assert names(tmp_path) == ["c"]


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: touch(path / "a.txt")])
def test_nothing_to_do_is_an_error_that_names_the_input(tmp_path: Path, make):
    make(tmp_path / "in")
    with pytest.raises(InputNotFoundError, match="in: "):
        discover([tmp_path / "in"])
