from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights
from neuropose_ray.pipeline.chunks.headers import video_header
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import VideoPlan, plan_video
from neuropose_ray.pipeline.planning.plan_file import read_plan, write_plan
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video.sources import open_source


def plan_of(path: Path) -> VideoPlan:
    spec = ModelSpec(Weights(Path("w"), "1" * 64, "w", "blazepose"), BlazePoseSettings())
    return plan_video(FoundVideo("v", str(path)), open_source(path), spec, CameraSettings(), 30)


def nobody(times_s: np.ndarray) -> PoseTable:
    return PoseTable(times_s, Poses.empty(len(BLAZEPOSE_33)))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("IMG_7.jpg", "IMG_8.JPG", "IMG_11.png"):
        cv2.imwrite(str(folder / name), np.zeros((40, 30, 3), np.uint8))
    return folder


def test_frames_of_a_folder_of_pictures_keep_their_names_also_where_one_is_missing(pictures: Path, tmp_path: Path):
    write_plan(tmp_path / "plan.bin", plan_of(pictures))
    plan = read_plan(tmp_path / "plan.bin")
    assert plan.info.image_names == ("IMG_7.jpg", "IMG_8.JPG", "IMG_11.png")
    times = plan.info.timestamps_s[[0, 2]]
    metadata = video_header(plan, times, BLAZEPOSE_33, None).metadata
    assert metadata.image_names == ("IMG_7.jpg", "IMG_11.png")
    assert (metadata.filename, metadata.frame_count, metadata.width) == ("pictures", 2, 30)


def test_frames_of_a_video_have_no_names(test_data: Path):
    plan = plan_of(test_data / "odd/made_one_frame.mp4")
    metadata = video_header(plan, plan.info.timestamps_s, BLAZEPOSE_33, None).metadata
    assert metadata.image_names == ()
    assert (metadata.filename, metadata.fps) == ("made_one_frame.mp4", 0)


def test_a_slowed_down_video_keeps_its_times_and_says_how_fast_it_was_taken(test_data: Path):
    plan = plan_of(test_data / "odd/made_one_frame.mp4")
    slowed = video_header(plan, np.arange(30) / 30, BLAZEPOSE_33, None, capture_fps=240).metadata
    assert (slowed.fps, slowed.capture_fps) == (pytest.approx(30), 240)
    assert slowed.seconds_of_a_second() == pytest.approx(1 / 8)
    assert slowed.seconds_of_a_second(120) == pytest.approx(1 / 4)
    assert video_header(plan, np.arange(30) / 30, BLAZEPOSE_33, None).metadata.seconds_of_a_second() == 1
