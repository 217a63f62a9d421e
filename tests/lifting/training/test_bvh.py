"""BVH files as the prior's joints."""

from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError
from neuropose_ray.lifting.training.bvh import read_bvh
from neuropose_ray.schemas.skeleton import LANDMARKS

SPIN = "CHANNELS 3 Zrotation Xrotation Yrotation"


def limb(names: list[str], offsets: list[tuple], end: tuple) -> str:
    text, closing = "", ""
    for name, offset in zip(names, offsets, strict=True):
        text += f"JOINT {name} {{ OFFSET {offset[0]} {offset[1]} {offset[2]} {SPIN} "
        closing += "} "
    return f"{text} End Site {{ OFFSET {end[0]} {end[1]} {end[2]} }} {closing}"


def hierarchy(knee=(0, -4, 0)) -> str:
    """A person of 8 units of leg; ``knee`` is where the ankle lies below the knee in the rest pose."""
    legs = "".join(
        limb([f"{side}UpLeg", f"{side}Leg", f"{side}Foot", f"{side}ToeBase"],
             [(x, 0, 0), (0, -4, 0), knee, (0, -0.5, 1)], (0, 0, 0.5))
        for side, x in (("Right", -1), ("Left", 1))
    )  # fmt: skip
    arms = "".join(
        limb(
            [f"{side}Arm", f"{side}ForeArm", f"{side}Hand"],
            [(2 * x, 5, 0), (3 * x, 0, 0), (2.5 * x, 0, 0)],
            (x, 0, 0),
        )
        for side, x in (("Right", -1), ("Left", 1))
    )  # fmt: skip
    channels = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    return f"HIERARCHY ROOT Hips {{ OFFSET 0 0 0 {channels} {legs} {arms} }} "


def write(path: Path, frames: np.ndarray, fps: float = 30, **body) -> Path:
    rows = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in frames)
    path.write_text(f"{hierarchy(**body)}\nMOTION\nFrames: {len(frames)}\nFrame Time: {1 / fps}\n{rows}\n")
    return path


CHANNELS = 6 + 3 * 14


def joint(poses: np.ndarray, name: str) -> np.ndarray:
    return poses[:, LANDMARKS.index(name)]


def test_the_rest_pose_stands_upright_in_metres(tmp_path: Path):
    poses = read_bvh(write(tmp_path / "rest.bvh", np.zeros((31, CHANNELS))), 60)
    assert poses.shape == (61, 16, 3)
    np.testing.assert_allclose(joint(poses, "left_hip") - joint(poses, "left_ankle"), [[0, 0.8, 0]] * 61, atol=1e-6)
    assert (joint(poses, "left_hip")[:, 0] > joint(poses, "right_hip")[:, 0]).all()
    assert (joint(poses, "left_toe")[:, 2] > joint(poses, "left_heel")[:, 2]).all()


def test_a_turned_thigh_takes_the_leg_along(tmp_path: Path):
    frames = np.zeros((31, CHANNELS))
    frames[:, 6 + 1] = -90  # X rotation of the right thigh: forward
    poses = read_bvh(write(tmp_path / "kick.bvh", frames), 60)
    np.testing.assert_allclose(joint(poses, "right_ankle") - joint(poses, "right_hip"), [[0, 0, 0.8]] * 61, atol=1e-5)
    np.testing.assert_allclose(joint(poses, "left_ankle") - joint(poses, "left_hip"), [[0, -0.8, 0]] * 61, atol=1e-5)


def test_bent_rest_poses_are_straightened(tmp_path: Path):
    bent = read_bvh(write(tmp_path / "bent.bvh", np.zeros((31, CHANNELS)), knee=(0, -3.9, -0.89)), 60)
    np.testing.assert_allclose(joint(bent, "left_hip") - joint(bent, "left_ankle"), [[0, 0.8, 0]] * 61, atol=1e-3)


def test_other_frame_rates_keep_the_time(tmp_path: Path):
    frames = np.zeros((121, CHANNELS))
    frames[:, 0] = np.arange(121)  # moves one unit a frame
    poses = read_bvh(write(tmp_path / "fast.bvh", frames, fps=120), 60)
    assert len(poses) == 61
    np.testing.assert_allclose(np.diff(joint(poses, "left_hip")[:, 0]), 0.2, atol=1e-5)  # 8 units are 0.8 m


@pytest.mark.parametrize(
    "content",
    ["", "HIERARCHY", "HIERARCHY ROOT Hips { OFFSET 0 0 0 CHANNELS 0 } MOTION Frames: 1 Frame Time: 0.1 1",
     "MOTION Frames: 2", hierarchy() + "MOTION Frames: 2 Frame Time: 0.1 1 2 3",
     hierarchy() + "MOTION Frames: x Frame Time: 0.1"],
)  # fmt: skip
def test_what_is_no_movement_of_a_person_is_refused(tmp_path: Path, content: str):
    (tmp_path / "bad.bvh").write_text(content)
    with pytest.raises(FileFormatError, match=r"bad\.bvh"):
        read_bvh(tmp_path / "bad.bvh", 60)
