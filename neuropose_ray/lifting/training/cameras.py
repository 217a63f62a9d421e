"""Virtual cameras around people: where tripods stand, and where phones are held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import BONE_ENDS
from neuropose_ray.lifting.training.bodies import Bodies

Array = NDArray[np.floating]

#: Metres from the person, and above the floor: mostly a tripod, at times a phone on the floor or held high.
_DISTANCE_M, _HEIGHT_M, _UNUSUAL_HEIGHT_M = (2.0, 6.5), (0.5, 1.9), (0.1, 3.2)
_UNUSUAL = 0.10
#: Radians that a camera is aimed beside the person: across, and up or down.
_PAN, _TILT = 0.12, 0.06
#: Roll in radians: tripods, phones in a hand, and more than is turned upright before the network sees it; with their
#: shares.
_ROLL, _ROLL_SHARES = (0.03, 0.10, 0.30), (0.75, 0.20, 0.05)
#: Radians a second that a camera in a hand turns.
_HAND_TURN, _HELD = 0.06, 0.15
#: Metres; nobody is nearer to a camera that sees the whole body.
_NEAREST_M = 0.7


@dataclass(frozen=True)
class Views:
    """People as cameras have them: x right, y down, z forward, metres.

    Attributes:
        truth: ``(count, frames, 16, 3)``.
        pictured: the same shape, the points that a pose network takes for the joints.
        depths: ``(count, frames, 18)`` what is to be predicted: how much farther the first end of a bone is than the
            second, along the ray to the middle of the hips.
    """

    truth: Array
    pictured: Array
    depths: Array


def seen_by_cameras(random: np.random.Generator, bodies: Bodies) -> Views:
    """One camera for each window of people in the world."""
    truth = bodies.truth
    count, frames = truth.shape[:2]
    ground = truth[:, frames // 2].mean(axis=1) * [1, 0, 1]
    azimuth, distance = random.uniform(0, 2 * np.pi, count), random.uniform(*_DISTANCE_M, count)
    height = np.where(
        random.random(count) < _UNUSUAL,
        random.uniform(*_UNUSUAL_HEIGHT_M, count),
        random.uniform(*_HEIGHT_M, count),
    )
    place = ground + np.stack([np.sin(azimuth) * distance, height, np.cos(azimuth) * distance], axis=1)
    aim = ground + np.stack(
        [random.normal(0, 0.1, count), random.normal(0.85, 0.15, count), random.normal(0, 0.1, count)], axis=1
    )
    axes = _camera_axes(random, aim - place, frames).swapaxes(2, 3).astype(np.float32)
    place = place[:, None, None].astype(np.float32)
    seen, pictured = ((points.astype(np.float32) - place) @ axes for points in (truth, bodies.pictured))
    for points in (seen, pictured):
        points[..., 2] = np.maximum(points[..., 2], _NEAREST_M)
    ray = seen[:, :, :2].mean(axis=2)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    depths = ((seen[:, :, BONE_ENDS[:, 0]] - seen[:, :, BONE_ENDS[:, 1]]) * ray[:, :, None]).sum(axis=-1)
    return Views(*(values.astype(np.float32) for values in (seen, pictured, depths)))


def _camera_axes(random: np.random.Generator, forward: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """``(count, frames, 3, 3)`` rows right, down, forward in the world."""
    count = len(forward)
    z = _unit(forward)
    x = _unit(np.cross(z, [0.0, 1.0, 0.0]))
    y = np.cross(z, x)
    z = _unit(z + x * random.normal(0, _PAN, (count, 1)) + y * random.normal(0, _TILT, (count, 1)))
    x = _unit(x - z * (x * z).sum(axis=1, keepdims=True))
    y = np.cross(z, x)
    roll = random.normal(0, random.choice(_ROLL, count, p=_ROLL_SHARES))[:, None]
    x, y = x * np.cos(roll) + y * np.sin(roll), y * np.cos(roll) - x * np.sin(roll)
    held = random.random((count, 1)) < _HELD
    turn = held * random.normal(0, _HAND_TURN, (count, 1)) * np.linspace(-1, 1, frames)
    cosine, sine = np.cos(turn)[..., None], np.sin(turn)[..., None]
    panned = cosine * x[:, None] - sine * z[:, None], cosine * z[:, None] + sine * x[:, None]
    return np.stack([panned[0], np.broadcast_to(y[:, None], panned[0].shape), panned[1]], axis=2)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
