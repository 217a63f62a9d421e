"""What a one-camera network would make of an exact movement: good pixels, poor depth.

The sizes are those measured for BlazePose against marker motion capture: 2D errors about 1 % of the person's height;
depth compressed; arms too near the camera; shoulders too narrow; bones that breathe; errors that last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from neuropose_ray.phantom.body import ADULT, PHANTOM_SKELETON, Proportions
from neuropose_ray.phantom.motions import Motion
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.skeleton import Skeleton

WIDTH, HEIGHT = 720, 1280
LIMBS = [
    PHANTOM_SKELETON.index(f"{side}_{part}")
    for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
    for side in ("right", "left")
]


@dataclass(frozen=True)
class Track:
    """One person as a network sees them, with the truth; the first six are what ``fit_sequence`` takes."""

    poses2d: np.ndarray
    joint_scores: np.ndarray
    poses3d: np.ndarray
    timestamps_s: np.ndarray
    camera: Camera
    skeleton: Skeleton
    truth: np.ndarray

    @property
    def inputs(self):
        return self.poses2d, self.joint_scores, self.poses3d, self.timestamps_s, self.camera, self.skeleton


def even_times(seconds: float, fps: float) -> np.ndarray:
    return np.arange(round(seconds * fps)) / fps


def observe(
    motion: Motion,
    times: np.ndarray,
    *,
    proportions: Proportions = ADULT,
    seed: int = 0,
    heading_deg: float = 0,
    place_mm=(0.0, 0.0),
    **camera,
) -> Track:
    """A phantom performing a motion before a camera, through a network's eyes."""
    scene = Scene((Person(motion, proportions, heading_deg=heading_deg, place_mm=place_mm),), PhantomCamera(**camera))
    seen = scene.truth(times, WIDTH, HEIGHT)
    truth = seen.persons[0].joints3d_mm
    rng = np.random.default_rng(seed)
    stature = proportions.stature_mm
    lasting = 0.15  # seconds over which errors of a network stay alike

    def noise(sigma: float, columns: int) -> np.ndarray:
        return _lasting_noise(rng, times, lasting, (len(times), truth.shape[1], columns)) * sigma

    pixel = seen.camera.focal_x * stature / np.linalg.norm(truth.mean(axis=1), axis=-1)  # stature in pixels
    poses2d = seen.persons[0].joints2d_px + noise(0.009, 2) * pixel[:, None, None]

    index = PHANTOM_SKELETON.index
    hips = truth[:, [index("right_hip"), index("left_hip")]].mean(axis=1, keepdims=True)
    axes = _ray_axes(hips[:, 0])
    local = np.einsum("tji,tlj->tli", axes, truth - hips)
    for pair in ("shoulder", "elbow", "wrist"):
        joints = [index(f"right_{pair}"), index(f"left_{pair}")]
        centre = local[:, joints].mean(axis=1, keepdims=True)
        local[:, joints] = centre + (local[:, joints] - centre) * {"shoulder": 0.82}.get(pair, 0.9)
    local[..., 2] *= 0.75
    forward = {"elbow": -0.03, "wrist": -0.055, "hip": 0.02, "knee": 0.012}
    for part, share in forward.items():
        for side in ("right", "left"):
            local[:, index(f"{side}_{part}"), 2] += share * stature
    local += noise(0.012 * stature, 3) * [1, 1, 2.2]
    local -= local[:, [index("right_hip"), index("left_hip")]].mean(axis=1, keepdims=True)
    local *= 0.92
    scores = np.full(truth.shape[:2], 0.95)
    poses3d = local + _best_shift(local, poses2d, seen.camera)
    return Track(poses2d, scores, poses3d, times, seen.camera, PHANTOM_SKELETON, truth)


def _lasting_noise(rng, times, seconds, shape):
    """Unit Gaussian noise, alike over ``seconds``, at any times."""
    grid = np.arange(times[0] - 1, times[-1] + 1, 1 / 60)
    raw = gaussian_filter1d(rng.standard_normal((len(grid), *shape[1:])), seconds * 60, axis=0)
    raw /= raw.std()
    flat = raw.reshape(len(grid), -1)
    return np.stack([np.interp(times, grid, column) for column in flat.T], axis=1).reshape(shape)


def _ray_axes(points: np.ndarray) -> np.ndarray:
    forward = points / np.linalg.norm(points, axis=1, keepdims=True)
    right = np.cross([0.0, 1.0, 0.0], forward)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack([right, np.cross(forward, right), forward], axis=-1)


def _best_shift(local: np.ndarray, poses2d: np.ndarray, camera: Camera) -> np.ndarray:
    """Where the network's pose must stand to project best onto its own 2D landmarks, frame by frame."""
    image = (poses2d - [camera.centre_x, camera.centre_y]) / [camera.focal_x, camera.focal_y]
    shifts = []
    for points, seen in zip(local, image, strict=True):
        rows = np.zeros((2 * len(points), 3))
        rows[0::2, 0] = rows[1::2, 1] = 1
        rows[:, 2] = -seen.ravel()
        shifts.append(np.linalg.lstsq(rows, (seen * points[:, 2:] - points[:, :2]).ravel(), rcond=None)[0])
    return np.stack(shifts)[:, None]


def pa_mpjpe(poses: np.ndarray, truth: np.ndarray, joints=LIMBS) -> float:
    """Mean joint error in mm after the best similarity transform of every frame (Procrustes)."""
    errors = []
    for found, true in zip(poses[:, joints].astype(float), truth[:, joints], strict=True):
        a, b = found - found.mean(axis=0), true - true.mean(axis=0)
        left, size, right = np.linalg.svd(a.T @ b)
        mirror = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
        rotation = (left * mirror) @ right
        errors.append(np.linalg.norm((size * mirror).sum() / (a**2).sum() * a @ rotation - b, axis=1).mean())
    return float(np.mean(errors))


def knee_error_deg(poses: np.ndarray, truth: np.ndarray) -> float:
    """Mean absolute error of the knee angles, both sides."""

    def angles(points):
        return np.stack([_angle(points, side) for side in ("right", "left")])

    return float(np.abs(angles(poses.astype(float)) - angles(truth)).mean())


def _angle(points: np.ndarray, side: str) -> np.ndarray:
    hip, knee, ankle = (points[:, PHANTOM_SKELETON.index(f"{side}_{part}")] for part in ("hip", "knee", "ankle"))
    upper, lower = hip - knee, ankle - knee
    cosine = (upper * lower).sum(-1) / np.linalg.norm(upper, axis=-1) / np.linalg.norm(lower, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))
