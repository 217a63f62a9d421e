"""Motion capture from archives and BVH files."""

from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.lifting.training.motion_capture import MotionCapture, load_motion_capture, mirrored, split


@pytest.fixture(scope="module")
def cmu(test_data: Path) -> MotionCapture:
    return load_motion_capture(test_data / "mocap" / "cmu_16_joints_60fps.npz")


def clip(frames: int = 100, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (frames, 16, 3)).astype(np.float32)


def test_clips_shorter_than_a_second_are_left_out(tmp_path: Path):
    np.savez(tmp_path / "some.npz", long=clip(60), short=clip(59))
    assert set(load_motion_capture(tmp_path / "some.npz").clips) == {"long"}


@pytest.mark.parametrize(
    "arrays", [{"flat": np.zeros((90, 48))}, {"joints": np.zeros((90, 17, 3))}, {"nan": np.full((90, 16, 3), np.nan)}]
)
def test_what_is_no_clip_is_named(tmp_path: Path, arrays):
    np.savez(tmp_path / "some.npz", **arrays)
    with pytest.raises(FileFormatError, match=next(iter(arrays))):
        load_motion_capture(tmp_path / "some.npz")


def test_no_data_is_said_in_one_line(tmp_path: Path):
    for path in (tmp_path / "gone", tmp_path):
        with pytest.raises(InputNotFoundError, match="give BVH files"):
            load_motion_capture(path)
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(FileFormatError, match="not a NumPy archive"):
        load_motion_capture(tmp_path / "broken.npz")


def test_windows_are_the_same_for_the_same_seed_and_finite(cmu: MotionCapture):
    one, other = (cmu.windows(np.random.default_rng(7), 16, 48, 20.0) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.shape == (16, 48, 16, 3)
    assert np.isfinite(one).all()


def test_short_clips_fill_a_window_by_holding_their_ends():
    windows = MotionCapture({"short": clip(60)}).windows(np.random.default_rng(0), 4, 48, 20.0)
    assert np.isfinite(windows).all()


def test_held_out_clips_are_not_learnt_from(cmu: MotionCapture):
    learnt, held_out = split(cmu)
    assert not set(learnt.clips) & set(held_out.clips)
    assert set(learnt.clips) | set(held_out.clips) == set(cmu.clips)
    assert 0.05 < len(held_out.clips) / len(cmu.clips) < 0.2


@pytest.mark.parametrize("count", [2, 5, 40])
def test_other_collections_are_split_too(count: int):
    learnt, held_out = split(MotionCapture({f"clip{i:02}": clip(seed=i) for i in range(count)}))
    assert learnt.clips
    assert held_out.clips


def test_a_mirror_of_a_mirror_is_the_same():
    poses = clip()
    np.testing.assert_array_equal(mirrored(mirrored(poses)), poses)
    np.testing.assert_array_equal(mirrored(poses)[:, 0], poses[:, 1] * [-1, 1, 1])
