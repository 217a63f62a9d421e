import sys
import zipfile

import pytest

from neuropose_ray.errors import WeightsUnavailableError
from neuropose_ray.models.weights.catalogue import resolve
from neuropose_ray.models.weights.wheel import fetch_members

BLAZEPOSE = resolve("blazepose").origin


@pytest.fixture
def wheel_index(tmp_path, monkeypatch):
    """A folder that pip takes for its only index, as an air-gapped site would set it up."""
    index = tmp_path / "index"
    index.mkdir()
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    return index


def put_wheel(index, members):
    with zipfile.ZipFile(index / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl", "w") as wheel:
        metadata = "Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n"
        info = "mediapipe-0.10.21.dist-info"
        for name, text in {f"{info}/METADATA": metadata, f"{info}/WHEEL": "Wheel-Version: 1.0\n", **members}.items():
            wheel.writestr(name, text)


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def test_the_users_pip_configuration_decides_where_the_wheel_comes_from(wheel_index, target):
    put_wheel(wheel_index, {str(member.path): member.path.name for member in BLAZEPOSE.members})
    fetch_members(BLAZEPOSE, target)
    assert {path.name: path.read_text() for path in target.iterdir()} == {
        "pose_detection.tflite": "pose_detection.tflite",
        "pose_landmark_full.tflite": "pose_landmark_full.tflite",
    }


def test_pips_last_error_is_passed_on(wheel_index, target):
    with pytest.raises(WeightsUnavailableError, match=r"mediapipe==0\.10\.21: pip .*ERROR: No matching distribution"):
        fetch_members(BLAZEPOSE, target)


def test_a_wheel_without_the_file_is_an_error(wheel_index, target):
    put_wheel(wheel_index, {})
    with pytest.raises(WeightsUnavailableError, match=r"no item named 'mediapipe/modules/pose_detection"):
        fetch_members(BLAZEPOSE, target)


def test_a_python_without_pip_says_so(tmp_path, target, monkeypatch):
    launcher = tmp_path / "python"
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} -S -I "$@"\n')  # -S: no site-packages, so no pip
    launcher.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(launcher))
    with pytest.raises(WeightsUnavailableError, match="No module named pip"):
        fetch_members(BLAZEPOSE, target)
