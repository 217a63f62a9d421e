"""Other people who make the same movement: bone directions are kept, lengths are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import SIDES
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.floating]

#: Metres; the prior works on bodies of this height, and its inputs and outputs are scaled to others.
HEIGHT_M = 1.70

#: Shares of stature with their spread between people, after Winter (2009). The limbs set the scale, as in the fit.
_LIMBS = {"thigh": (0.237, 0.04), "shank": (0.237, 0.04), "upper_arm": (0.172, 0.045), "forearm": (0.149, 0.05)}
#: What the fit takes for an average limb: a drawn body is scaled so that its limbs are these on the geometric mean.
_FITTED_LIMBS = {"thigh": 0.241, "shank": 0.236, "upper_arm": 0.170, "forearm": 0.147}
_HIPS, _SHOULDERS, _TRUNK = (0.112, 0.13), (0.222, 0.12), (0.290, 0.06)
#: From the heel to the toe: skeletons of motion capture often end short of the tip.
_FOOT = (0.124, 0.08)
#: Children: share of windows, and how much longer the trunk and wider hips and shoulders are for their limbs.
_CHILDREN, _CHILD_TRUNK, _CHILD_WIDTH = 0.08, 0.14, 0.10

#: Metres by which a pose network's joint differs from the centre of the joint, along each axis of the trunk.
_JOINT_OFFSET_M = {"hip": 0.02, "knee": 0.012, "ankle": 0.012, "shoulder": 0.025, "elbow": 0.015, "wrist": 0.015,
                   "heel": 0.015, "toe": 0.015}  # fmt: skip
#: How much of these offsets differs between the two sides.
_UNEVEN = 0.4
#: Degrees that skeletons of motion capture bend knees and elbows too much, with the spread between people.
_KNEE_BENT, _ELBOW_BENT = (2.0, 3.0), (2.0, 4.5)
#: Below this flexion in radians the plane of a joint is not known, and its flexion is left alone.
_CLEAR_FLEXION = 0.02


@dataclass(frozen=True)
class Bodies:
    """People of average limbs in the world, y up.

    Attributes:
        truth: ``(count, frames, 16, 3)`` metres, joints in the order of ``LANDMARKS``.
        pictured: the same shape, the points that a pose network takes for these joints.
    """

    truth: Array
    pictured: Array


def with_other_bodies(random: np.random.Generator, poses: Array) -> Bodies:
    """New bodies for every window of ``poses`` ``(count, frames, 16, 3)``, which are metres, y up."""
    count = len(poses)
    joint = {name: poses[:, :, i] for i, name in enumerate(LANDMARKS)}

    def spread(sigma: float) -> Array:
        return np.asarray(np.exp(random.normal(0, sigma, count)), np.float32)[:, None, None]

    child = (random.random(count) < _CHILDREN).astype(np.float32)[:, None, None] * random.random((count, 1, 1))
    lengths = {name: HEIGHT_M * share * spread(sigma) for name, (share, sigma) in _LIMBS.items()}
    ratios = [np.log(lengths[name] / (HEIGHT_M * share)) for name, share in _FITTED_LIMBS.items()]
    size = np.exp(np.mean(ratios, axis=0))
    lengths = {name: length / size for name, length in lengths.items()}
    hips = HEIGHT_M * _HIPS[0] * spread(_HIPS[1]) * (1 + _CHILD_WIDTH * child)
    shoulders = HEIGHT_M * _SHOULDERS[0] * spread(_SHOULDERS[1]) * (1 + _CHILD_WIDTH * child)
    trunk = HEIGHT_M * _TRUNK[0] * spread(_TRUNK[1]) * (1 + _CHILD_TRUNK * child)
    feet = [np.linalg.norm(joint[f"{side}_toe"] - joint[f"{side}_heel"], axis=-1) for side in SIDES]
    foot = HEIGHT_M * _FOOT[0] * spread(_FOOT[1]) / np.median(np.mean(feet, axis=0), axis=1)[:, None, None]

    old_hips = (joint["right_hip"] + joint["left_hip"]) / 2
    leg = np.linalg.norm(joint["right_hip"] - joint["right_knee"], axis=-1) + np.linalg.norm(
        joint["right_knee"] - joint["right_ankle"], axis=-1
    )
    pelvis = old_hips * (lengths["thigh"] + lengths["shank"]) / np.median(leg, axis=1)[:, None, None]
    across = _unit(joint["left_hip"] - joint["right_hip"])
    up = _unit(joint["right_shoulder"] + joint["left_shoulder"] - 2 * old_hips)
    chest = pelvis + up * trunk
    across_chest = _unit(joint["left_shoulder"] - joint["right_shoulder"])
    knee_change = _degrees(random, count, *_KNEE_BENT)
    elbow_change = _degrees(random, count, *_ELBOW_BENT)
    made: dict[str, Array] = {}
    for side, sign in zip(SIDES, (-1, 1), strict=True):
        made[f"{side}_hip"] = pelvis + sign * across * hips / 2
        made[f"{side}_shoulder"] = chest + sign * across_chest * shoulders / 2
        for chain, bones, change in (
            (("hip", "knee", "ankle"), ("thigh", "shank"), knee_change),
            (("shoulder", "elbow", "wrist"), ("upper_arm", "forearm"), elbow_change),
        ):
            start, middle, end = (joint[f"{side}_{name}"] for name in chain)
            upper, lower = _unit(middle - start), _unit(end - middle)
            lower = _unbent(upper, lower, change)
            made[f"{side}_{chain[1]}"] = made[f"{side}_{chain[0]}"] + upper * lengths[bones[0]]
            made[f"{side}_{chain[2]}"] = made[f"{side}_{chain[1]}"] + lower * lengths[bones[1]]
        for part in ("heel", "toe"):
            offset = joint[f"{side}_{part}"] - joint[f"{side}_ankle"]
            made[f"{side}_{part}"] = made[f"{side}_ankle"] + offset * foot
    truth = np.stack([made[name] for name in LANDMARKS], axis=2).astype(np.float32)
    floor = np.percentile(truth[:, :, -4:, 1].reshape(count, -1), 5, axis=1)
    truth[..., 1] -= floor[:, None, None]
    axes = np.stack([across, up, np.cross(across, up)], axis=-2)
    return Bodies(truth, truth + _joint_offsets(random, count) @ axes)


def _joint_offsets(random: np.random.Generator, count: int) -> Array:
    """``(count, 1, 16, 3)`` metres along left, up, forward, mostly alike on both sides."""
    sigma = np.array([_JOINT_OFFSET_M[name.split("_")[1]] for name in LANDMARKS])[:, None]
    alike = np.repeat(random.normal(0, 1, (count, len(LANDMARKS) // 2, 3)), 2, axis=1)
    alike[:, 0::2, 0] *= -1
    uneven = random.normal(0, _UNEVEN, (count, len(LANDMARKS), 3))
    return np.asarray((alike + uneven) * sigma, np.float32)[:, None]


def _degrees(random: np.random.Generator, count: int, mean: float, sigma: float) -> Array:
    return np.asarray(np.radians(random.normal(mean, sigma, count)), np.float32)[:, None]


def _unbent(upper: Array, lower: Array, change: Array) -> Array:
    """``lower`` turned toward ``upper`` by ``change`` radians, in their own plane and never past straight."""
    flexion = np.arccos(np.clip((upper * lower).sum(axis=-1), -1, 1))
    clear = flexion > _CLEAR_FLEXION
    angle = np.where(clear, flexion, 1)
    share = np.clip(change / angle, -1, 1) * np.clip(angle / 0.1, 0, 1)
    turned = np.sin((1 - share) * angle)[..., None] * lower + np.sin(share * angle)[..., None] * upper
    return _unit(np.where(clear[..., None], turned, lower))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6))
