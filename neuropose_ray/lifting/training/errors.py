"""What a pose network makes of a person: 2D with lasting errors, depth that is mostly too shallow, lost joints.

The sizes are those of BlazePose against marker motion capture and rendered people; a prior trained on smaller ones
trusts what it sees too much.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from neuropose_ray.lifting.bones import ARMS, BONE_ENDS, BONES, LEGS, MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE
from neuropose_ray.lifting.training.cameras import Views
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.floating]

#: Metres and seconds of the two parts of a joint's error in the picture, and their spread between clips.
_JITTER_M, _JITTER_S, _DRIFT_M, _DRIFT_S, _NOISE_SPREAD = 0.012, 0.10, 0.012, 0.8, 0.3
#: A joint of a limb is hidden where it lies behind the trunk by so many metres, within half its width and down to the
#: seat; or so far behind its counterpart, within the width of a limb.
_BEHIND_M, _TRUNK_HALF_M, _BELOW_HIPS_M, _BEHIND_OTHER_M, _LIMB_M = 0.06, 0.17, 0.10, 0.10, 0.12
_TRUNK = [i for i, name in enumerate(LANDMARKS) if name.split("_")[1] in ("hip", "shoulder")]
#: Shares of windows in which a joint flies off for a moment, a limb is unseen, the feet are, sides are exchanged,
#: nobody is found for a while, or a group of joints is missing throughout.
_BURST, _LIMB_UNSEEN, _EXCHANGED, _GAP, _MISSING = 0.05, 0.05, 0.08, 0.05, 0.05
#: How much larger the error of a joint without any confidence is, and how often a hidden joint loses confidence.
_UNSURE_ERROR, _HIDDEN = 1.5, 0.5
#: The model's own depth: gain with its spread, lasting error, and error over time, metres.
_GAIN, _GAIN_SPREAD, _BIAS_M, _DEPTH_JITTER_M = 0.65, 0.35, 0.05, 0.05
#: Relative error of the distance to the person and, of the same sign in the picture, of an assumed focal length.
_DISTANCE, _DISTANCE_DRIFT, _FOCAL = 0.03, 0.02, 0.09
#: Share of the depth of the limbs that the first fit finds, in the share of windows in which it does not find all.
#: What it misses it takes for width, so that people who squat toward the camera come out too far away.
_DEPTH_FOUND, _DEPTH_MISSED = (0.4, 1.0), 0.35
#: Depth errors grow with the length of a bone.
_RELATIVE_DEPTH_ERROR = np.array(
    [{"hip-hip": 0.5, "shoulder-elbow": 0.9, "ankle-heel": 0.4, "heel-toe": 0.5, "ankle-toe": 0.6}.get(
        f"{a.split('_')[1]}-{b.split('_')[1]}", 1.0) for a, b in BONES], np.float32
)  # fmt: skip
#: Thighs, shanks, upper arms and forearms.
_LIMB_PARTS = ("hip-knee", "knee-ankle", "shoulder-elbow", "elbow-wrist")
_LIMBS = np.array([i for i, (a, b) in enumerate(BONES) if f"{a.split('_')[1]}-{b.split('_')[1]}" in _LIMB_PARTS])
_GROUPS = tuple(
    np.array([i for i, name in enumerate(LANDMARKS) if name in names], np.intp)
    for names in (
        *({f"{side}_elbow", f"{side}_wrist"} for side in ("right", "left")),
        {"right_wrist", "left_wrist"},
        {f"{side}_{part}" for side in ("right", "left") for part in ("heel", "toe")},
        {f"{side}_{part}" for side in ("right", "left") for part in ("ankle", "heel", "toe")},
        *({f"{side}_{part}" for part in ("knee", "ankle", "heel", "toe")} for side in ("right", "left")),
    )
)


@dataclass(frozen=True)
class Observations:
    """What the prior is given, and what it should say.

    Attributes:
        directions: ``(count, frames, 16, 2)`` viewing directions.
        confidences: ``(count, frames, 16)``, 0 for a joint that was not seen.
        distance: ``(count, frames)`` metres to the hips along the camera's axis, as a first fit has it.
        model_depths: ``(count, frames, 18)`` metres, the pose model's.
        found: ``(count, frames)`` whether the person was found.
        exchanged: ``(count, frames, 2)`` whether the sides of legs and of arms are exchanged.
        depths: ``(count, frames, 18)`` metres, true.
    """

    directions: Array
    confidences: Array
    distance: Array
    model_depths: Array
    found: NDArray[np.bool_]
    exchanged: NDArray[np.bool_]
    depths: Array


def observed(random: np.random.Generator, views: Views, rate: float) -> Observations:
    """Windows of people as a pose network finds them, ``rate`` frames a second."""
    pictured, depths = views.pictured, views.depths
    count, frames = depths.shape[:2]

    def lasting(columns: int, seconds: float) -> Array:
        """Unit noise that stays alike over this time: a first-order autoregression."""
        keep = np.exp(-1 / rate / seconds)
        raw = random.standard_normal((count, frames, columns), dtype=np.float32)
        raw[:, 1:] *= np.sqrt(1 - keep**2)
        return np.asarray(lfilter([1.0], [1.0, -keep], raw, axis=1), np.float32)

    def windows(share: float) -> NDArray[np.intp]:
        return np.flatnonzero(random.random(count) < share)

    def stretch() -> slice:
        length = frames if random.random() < 0.35 else int(random.integers(3, frames))
        start = int(random.integers(0, frames - length + 1))
        return slice(start, start + length)

    confidences = np.repeat(_confidences(random, count)[:, None], frames, axis=1)
    hidden = _hidden(views.truth) & (random.random((count, 1, len(LANDMARKS))) < _HIDDEN)
    confidences = np.where(hidden, confidences * random.uniform(0.05, 0.6, (count, 1, 16)), confidences)
    for window in windows(_LIMB_UNSEEN):
        group = _GROUPS[random.integers(len(_GROUPS))]
        confidences[window, stretch(), group[:, None]] *= random.uniform(0.03, 0.4)
    size = (1 + _UNSURE_ERROR * (1 - confidences)) * np.exp(random.normal(0, _NOISE_SPREAD, (count, 1, 1)))
    noise = lasting(32, _JITTER_S) * _JITTER_M + lasting(32, _DRIFT_S) * _DRIFT_M
    noise = noise.reshape(count, frames, 16, 2) * size[..., None].astype(np.float32)
    flying = np.zeros((count, frames, 16), bool)
    for window, joint in np.argwhere(random.random((count, 16)) < _BURST):
        start, length = int(random.integers(frames)), int(random.integers(2, 14))
        flying[window, start : start + length, joint] = True
        noise[window, start : start + length, joint] += random.normal(0, 0.08, 2)
    confidences = confidences + random.normal(0, 0.03, confidences.shape) - 0.4 * flying
    confidences = np.clip(confidences, 0.05, 1).astype(np.float32)

    far = views.truth[:, :, :2, 2].mean(axis=2)
    directions = pictured[..., :2] / pictured[..., 2:] + noise / far[:, :, None, None]
    focal = np.exp(random.normal(0, _FOCAL, (count, 1))).astype(np.float32)
    drift = random.normal(0, _DISTANCE, (count, 1)) + lasting(1, 1.0)[..., 0] * _DISTANCE_DRIFT
    found_depth = np.where(random.random(count) < _DEPTH_MISSED, random.uniform(*_DEPTH_FOUND, count), 1)
    distance = far / focal * _farther(views, found_depth[:, None, None]) * np.exp(drift)
    directions = directions * focal[..., None, None]

    bones = len(BONES)
    gain = np.clip(random.normal(_GAIN, _GAIN_SPREAD, (count, 1, bones)), -0.3, 1.5)
    tails = np.exp(
        np.clip(random.normal(0, 0.4, (count, 1, 1)) + random.normal(0, 0.5, (count, 1, bones)), -1.5, 1.5)
    )
    bias = random.normal(0, _BIAS_M, (count, 1, bones)) * tails
    jitter = lasting(bones, 0.15) * _DEPTH_JITTER_M * np.exp(random.normal(0, 0.3, (count, 1, bones)))
    model_depths = (gain * depths + (bias + jitter) * _RELATIVE_DEPTH_ERROR).astype(np.float32)

    exchanged = np.zeros((count, frames, 2), bool)
    for window in windows(_EXCHANGED):
        parts = ((0,), (1,), (0, 1))[random.integers(3)]
        exchanged[window, stretch(), parts[0] : parts[-1] + 1] = True
    _exchange(random, exchanged, directions, confidences, model_depths)

    found = np.ones((count, frames), bool)
    for window in windows(_GAP):
        length = int(random.integers(2, 24))
        start = int(random.integers(0, frames - length))
        found[window, start : start + length] = False
    confidences[~found] = 0
    for window in windows(_MISSING):
        confidences[window][:, _GROUPS[random.integers(len(_GROUPS))]] = 0
    missing = confidences[:, :, BONE_ENDS].min(axis=-1) == 0
    model_depths[missing] = 0
    return Observations(
        directions.astype(np.float32),
        confidences,
        distance.astype(np.float32),
        model_depths,
        found,
        exchanged,
        depths,
    )


def _farther(views: Views, found: Array) -> Array:
    """``(count, 1)`` how many times too far a fit places people of whose limbs it finds this share of the depth."""
    ends = views.truth[:, :, BONE_ENDS[_LIMBS]]
    squared = ((ends[..., 0, :] - ends[..., 1, :]) ** 2).sum(axis=-1)
    depths = views.depths[:, :, _LIMBS]
    widths = [np.sqrt(np.maximum(squared - (share * depths) ** 2, 0)).sum(axis=(1, 2)) for share in (found, 1.0)]
    return np.asarray(widths[0] / np.maximum(widths[1], 1e-6))[:, None]


def _confidences(random: np.random.Generator, count: int) -> Array:
    """``(count, 16)`` mostly high, one joint in five anywhere."""
    high = random.uniform(0.85, 1, (count, len(LANDMARKS)))
    anywhere = random.uniform(0.1, 0.85, high.shape)
    return np.where(random.random(high.shape) < 0.8, high, anywhere).astype(np.float32)


def _hidden(points: Array) -> NDArray[np.bool_]:
    """``(count, frames, 16)`` joints of limbs behind the trunk or their counterpart, of ``(count, frames, 16, 3)``.

    What is farther but beside, above or below in the picture is not hidden, nor are hips and shoulders: if they were,
    the network would learn that confident ankles are those of a camera that looks up and confident hips those of an
    upright trunk, and pose networks are confident of all of these.
    """
    centre = points[:, :, _TRUNK, 2].mean(axis=2)[:, :, None]
    places = points[..., :2] / points[..., 2:] * centre[..., None]
    trunk = places[:, :, _TRUNK]
    before = np.abs(places[..., 0] - trunk[..., 0].mean(axis=2, keepdims=True)) < _TRUNK_HALF_M
    before &= places[..., 1] > trunk[..., 1].min(axis=2, keepdims=True)
    before &= places[..., 1] < trunk[..., 1].max(axis=2, keepdims=True) + _BELOW_HIPS_M
    hidden = before & (points[..., 2] - centre > _BEHIND_M)
    counterpart = np.linalg.norm(places - places[:, :, OTHER_SIDE], axis=-1) < _LIMB_M
    hidden |= counterpart & (points[..., 2] - points[:, :, OTHER_SIDE, 2] > _BEHIND_OTHER_M)
    hidden[:, :, _TRUNK] = False
    return np.asarray(hidden)


def _exchange(
    random: np.random.Generator, exchanged: NDArray[np.bool_], directions: Array, confidences: Array, depths: Array
) -> None:
    """Exchange the sides of legs and arms where told, in place; depths follow, or are made up, as networks do."""
    for part, joints in enumerate((LEGS, ARMS)):
        windows, frames = np.nonzero(exchanged[..., part])
        if not len(windows):
            continue
        other = OTHER_SIDE[joints]
        for values in (directions, confidences):
            values[windows[:, None], frames[:, None], joints] = values[windows[:, None], frames[:, None], other]
        bones = np.flatnonzero(np.isin(BONE_ENDS, joints).all(axis=1))
        swapped = depths[windows[:, None], frames[:, None], MIRRORED_BONES[bones]] * MIRROR_SIGNS[bones]
        made_up = (random.random(len(exchanged)) < 0.5)[windows, None]
        depths[windows[:, None], frames[:, None], bones] = np.where(made_up, -swapped * 0.7, swapped)
