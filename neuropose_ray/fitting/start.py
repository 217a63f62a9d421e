"""From a model's poses to the problem and a first guess of where everything is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting.body import SCALE_BONES, Body
from neuropose_ray.fitting.clip import Clip
from neuropose_ray.fitting.problem import Problem, time_steps
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.fitting.smoothing import low_pass

Array = NDArray[np.float64]

#: Metres; poses that collapse into one point still need lengths to divide by.
SHORTEST_BONE_M = 1e-3

#: Metres; nobody is nearer to a camera that sees the whole body.
NEAREST_M = 0.5


@dataclass(frozen=True)
class Start:
    """Where the fit begins.

    Attributes:
        problem: what was observed, and what is expected.
        positions: ``(L, 3, F)`` metres, camera axes: the model's poses put on the rays of the 2D landmarks.
        model: ``(F, J, 3)`` metres relative to the hips, camera axes: the model's poses at the person's size.
    """

    problem: Problem
    positions: Array
    model: Array


def start_of(clip: Clip, body: Body, settings: FittingSettings) -> Start:
    """Put a clip into metres and camera axes."""
    measured = _median_lengths(clip, body)
    scale = _scale(body, measured, settings.height_m)
    image = clip.image[:, body.joints]
    trusted = np.clip(clip.scores[:, body.joints], settings.score_floor, 1)
    weights = np.where(clip.detected[:, None], trusted, settings.gap_weight)
    steps = time_steps(clip.times, clip.segments)
    linked = np.diff(clip.segments) == 0

    axes = _axes(image[:, body.hips].mean(axis=1), settings)
    model = np.einsum("tij,tlj->tli", axes, clip.model) * scale
    oriented = model[:, body.joints]
    shift = _translation(oriented, image, trusted)
    shift = low_pass(shift, steps, linked, settings.translation_cutoff_hz)
    depth = np.maximum(oriented[..., 2] + shift[:, None, 2], NEAREST_M)
    on_rays = np.concatenate([image * depth[..., None], depth[..., None]], axis=-1)
    start = low_pass(on_rays.reshape(len(clip), -1), steps, linked, settings.start_cutoff_hz).reshape(on_rays.shape)
    distance = np.maximum(shift[:, 2], NEAREST_M)

    bones = body.bones[body.depth_bones]
    kinds = [body.kinds[k] for k in body.kind_of]
    lengths = np.array([
        settings.height_m * kind.stature_fraction if kind.stature_fraction is not None else scale * length
        for kind, length in zip(body.kinds, measured, strict=True)
    ])  # fmt: skip
    problem = Problem(
        body=body,
        times=clip.times,
        segments=clip.segments,
        image=image.transpose(1, 2, 0).copy(),
        image_sigma=settings.reprojection_sigma * settings.height_m / distance,
        scores=weights.T.copy(),
        ray=axes[:, :, 2].T.copy(),
        bone_depths=np.einsum("tbi,ti->bt", oriented[:, bones[:, 0]] - oriented[:, bones[:, 1]], axes[:, :, 2]),
        depth_scores=weights[:, bones].min(axis=-1).T.copy(),
        depth_sigma=np.repeat(
            settings.depth_sigma_m * np.array([[kinds[b].depth_sigma or 0.0] for b in body.depth_bones]),
            len(clip),
            axis=1,
        ),
        depth_tolerance=settings.depth_tolerance,
        contact=_contact(clip, body, image, distance, settings),
        lengths=lengths,
        lengths_sigma=settings.length_sigma * lengths * np.array([kind.prior_sigma for kind in body.kinds]),
        bone_sigma=settings.bone_sigma_m * np.array([kind.length_sigma for kind in kinds]),
    )
    return Start(problem, start.transpose(1, 2, 0).copy(), model)


def _median_lengths(clip: Clip, body: Body) -> Array:
    """``(K,)`` median over the detected frames, mean of both sides, in the model's metres."""
    seen = clip.model[clip.detected][:, body.joints]
    bones = np.linalg.norm(seen[:, body.bones[:, 0]] - seen[:, body.bones[:, 1]], axis=-1)
    medians = np.median(bones, axis=0)
    mean = np.bincount(body.kind_of, weights=medians) / np.bincount(body.kind_of)
    return np.asarray(np.maximum(mean, SHORTEST_BONE_M))


def _scale(body: Body, measured: Array, height_m: float) -> float:
    """What makes the model's limbs those of a person of this height, by the geometric mean of their ratios."""
    ratios = [
        height_m * (kind.stature_fraction or 0.0) / length
        for kind, length in zip(body.kinds, measured, strict=True)
        if kind.name in SCALE_BONES
    ]
    return float(np.exp(np.mean(np.log(ratios))))


def _axes(hips: Array, settings: FittingSettings) -> Array:
    """``(F, 3, 3)`` the model's axes as columns in camera axes: z along the ray to the hips, x level."""
    if settings.model_axes == "camera":
        return np.broadcast_to(np.eye(3), (len(hips), 3, 3))
    forward = np.column_stack([hips, np.ones(len(hips))])
    forward /= np.linalg.norm(forward, axis=1, keepdims=True)
    right = np.cross(np.broadcast_to([0.0, 1.0, 0.0], forward.shape), forward)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return np.stack([right, np.cross(forward, right), forward], axis=-1)


def _translation(points: Array, image: Array, weights: Array) -> Array:
    """``(F, 3)`` shift by which points ``(F, L, 3)`` project best: weighted linear least squares.

    The residuals are ``(x + tx) - u (z + tz)`` and ``(y + ty) - v (z + tz)``.
    """
    design = np.zeros((*image.shape, 3))
    design[:, :, 0, 0] = design[:, :, 1, 1] = 1
    design[..., 2] = -image
    target = image * points[..., 2:] - points[..., :2]
    normal = np.einsum("tlri,tl,tlrj->tij", design, weights, design)
    right = np.einsum("tlri,tl,tlr->ti", design, weights, target)
    return np.asarray(np.einsum("tij,tj->ti", np.linalg.pinv(normal, hermitian=True), right))


def _contact(clip: Clip, body: Body, image: Array, distance: Array, settings: FittingSettings) -> NDArray[np.bool_]:
    """``(L, F)`` heels and toes that stand still in the picture from a frame to the next."""
    still = np.zeros((len(body.landmarks), len(clip)), bool)
    if settings.moving_camera or not len(body.feet) or len(clip) < 2:
        return still
    steps, linked = time_steps(clip.times, clip.segments), np.diff(clip.segments) == 0
    feet = image[:, body.feet].reshape(len(clip), -1)
    path = low_pass(feet, steps, linked, settings.start_cutoff_hz).reshape(len(clip), -1, 2)
    speed = (
        np.linalg.norm(np.diff(path, axis=0), axis=-1) / steps[:, None] * (distance[:-1] / settings.height_m)[:, None]
    )
    known = linked & clip.detected[:-1] & clip.detected[1:]
    still[body.feet, :-1] = ((speed < settings.contact_speed) & known[:, None]).T
    return still
