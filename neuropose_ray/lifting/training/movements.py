"""Everyday movements that motion capture has few of, as directions of the bones over time.

Squats, standing up from a chair, sitting, lunges, bends, stairs, balancing on a leg, leaning to a side, turning on
the spot, reaching and arms held anywhere. Body axes: x to the person's left, y up, z forward. Bones have round
lengths; :mod:`.bodies` gives every window its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Which = Callable[..., NDArray[np.bool_]]

#: Shares of the kinds of movement.
KINDS = {
    "squat": 0.32, "sit_to_stand": 0.26, "seated": 0.05, "lunge": 0.08, "bend": 0.08, "stairs": 0.04,
    "balance": 0.05, "stand": 0.12,
}  # fmt: skip

#: How an arm is held: degrees of elevation from hanging, of its plane (0 forward, 90 sideways, over 90 back), of
#: elbow flexion, and of the forearm's turn inward; a share of each.
ARMS = {
    "hanging": ((0, 20), (-20, 100), (5, 40), (-20, 60), 0.24),
    "forward": ((50, 140), (-15, 20), (2, 60), (-30, 90), 0.18),
    "on the thighs": ((10, 55), (-10, 35), (20, 85), (-20, 60), 0.12),
    "spread": ((45, 110), (55, 105), (2, 45), (-60, 60), 0.10),
    "overhead": ((110, 175), (0, 90), (2, 60), (-40, 60), 0.08),
    "on the hips": ((15, 50), (55, 130), (70, 115), (20, 100), 0.10),
    "crossed": ((10, 45), (-10, 45), (85, 140), (50, 100), 0.08),
    "anywhere": ((0, 160), (-30, 120), (3, 135), (-70, 110), 0.10),
}
_HIP_HALF, _SHOULDER_HALF, _TRUNK, _THIGH, _SHANK, _UPPER_ARM, _FOREARM = 0.09, 0.18, 0.49, 0.41, 0.40, 0.29, 0.25
_ANKLE_HEIGHT = 0.09
#: Metres from the heel's and the toe's landmark up to the ankle of somebody who stands, as motion capture has them.
_ANKLE_OVER_M = (0.035, 0.058)
#: Shares of the body's mass of the trunk with head and arms, of both thighs, and of both shanks with feet, after
#: Winter (2009), with where the first lies along the trunk in metres and the others along their segment.
_MASS_TRUNK, _MASS_THIGHS, _MASS_SHANKS = 0.678, 0.200, 0.122
_CENTRE_TRUNK_M, _CENTRE_THIGH, _CENTRE_SHANK = (0.30, 0.40), 0.433, 0.433
#: Metres before the ankles over which squatting people keep their weight, less what stretched arms add; the share of
#: squats that do, and the sine of the least and most lean that comes out.
_OVER_FEET_M, _BALANCED, _BALANCED_SINE = (-0.02, 0.10), 0.5, (-0.2, 0.95)
#: Metres from the middle to an ankle where both feet stay where they are, for each movement, and the share of people
#: who stand wider. Squatting people have their feet about as wide as their shoulders.
_STANCE_M = {"squat": (0.07, 0.24), "sit_to_stand": (0.05, 0.19), "bend": (0.04, 0.19), "stand": (0.04, 0.19)}
_WIDE, _WIDER_M = 0.1, 0.15
#: Shares of windows in which the legs differ, and in which arms go forward with a squat, and with standing up.
_UNEVEN_LEGS, _ARMS_FORWARD = 0.25, {"squat": 0.45, "sit_to_stand": 0.15}


def made_movements(random: np.random.Generator, count: int, frames: int, rate: float) -> Array:
    """``(count, frames, 16, 3)`` metres, y up, joints in the order of ``LANDMARKS``.

    Args:
        random: where chance comes from.
        count: how many windows.
        frames: of each window.
        rate: frames per second.
    """
    names = list(KINDS)
    kinds = random.choice(len(names), size=count, p=np.array(list(KINDS.values())) / sum(KINDS.values()))
    drawn = _Draw(random, count, frames, rate)

    def which(*wanted: str) -> NDArray[np.bool_]:
        return np.isin(kinds, [names.index(name) for name in wanted])

    cycle = drawn.repetitions()
    yaw = _heading(drawn, which)
    joints: dict[str, Array] = {}
    axis = _turned(yaw, _vector(np.cos(tilt := drawn.wander(2)), np.sin(tilt), np.zeros_like(tilt)))
    hips = np.zeros((count, frames, 3), np.float32)
    joints["right_hip"], joints["left_hip"] = hips - _HIP_HALF * axis, hips + _HIP_HALF * axis
    _add_legs(joints, drawn, which, cycle, yaw)
    trunk, left = _trunk(drawn, which, cycle, yaw, _balanced_lean(joints, drawn, yaw))
    middle = hips + _TRUNK * trunk
    joints["right_shoulder"], joints["left_shoulder"] = middle - _SHOULDER_HALF * left, middle + _SHOULDER_HALF * left
    _add_arms(joints, drawn, which, cycle, trunk, left)
    order = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist", "heel", "toe")
    poses = np.stack([joints[f"{side}_{part}"] for part in order for side in ("right", "left")], axis=2)
    # The lower ankle stands on the floor; both stay where they are, apart from a little sway.
    poses[..., 1] -= poses[:, :, 4:6, 1].min(axis=2)[..., None] - _ANKLE_HEIGHT
    poses[..., [0, 2]] -= poses[:, :, 4:6].mean(axis=2)[:, :, None][..., [0, 2]]
    return poses


class _Draw:
    """Chance for a batch of windows: a number a window ``(count, 1)``, or a course of time ``(count, frames)``."""

    def __init__(self, random: np.random.Generator, count: int, frames: int, rate: float) -> None:
        self.random, self.count, self.frames, self.rate = random, count, frames, rate

    def uniform(self, low: float, high: float) -> Array:
        return self.random.uniform(low, high, (self.count, 1)).astype(np.float32)

    def degrees(self, low: float, high: float) -> Array:
        return np.radians(self.uniform(low, high))

    def sides(self, low: float, high: float) -> tuple[Array, Array]:
        """Numbers for the right and for the left side, mostly much alike."""
        right, left = self.uniform(low, high), self.uniform(low, high)
        return right, np.where(self.chance(_UNEVEN_LEGS) > 0, left, 0.85 * right + 0.15 * left)

    def chance(self, share: float) -> Array:
        return (self.random.random((self.count, 1)) < share).astype(np.float32)

    def wander(self, degrees: float, seconds: float = 0.6) -> Array:
        """A smooth course around 0 with this standard deviation, in radians."""
        smoothing = _smoothing(self.frames, seconds * self.rate)
        raw = self.random.standard_normal((self.count, len(smoothing)), dtype=np.float32)
        return np.asarray(raw @ smoothing * np.float32(np.radians(degrees)))

    def repetitions(self) -> Array:
        """0..1 and back, with a hold at both ends, again and again."""
        time = np.arange(self.frames, dtype=np.float32) / self.rate
        turn = (time / self.uniform(1.5, 5.5) + self.uniform(0, 1)) % 1
        hold = self.uniform(0, 0.6)
        rise = np.clip((np.abs(2 * turn - 1) - hold / 2) / (1 - hold), 0, 1)
        return np.asarray(0.5 + 0.5 * np.cos(np.pi * rise), np.float32)


@lru_cache
def _smoothing(frames: int, width: float) -> Array:
    """A matrix that makes ``frames`` samples of smooth unit noise out of more of white noise: a Gaussian filter."""
    margin = int(3 * width)
    apart = np.arange(frames + 2 * margin)[:, None] - margin - np.arange(frames)
    weights = np.exp(-0.5 * (apart / width) ** 2)
    return np.asarray(weights / np.sqrt((weights**2).sum(axis=0)), np.float32)


def _heading(drawn: _Draw, which: Which) -> Array:
    """``(count, frames)`` radians by which the person is turned about the vertical."""
    course = np.linspace(0, 1, drawn.frames, dtype=np.float32)
    turning = drawn.chance(0.5) * which("stand", "stairs")[:, None] * drawn.degrees(-360, 360) * course
    return np.asarray(turning + drawn.wander(4))


def _balanced_lean(joints: dict[str, Array], drawn: _Draw, yaw: Array) -> Array:
    """``(count, frames)`` radians of forward lean of the trunk that keep the body's weight over the feet."""
    ahead = _turned(yaw, _vector(np.zeros_like(yaw), np.zeros_like(yaw), np.ones_like(yaw)))

    def before(name: str) -> Array:
        return np.asarray(((joints[f"right_{name}"] + joints[f"left_{name}"]) / 2 * ahead).sum(axis=-1))

    hip, knee = before("hip") - before("ankle"), before("knee") - before("ankle")
    legs = _MASS_THIGHS * (hip + _CENTRE_THIGH * (knee - hip)) + _MASS_SHANKS * (1 - _CENTRE_SHANK) * knee
    over = drawn.uniform(*_OVER_FEET_M) - legs - _MASS_TRUNK * hip
    return np.asarray(np.arcsin(np.clip(over / (_MASS_TRUNK * drawn.uniform(*_CENTRE_TRUNK_M)), *_BALANCED_SINE)))


def _trunk(drawn: _Draw, which: Which, cycle: Array, yaw: Array, balanced: Array) -> tuple[Array, Array]:
    """Direction of the trunk, and direction from the right to the left shoulder, ``(count, frames, 3)``."""
    low = drawn.degrees(-8, 9)
    high = low + drawn.degrees(-5, 10)
    for kinds, span in (
        (("squat", "lunge"), (10, 60)), (("bend",), (30, 110)), (("seated",), (-15, 40)), (("balance",), (-5, 40)),
    ):  # fmt: skip
        high = np.where(which(*kinds)[:, None], drawn.degrees(*span), high)
    nod = drawn.degrees(15, 55) * which("sit_to_stand")[:, None] * np.sin(np.pi * cycle)
    lean = low + (high - low) * cycle + nod
    squatting = low + (balanced - low) * cycle
    lean = np.where(which("squat")[:, None] & (drawn.chance(_BALANCED) > 0), squatting, lean) + drawn.wander(2.5)
    side = drawn.chance(0.15) * drawn.degrees(-45, 45) * drawn.repetitions() + drawn.wander(2.5)
    twist = drawn.chance(0.2) * drawn.degrees(-50, 50) * drawn.repetitions() + drawn.wander(4)
    trunk = _turned(yaw, _vector(np.sin(side), np.cos(side) * np.cos(lean), np.cos(side) * np.sin(lean)))
    flat = side + drawn.wander(2)
    left = _turned(yaw + twist, _vector(np.cos(flat), -np.sin(flat), np.zeros_like(flat)))
    left -= trunk * (trunk * left).sum(axis=-1, keepdims=True)
    return trunk, left / np.linalg.norm(left, axis=-1, keepdims=True)


def _add_legs(joints: dict[str, Array], drawn: _Draw, which: Which, cycle: Array, yaw: Array) -> None:
    """Knees, ankles, heels and toes, from the flexion of the knee and the forward lean of the shank."""
    straight = drawn.degrees(0, 12)
    bent = straight + drawn.degrees(0, 8)
    for kinds, span in (
        (("squat",), (45, 130)), (("sit_to_stand", "seated"), (70, 115)), (("lunge",), (50, 115)),
        (("bend",), (0, 40)),
    ):  # fmt: skip
        bent = np.where(which(*kinds)[:, None], drawn.degrees(*span), bent)
    seated, stairs, balance, lunge = (which(name)[:, None] for name in ("seated", "stairs", "balance", "lunge"))
    course = np.where(seated, 1.0, cycle).astype(np.float32)
    stance, toe_out = drawn.degrees(-2, 14), drawn.degrees(-5, 28)
    planted, beside = _stance(drawn, which)
    heel_drop, toe_drop = drawn.uniform(*_ANKLE_OVER_M), drawn.uniform(*_ANKLE_OVER_M)
    lifted = drawn.chance(0.5)  # which leg is the raised one in balancing, the front one in a lunge
    squat_shank, chair_shank, knee_out = drawn.sides(0.18, 0.40), drawn.sides(-0.1, 0.3), drawn.sides(-10, 10)
    for i, (side, sign) in enumerate((("right", -1.0), ("left", 1.0))):
        mine = lifted if side == "left" else 1 - lifted
        knee = straight + (bent - straight) * course * drawn.uniform(0.88, 1.12) + drawn.wander(2)
        step = np.clip(course if side == "left" else 1 - course, 0, 1)
        knee = np.where(stairs, straight + drawn.degrees(35, 105) * step, knee)
        knee = np.where(balance & (mine > 0), drawn.degrees(5, 120) + drawn.wander(10), knee)
        shank = np.minimum(squat_shank[i] * knee, np.radians(40)) + drawn.wander(1.5)
        shank = np.where(which("sit_to_stand", "seated")[:, None], knee * chair_shank[i], shank)
        shank = np.where(stairs, knee * drawn.uniform(-0.05, 0.35), shank)
        shank = np.where(balance & (mine > 0), knee - drawn.degrees(-50, 95), shank)
        behind = lunge & (mine < 1)
        shank = np.where(lunge, knee * drawn.uniform(0, 0.3), shank)
        shank = np.where(behind, knee * 0.4 + drawn.degrees(15, 60) * (0.4 + 0.6 * course), shank)
        bend = np.sin(np.clip(knee, 0, np.pi / 2))
        turn = toe_out * (0.4 + 0.6 * bend) + np.radians(knee_out[i]) * bend * planted
        apart = stance + drawn.uniform(0, 0.2) * np.minimum(knee, 1.7) * ~lunge + drawn.wander(1.5)
        apart = np.where(planted, _apart_on(beside, knee, shank, turn) + drawn.wander(1), apart)
        thigh = _turned(sign * turn + yaw, _leg(knee - shank, sign * apart))
        apart_below = np.where(planted, 1, drawn.uniform(0.2, 0.9)) * apart
        lower = _turned(sign * turn + yaw, _leg(-shank, sign * apart_below))
        pitch = np.where(behind, drawn.degrees(10, 60) * course, 0) + drawn.wander(1.5)
        pitch = np.where((stairs & (step > 0.2)) | (balance & (mine > 0)), pitch + shank * drawn.uniform(0, 1), pitch)
        joints[f"{side}_knee"] = joints[f"{side}_hip"] + _THIGH * thigh
        joints[f"{side}_ankle"] = joints[f"{side}_knee"] + _SHANK * lower
        heading = sign * toe_out + yaw
        for part, down, forward in (("heel", -heel_drop, -0.052), ("toe", -toe_drop, 0.15)):
            y = down * np.cos(pitch) - forward * np.sin(pitch)
            z = forward * np.cos(pitch) + down * np.sin(pitch)
            joints[f"{side}_{part}"] = joints[f"{side}_ankle"] + _turned(heading, _vector(np.zeros_like(y), y, z))


def _stance(drawn: _Draw, which: Which) -> tuple[NDArray[np.bool_], Array]:
    """Who keeps both feet where they are, and how far from the middle an ankle is, in metres, ``(count, 1)``."""
    beside = np.zeros((drawn.count, 1), np.float32)
    for kind, span in _STANCE_M.items():
        beside = np.where(which(kind)[:, None], drawn.uniform(*span), beside)
    return which(*_STANCE_M)[:, None], beside + drawn.chance(_WIDE) * drawn.uniform(0, _WIDER_M)


def _apart_on(beside: Array, knee: Array, shank: Array, turn: Array) -> Array:
    """How far a leg that is turned outward leans to its side with the ankle so far from the middle, in radians."""
    outward = np.sin(turn) * (_THIGH * np.sin(knee - shank) - _SHANK * np.sin(shank))
    downward = _THIGH * np.cos(knee - shank) + _SHANK * np.cos(shank)
    return np.asarray(np.arctan2(beside - _HIP_HALF - outward, np.maximum(downward, 0.1)))


def _add_arms(joints: dict[str, Array], drawn: _Draw, which: Which, cycle: Array, trunk: Array, left: Array) -> None:
    """Elbows and wrists, moving between two ways of holding the arms, mostly alike on both sides."""
    ahead = np.cross(left, trunk)
    forward = np.zeros((drawn.count, 1), bool)
    for kind, share in _ARMS_FORWARD.items():
        forward |= which(kind)[:, None] & (drawn.chance(share) > 0)
    moves = np.maximum(drawn.chance(0.6), forward)
    alike = np.maximum(drawn.chance(0.7), forward)
    follow = np.where((drawn.chance(0.5) > 0) | forward, cycle, drawn.repetitions())
    first, second = _held(drawn), _held(drawn)
    second = tuple(np.where(forward, a, b) for a, b in zip(_held(drawn, "forward"), second, strict=True))
    for side, sign in (("right", -1.0), ("left", 1.0)):
        if side == "left":
            first = tuple(np.where(alike > 0, a, b) for a, b in zip(first, _held(drawn), strict=True))
            second = tuple(np.where(alike > 0, a, b) for a, b in zip(second, _held(drawn), strict=True))
        raised, plane, flexion, turn = (
            a + (b - a) * moves * follow + drawn.wander(sd)
            for a, b, sd in zip(first, second, (4, 5, 6, 7), strict=True)
        )
        flexion = np.clip(flexion, 0.02, 2.6)
        outward = np.cos(plane)[..., None] * ahead + (np.sin(plane) * sign)[..., None] * left
        upper = np.sin(raised)[..., None] * outward - np.cos(raised)[..., None] * trunk
        onward = np.cos(raised)[..., None] * outward + np.sin(raised)[..., None] * trunk
        inward = np.cross(upper, onward) * sign
        bend = np.cos(turn)[..., None] * onward + np.sin(turn)[..., None] * inward
        lower = np.cos(flexion)[..., None] * upper + np.sin(flexion)[..., None] * bend
        joints[f"{side}_elbow"] = joints[f"{side}_shoulder"] + _UPPER_ARM * upper
        joints[f"{side}_wrist"] = joints[f"{side}_elbow"] + _FOREARM * lower


def _held(drawn: _Draw, *names: str) -> tuple[Array, ...]:
    """Elevation, plane, elbow flexion and turn ``(count, 1)`` of one way of holding an arm, in radians."""
    ways = [ARMS[name] for name in names or ARMS]
    shares = np.array([1.0 if names else way[4] for way in ways])
    chosen = drawn.random.choice(len(ways), size=drawn.count, p=shares / shares.sum())
    table = np.radians([way[:4] for way in ways])[chosen]  # (count, 4, 2)
    values = table[..., 0] + (table[..., 1] - table[..., 0]) * drawn.random.random((drawn.count, 4))
    return tuple(values[:, [i]].astype(np.float32) for i in range(4))


def _vector(x: Array, y: Array, z: Array) -> Array:
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).astype(np.float32)


def _leg(forward: Array, outward: Array) -> Array:
    """A direction down, swung forward, then to the person's left, by these angles."""
    return _vector(np.sin(outward), -np.cos(forward) * np.cos(outward), np.sin(forward) * np.cos(outward))


def _turned(yaw: Array, vectors: Array) -> Array:
    """Vectors ``(count, frames, 3)`` turned about the vertical, forward to the left for a positive angle."""
    sine, cosine = np.broadcast_arrays(np.sin(yaw), np.cos(yaw))
    x, y, z = np.moveaxis(vectors, -1, 0)
    return _vector(cosine * x + sine * z, y, cosine * z - sine * x)
