"""Motion capture as windows of 16 joints: clips of a NumPy archive, or a folder of BVH files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.lifting.bones import OTHER_SIDE
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.floating]

#: Frames per second of the clips of an archive, and to which BVH files are brought.
CLIP_RATE = 60.0
#: Shorter clips are left out.
_SHORTEST_S = 1.0
#: Clips longer than this do not get more windows, so that one long dance does not fill the training.
_LONGEST_WEIGHT_S = 60.0
#: How much faster or slower than captured a movement is played; how often backwards; how often mirrored.
_SPEED, _BACKWARDS, _MIRRORED = (0.7, 1.35), 0.25, 0.5
#: How often a window gets the trunk and arms, or the arms alone, of another.
_OTHER_UPPER_BODY = 0.3
#: Clips of the CMU Graphics Lab that are only looked at: a subject or movement each, so that none is half known. Of
#: other collections it is every so many-th clip.
_HELD_OUT = (
    "14_22", "14_07", "14_30", "13_39", "13_30", "13_31", "07_03", "08_05", "02_06", "09_04", "05_08", "10_03",
    "exp_test_walking_walking_1", "exp_test_washwindow", "exp_test_basketball", "pap_salsa15", "pap_martial09",
    "06_05", "12_03", "03_02", "exp_test_jumping",
)  # fmt: skip
_EVERY = 13
_HIPS, _UPPER = slice(0, 2), slice(6, 12)


@dataclass(frozen=True)
class MotionCapture:
    """Clips of captured movement.

    Attributes:
        clips: each name to ``(frames, 16, 3)`` metres, y up, :data:`CLIP_RATE` frames a second, joints in the order
            of ``LANDMARKS``.
    """

    clips: Mapping[str, Array]

    def windows(self, random: np.random.Generator, count: int, frames: int, rate: float) -> Array:
        """``(count, frames, 16, 3)`` drawn windows, ``rate`` frames a second."""
        clips = list(self.clips.values())
        weights = np.array([min(len(clip), _LONGEST_WEIGHT_S * CLIP_RATE) for clip in clips])
        chosen = random.choice(len(clips), size=count, p=weights / weights.sum())
        windows = np.stack([_window(random, clips[clip], frames, rate) for clip in chosen])
        windows = np.where((random.random(count) < _MIRRORED)[:, None, None, None], mirrored(windows), windows)
        return _with_other_upper_bodies(random, windows)


def mirrored(poses: Array) -> Array:
    """Poses ``(..., 16, 3)`` as a mirror shows them: left is right."""
    return poses[..., OTHER_SIDE, :] * np.array([-1, 1, 1], np.float32)


def load_motion_capture(path: Path) -> MotionCapture:
    """Clips from an ``.npz`` archive of ``(frames, 16, 3)`` arrays, or from the ``.bvh`` files under a folder.

    Raises:
        InputNotFoundError: there is no such file or folder, or no clip in it.
        FileFormatError: a file is not what its name says.
    """
    if path.is_dir():
        from neuropose_ray.lifting.training.bvh import read_bvh

        clips = {file.stem: read_bvh(file, CLIP_RATE) for file in sorted(path.rglob("*.bvh"))}
    elif path.is_file():
        clips = _read_archive(path)
    else:
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="give BVH files or an .npz")
    clips = {name: clip for name, clip in clips.items() if len(clip) >= _SHORTEST_S * CLIP_RATE}
    if not clips:
        raise InputNotFoundError(
            "holds no clip of a second or more", where=str(path), hint="give BVH files or an .npz"
        )
    return MotionCapture(clips)


def split(capture: MotionCapture) -> tuple[MotionCapture, MotionCapture]:
    """The clips that are learnt from, and those that are held out, neither empty where there are two clips."""
    names = list(capture.clips)
    held_out = {name for name in names if name.startswith(_HELD_OUT)} or set(
        names[_EVERY - 1 :: _EVERY] or names[-1:]
    )
    return (
        MotionCapture({name: capture.clips[name] for name in names if name not in held_out}),
        MotionCapture({name: capture.clips[name] for name in names if name in held_out}),
    )


def _read_archive(path: Path) -> dict[str, Array]:
    try:
        with np.load(path) as archive:
            clips = {name: np.asarray(archive[name], np.float32) for name in archive.files}
    except (OSError, ValueError) as error:
        raise FileFormatError(f"not a NumPy archive ({error})", where=str(path)) from error
    for name, clip in clips.items():
        if clip.ndim != 3 or clip.shape[1:] != (len(LANDMARKS), 3) or not np.isfinite(clip).all():
            raise FileFormatError(
                f"{name} is {clip.shape} where (frames, {len(LANDMARKS)}, 3) finite metres are expected",
                where=str(path),
            )
    return clips


def _window(random: np.random.Generator, clip: Array, frames: int, rate: float) -> Array:
    step = CLIP_RATE / rate * random.uniform(*_SPEED)
    needed = int(frames * step) + 2
    times = random.integers(0, max(1, len(clip) - needed + 1)) + np.arange(frames) * step
    if random.random() < _BACKWARDS:
        times = times[::-1]
    times = np.clip(times, 0, len(clip) - 1.001)
    before = times.astype(np.intp)
    share = (times - before).astype(np.float32)[:, None, None]
    return np.asarray(clip[before] * (1 - share) + clip[before + 1] * share)


def _with_other_upper_bodies(random: np.random.Generator, windows: Array) -> Array:
    """Some windows with the upper body of their neighbour, turned to the same heading."""
    count = len(windows)
    donors = np.roll(windows, 1, axis=0)
    turned = _turned_to(donors, windows)
    hips, donor_hips = (values[:, :, _HIPS].mean(axis=2, keepdims=True) for values in (windows, turned))
    whole, arms = windows.copy(), windows.copy()
    whole[:, :, _UPPER] = turned[:, :, _UPPER] - donor_hips + hips
    for side in (0, 1):
        limb = [8 + side, 10 + side]
        arms[:, :, limb] = (turned[:, :, limb] - turned[:, :, [6 + side]]) + windows[:, :, [6 + side]]
    draw = random.random(count)[:, None, None, None]
    return np.select([draw < _OTHER_UPPER_BODY / 2, draw < _OTHER_UPPER_BODY], [whole, arms], windows)


def _turned_to(poses: Array, target: Array) -> Array:
    """``poses`` turned about the vertical, frame by frame, so that their hips face as those of ``target``."""

    def heading(values: Array) -> Array:
        across = values[:, :, 1] - values[:, :, 0]
        return np.arctan2(across[..., 2], across[..., 0])

    angle = (heading(poses) - heading(target))[..., None]
    cosine, sine = np.cos(angle), np.sin(angle)
    x, y, z = np.moveaxis(poses, -1, 0)
    return np.stack([cosine * x + sine * z, y, cosine * z - sine * x], axis=-1).astype(np.float32)
