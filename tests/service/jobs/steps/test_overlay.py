"""The step that draws the poses: once, as it was asked, and only into the video that they were found in."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table
from support.phantom_results import write_results as write_phantom
from support.stick_people import people, write_results, write_video

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.render import read_record
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.service.jobs.steps.overlay import overlay_video
from neuropose_ray.service.jobs.steps.settings import OverlayOptions
from neuropose_ray.service.jobs.steps.work import VideoOutput
from neuropose_ray.video import open_source, probe

IMAGE_FPS = 4.0


def processed(tmp_path: Path, video: Path, fps: float | None = None) -> VideoOutput:
    times_s = probe(open_source(video, fps=fps)).timestamps_s
    table = people(range(len(times_s)), [(60, 40)] * len(times_s), scale=0.04, times_s=times_s)
    folder = tmp_path / "results" / video.stem
    write_results(folder, video, table, fps=fps)
    return VideoOutput(video.name, folder, video)


@pytest.fixture
def output(tmp_path: Path) -> VideoOutput:
    return processed(tmp_path, write_video(tmp_path / "walk.mp4", [0.0, 0.1, 0.2]))


def drawn(output: VideoOutput, **options: object) -> int:
    assert overlay_video(output, OverlayOptions(**options), IMAGE_FPS) == ()
    return (output.folder / "overlay.mp4").stat().st_mtime_ns


def test_it_has_the_frames_and_times_of_the_video(output: VideoOutput):
    drawn(output)
    info, given = (probe(open_source(path)) for path in (output.folder / "overlay.mp4", output.video))
    assert info.timestamps_s == pytest.approx(given.timestamps_s, abs=1e-4)


def test_it_is_drawn_once_for_each_kind_of_options_which_it_keeps(output: VideoOutput):
    options = {"blur_faces": True, "angles": ("knee",), "repetitions": True, "view": "left"}
    first = drawn(output, **options)
    assert drawn(output, **options) == first
    assert read_record(output.folder / "overlay.mp4").settings.model_dump() == OverlayOptions(**options).model_dump()
    assert drawn(output) != first


def test_repetitions_that_are_asked_for_are_counted_in_the_pictures(tmp_path: Path):
    video = write_video(tmp_path / "squat.mp4", seconds(3, rate=10.0))
    table = truth_table(squatting(), probe(open_source(video)).timestamps_s)
    folder = write_phantom(tmp_path / "results" / "squat", table, video_sha256=file_sha256(video))
    output = VideoOutput("squat.mp4", folder, video)
    files = []
    for repetitions in (False, True):
        drawn(output, repetitions=repetitions)
        files.append((folder / "overlay.mp4").read_bytes())
    assert files[0] != files[1]


def test_pictures_of_a_folder_have_the_rate_of_the_service(tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((128, 96, 3), 40 + number, np.uint8))
    output = processed(tmp_path, folder, fps=IMAGE_FPS)
    drawn(output)
    assert probe(open_source(output.folder / "overlay.mp4")).timestamps_s == pytest.approx([0, 0.25, 0.5], abs=1e-3)
    with pytest.raises(InputError, match="other times"):
        overlay_video(output, OverlayOptions(boxes=True), 2 * IMAGE_FPS)


def test_a_video_that_is_gone_or_another_one_is_an_error_of_the_input(output: VideoOutput, tmp_path: Path):
    other = write_video(tmp_path / "other.mp4", [0.0, 0.1])
    shutil.move(output.video, tmp_path / "moved.mp4")
    with pytest.raises(InputNotFoundError):
        overlay_video(output, OverlayOptions(), IMAGE_FPS)
    shutil.copy(other, output.video)
    with pytest.raises(InputError, match="not the video"):
        overlay_video(output, OverlayOptions(), IMAGE_FPS)
    assert not (output.folder / "overlay.mp4").exists()
