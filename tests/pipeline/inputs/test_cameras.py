from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.pipeline.inputs.cameras import camera_of, require_calibration
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import VideoInfo, VideoSource

CALIBRATION = """
[cam_01]
name = "cam_01"
size = [1000.0, 2000.0]
matrix = [[1600.0, 0.0, 490.0], [0.0, 1610.0, 980.0], [0.0, 0.0, 1.0]]
distortions = [0.1, 0.2, 0.0, 0.0]

[cam_02]
size = [1000.0, 2000.0]
matrix = [[1700.0, 0.0, 500.0], [0.0, 1700.0, 1000.0], [0.0, 0.0, 1.0]]

[metadata]
error = 0.0
"""


def video(name: str = "cam01.mp4", width: int = 1000, height: int = 2000) -> VideoInfo:
    source = VideoSource(Path(name), "file")
    return VideoInfo(source, width, height, 0, "h264", 0, np.zeros(1), np.zeros(1, np.int64), "")


@pytest.fixture
def calibration(tmp_path: Path) -> Path:
    path = tmp_path / "Calib.toml"
    path.write_text(CALIBRATION)
    return path


def test_nothing_known_is_assumed_and_says_so():
    camera = camera_of(video(), CameraSettings(), 67)
    assert camera.source == "assumed"
    assert camera.field_of_view_degrees == pytest.approx(67)


def test_a_field_of_view_spans_the_longer_side():
    camera = camera_of(video(), CameraSettings(field_of_view_degrees=90), 67)
    assert camera.source == "field_of_view"
    assert camera.focal_x == pytest.approx(1000)


def test_the_calibrations_camera_is_the_one_named_like_the_video(calibration: Path):
    camera = camera_of(video(), CameraSettings(calibration=calibration), 67)
    assert (camera.focal_x, camera.focal_y, camera.centre_y) == (1600, 1610, 980)
    assert camera.distortion == (0.1, 0.2, 0.0, 0.0)
    assert camera.source == "calibration"


def test_a_smaller_recording_of_the_same_sensor_is_scaled(calibration: Path):
    camera = camera_of(video(width=500, height=1000), CameraSettings(calibration=calibration), 67)
    assert (camera.focal_x, camera.centre_x) == (800, 245)


def test_another_camera_can_be_chosen(calibration: Path):
    settings = CameraSettings(calibration=calibration, calibration_camera="cam_02")
    assert camera_of(video(), settings, 67).focal_x == 1700


def test_a_video_without_its_camera_is_told_which_there_are(calibration: Path):
    with pytest.raises(SettingsError, match="cam_01, cam_02"):
        camera_of(video("walk.mp4"), CameraSettings(calibration=calibration), 67)


@pytest.mark.parametrize(
    ("width", "height"), [(500, 1000), (2000, 4000), (250, 500), (427, 854), (428, 854), (999, 2000)]
)
def test_a_scaling_may_have_rounded_a_side_and_stretches_nothing(calibration: Path, width: int, height: int):
    camera = camera_of(video(width=width, height=height), CameraSettings(calibration=calibration), 67)
    assert (camera.width, camera.height) == (width, height)
    assert camera.focal_x / camera.focal_y == pytest.approx(1600 / 1610)
    assert camera.focal_y == pytest.approx(1610 * height / 2000)


def test_padding_and_crops_of_a_real_recording_are_refused_not_stretched(test_data: Path):
    """The calibration is of 1088 x 1920, as the camera stored it; this video was cropped to 1080."""
    settings = CameraSettings(calibration=test_data / "pose2sim_single" / "Calib_qualisys.toml")
    info = probe(open_source(test_data / "pose2sim_single" / "cam01.mp4"))
    with pytest.raises(SettingsError, match="camera cam_01 is 1088 x 1920, the video 1080 x 1920: no scaling"):
        camera_of(info, settings, 67)
    same_size = probe(open_source(test_data / "pose2sim_single" / "cam03.mp4"))
    assert camera_of(same_size, settings, 67).centre_x == pytest.approx(513.208, abs=1e-3)


def test_a_size_of_zero_is_one_line(tmp_path: Path):
    (tmp_path / "c.toml").write_text("[cam01]\nsize = [0, 0]\nmatrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\n")
    with pytest.raises(SettingsError, match="camera cam01 is not complete"):
        camera_of(video(), CameraSettings(calibration=tmp_path / "c.toml"), 67)


def test_another_shape_of_frame_is_refused(calibration: Path):
    with pytest.raises(SettingsError, match="same ratio"):
        camera_of(video(width=2000, height=1000), CameraSettings(calibration=calibration), 67)


@pytest.mark.parametrize("content", [
    "not toml [", '[cam01]\nmatrix = "x"\nsize = [1000, 2000]', "[cam01]\nmatrix = []",
    "[cam01]\nsize = [1000, 2000]\nmatrix = [[nan, 0, 1], [0, inf, 1], [0, 0, 1]]",
])  # fmt: skip
def test_a_broken_calibration_is_one_line(tmp_path: Path, content: str):
    path = tmp_path / "c.toml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=r"c\.toml") as refused:
        camera_of(video(), CameraSettings(calibration=path), 67)
    assert "validation error" not in str(refused.value)


def test_the_real_calibration_is_read(test_data: Path):
    settings = CameraSettings(calibration=test_data / "pose2sim_single" / "Calib_qualisys.toml")
    assert camera_of(video("cam03.mp4", 1088, 1920), settings, 67).focal_x == pytest.approx(1681.598, abs=1e-3)


@pytest.mark.parametrize(
    ("content", "wanted", "message"),
    [
        (None, None, "No such file"),
        ("[cam", None, "not TOML"),
        ("[metadata]", None, "no camera in it"),
        (CALIBRATION, "cam_03", "no camera 'cam_03' in the calibration; choose one of cam_01, cam_02"),
    ],
)
def test_a_calibration_that_fits_no_video_is_refused_before_any_is_looked_at(tmp_path, content, wanted, message):
    path = tmp_path / "Calib.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=message):
        require_calibration(CameraSettings(calibration=path, calibration_camera=wanted))


def test_a_calibration_that_may_fit_passes(calibration: Path):
    require_calibration(CameraSettings(calibration=calibration))
    require_calibration(CameraSettings(calibration=calibration, calibration_camera="cam_02"))
    require_calibration(CameraSettings())
