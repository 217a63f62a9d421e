"""C3D files as laboratories write them: the frames that are there, at their times, or one line that says why not."""

import struct
import subprocess
import sys
from pathlib import Path

import ezc3d
import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.formats.c3d import write_c3d
from neuropose_ray.formats.c3d_reader import read_c3d
from neuropose_ray.formats.trajectories import Trajectories


def ones(frames: int = 3) -> Trajectories:
    return Trajectories(("nose", "left_knee"), 60.0, 0.0, np.ones((frames, 2, 3)))


def laboratory_file(path: Path, labels: list[str], data: np.ndarray, units: str = "mm", **parameters: object) -> Path:
    document = ezc3d.c3d()
    document["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    document["parameters"]["POINT"]["LABELS"]["value"] = labels
    document["parameters"]["POINT"]["UNITS"]["value"] = [units]
    for name, value in parameters.items():
        document.add_parameter(*name.split("__"), value)
    document["data"]["points"] = data
    document.write(str(path))
    return path


def test_a_header_that_was_never_filled_in_gives_way_to_the_files_size(test_data):
    points = read_c3d(test_data / "field/optotrak_header_1149_frames_29.c3d")
    assert (points.positions.shape, points.rate_hz, points.start_s) == ((29, 54, 3), 30, 0)
    assert points.notes == ("The header says 1149 frames; 29 are in the file.",)


def test_a_first_frame_of_704_at_200_hz_is_at_3_52_s_also_after_export(test_data, tmp_path):
    points = read_c3d(test_data / "field/qualisys_first_frame_704.c3d")
    assert (points.positions.shape, points.rate_hz, points.start_s) == ((340, 55, 3), 200, 3.52)
    write_c3d(tmp_path / "again.c3d", points)
    again = read_c3d(tmp_path / "again.c3d")
    assert (again.names, again.rate_hz, again.start_s) == (points.names, 200, 3.52)
    np.testing.assert_allclose(again.positions, points.positions, rtol=1e-6)


def test_a_file_without_points_says_so(test_data):
    with pytest.raises(FileFormatError, match=r"no_points\.c3d: a C3D file without points; it may hold rotations"):
        read_c3d(test_data / "field/no_points.c3d")


@pytest.mark.slow
def test_more_frames_than_16_bits_count_are_all_read(test_data, tmp_path):
    path = tmp_path / "long.c3d"
    subprocess.run([sys.executable, test_data / "field/make_long_c3d.py", path], check=True, capture_output=True)
    points = read_c3d(path)
    assert (points.positions.shape, points.notes) == ((70_000, 6, 3), ())
    np.testing.assert_allclose(points.positions[:, 2, 2], np.arange(70_000) / 100, rtol=1e-6)
    np.testing.assert_array_equal(points.positions[:, 4, :2], np.tile([-100.0, 500.0], (70_000, 1)))


def test_long_recordings_may_count_their_frames_in_a_float(tmp_path):
    data = np.ones((4, 1, 65_600))
    data[0, 0] = np.arange(65_600)
    path = laboratory_file(tmp_path / "long.c3d", ["a"], data, POINT__LONG_FRAMES=[65_600.0])
    points = read_c3d(path)
    np.testing.assert_array_equal(points.positions[:, 0, 0], np.arange(65_600))


def test_missing_points_beyond_the_16_bits_are_missing(tmp_path):
    data = np.ones((4, 1, 65_600))
    data[:3, 0, 65_590] = np.nan
    path = laboratory_file(tmp_path / "long.c3d", ["a"], data, POINT__LONG_FRAMES=[65_600.0])
    assert np.isnan(read_c3d(path).positions).all((1, 2)).nonzero()[0].tolist() == [65_590]


def test_a_trial_that_was_trimmed_afterwards_has_the_frames_that_its_size_fits(tmp_path):
    fields = {"TRIAL__ACTUAL_START_FIELD": [1, 0], "TRIAL__ACTUAL_END_FIELD": [900, 0]}
    path = laboratory_file(tmp_path / "trimmed.c3d", ["a", "b"], np.ones((4, 2, 200)), **fields)
    assert read_c3d(path).positions.shape == (200, 2, 3)


@pytest.mark.parametrize(("units", "length"), [("m", 500), ("M", 500), ("mm", 0.5), ("CM", 5), ("inches", 12.7)])
def test_lengths_become_millimetres(tmp_path, units, length):
    path = laboratory_file(tmp_path / "lab.c3d", ["RKnee"], np.full((4, 1, 2), 0.5), units)
    np.testing.assert_allclose(read_c3d(path).positions, length)


def test_angles_and_forces_that_are_stored_as_points_are_left_out(tmp_path):
    data = np.arange(4 * 3 * 2.0).reshape(4, 3, 2)
    path = laboratory_file(
        tmp_path / "vicon.c3d", ["RKneeAngles", "RKNE", "RGroundForce"], data,
        POINT__ANGLES=["RKneeAngles"], POINT__FORCES=["RGroundForce"],
    )  # fmt: skip
    points = read_c3d(path)
    assert points.names == ("RKNE",)
    np.testing.assert_array_equal(points.positions[:, 0], data[:3, 1].T)


def test_points_without_a_name_get_one(tmp_path):
    path = laboratory_file(tmp_path / "lab.c3d", ["", "RKNE", ""], np.ones((4, 3, 2)))
    assert read_c3d(path).names == ("point_1", "RKNE", "point_3")


def test_a_later_first_frame_is_a_later_time(tmp_path):
    document = ezc3d.c3d()
    document["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    document["parameters"]["POINT"]["LABELS"]["value"] = ["RKnee"]
    document["parameters"]["POINT"]["UNITS"]["value"] = ["m"]
    document["header"]["points"]["first_frame"] = 50
    document["data"]["points"] = np.full((4, 1, 2), 0.5)
    document.write(str(tmp_path / "lab.c3d"))
    points = read_c3d(tmp_path / "lab.c3d")
    np.testing.assert_allclose(points.positions, 500)
    assert points.start_s == pytest.approx(0.5)


@pytest.mark.parametrize("keep", [0, 100, 511, 700, -600])
def test_a_file_that_is_cut_off_is_one_line_and_no_crash(tmp_path, keep):
    write_c3d(tmp_path / "a.c3d", ones(frames=200))
    (tmp_path / "a.c3d").write_bytes((tmp_path / "a.c3d").read_bytes()[:keep])
    with pytest.raises(FileFormatError, match=r"not a C3D|cut off"):
        read_c3d(tmp_path / "a.c3d")


def test_other_files_are_one_line(tmp_path):
    (tmp_path / "a.c3d").write_bytes(b"hello" * 1000)
    with pytest.raises(FileFormatError, match="not a C3D file"):
        read_c3d(tmp_path / "a.c3d")
    with pytest.raises(InputNotFoundError):
        read_c3d(tmp_path / "b.c3d")


def test_two_points_of_one_name_are_one_line(tmp_path):
    document = ezc3d.c3d()
    document["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    document["parameters"]["POINT"]["LABELS"]["value"] = ["a", "a"]
    document["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    document["data"]["points"] = np.ones((4, 2, 3))
    document.write(str(tmp_path / "a.c3d"))
    with pytest.raises(FileFormatError, match="two points have the same name"):
        read_c3d(tmp_path / "a.c3d")


def test_a_file_cut_within_a_frame_says_how_many_are_left(tmp_path):
    write_c3d(tmp_path / "a.c3d", ones(frames=200))
    content = (tmp_path / "a.c3d").read_bytes()
    start = (struct.unpack_from("<H", content, 16)[0] - 1) * 512
    (tmp_path / "a.c3d").write_bytes(content[: start + 32 * 150 + 7])
    with pytest.raises(FileFormatError, match="cut off: it holds 150 of the 200 frames"):
        read_c3d(tmp_path / "a.c3d")
