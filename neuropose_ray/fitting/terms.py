"""The terms of the cost, each linearised at the current positions: sum of ``weight * (value / sigma)^2``.

Positions are metres in camera axes (x right, y down, z forward), ``(L, 3, T)``. The weights of robust terms are those
of iteratively reweighted least squares, fixed within an iteration.
"""

from __future__ import annotations

import numpy as np

from neuropose_ray.fitting.equations import Array, DifferenceResiduals, FrameResiduals, TimeResiduals
from neuropose_ray.fitting.problem import Problem
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.fitting.smoothing import second_difference


def reprojection(problem: Problem, positions: Array, settings: FittingSettings) -> FrameResiduals:
    """Where a landmark is seen: ``X / Z - u``, in units of the focal length.

    Robust after Geman and McClure: an outlier (a swapped or hidden limb) loses its pull altogether.
    """
    count, _, frames = positions.shape
    depth = positions[:, 2]
    value = positions[:, :2] / depth[:, None] - problem.image
    sigma = problem.image_sigma
    jacobian = np.zeros((count, 2, 1, 3, frames))
    jacobian[:, 0, 0, 0] = jacobian[:, 1, 0, 1] = 1 / depth
    jacobian[:, :, 0, 2] = -positions[:, :2] / depth[:, None] ** 2
    robust = 1 / (1 + (value / (settings.reprojection_tolerance * sigma)) ** 2) ** 2
    weight = problem.scores[:, None] * robust / sigma**2
    rows = np.repeat(np.arange(count), 2)[:, None]
    return FrameResiduals(
        rows,
        jacobian.reshape(2 * count, 1, 3, frames),
        value.reshape(2 * count, frames),
        weight.reshape(2 * count, frames),
    )


def bone_lengths(problem: Problem, positions: Array, lengths: Array) -> DifferenceResiduals:
    """A bone keeps its length: ``|Xa - Xb| - length`` in metres."""
    body = problem.body
    along = positions[body.bones[:, 0]] - positions[body.bones[:, 1]]
    measured = np.linalg.norm(along, axis=1)
    direction = along / np.maximum(measured, 1e-6)[:, None]
    weight = np.broadcast_to(1 / problem.bone_sigma[:, None] ** 2, measured.shape)
    return DifferenceResiduals(body.bones, direction, measured - lengths[body.kind_of, None], weight)


def bone_depths(problem: Problem, positions: Array) -> DifferenceResiduals:
    """The expected depth between the ends of a bone: ``(Xa - Xb) . ray - (pa - pb)_z`` in metres.

    Bone by bone and weak: relative to the hips, errors would add up along a limb. Cauchy weights, since the
    sign may be wrong.
    """
    body = problem.body
    bones = body.bones[body.depth_bones]
    along = positions[bones[:, 0]] - positions[bones[:, 1]]
    value = np.einsum("bit,it->bt", along, problem.ray) - problem.bone_depths
    sigma = problem.depth_sigma
    weight = problem.depth_scores / (1 + (value / (problem.depth_tolerance * sigma)) ** 2) / sigma**2
    return DifferenceResiduals(bones, np.broadcast_to(problem.ray, along.shape), value, weight)


def smoothness(problem: Problem, settings: FittingSettings) -> TimeResiduals:
    """Acceleration in m/s2 by the divided second difference, so that uneven time does no harm."""
    coefficients = second_difference(problem.steps, problem.linked)
    sigma = settings.acceleration_sigma * problem.body.acceleration
    return TimeResiduals(coefficients, np.broadcast_to(1 / sigma[:, None] ** 2, (len(sigma), coefficients.shape[1])))


def contact(problem: Problem, positions: Array, settings: FittingSettings) -> TimeResiduals:
    """A heel or toe on the ground in two frames has not moved between them: velocity in m/s.

    Cauchy weights: a foot that swings toward or away from the camera hardly moves in the picture either.
    """
    both = problem.contact[:, :-1] & problem.linked
    rate = 1 / problem.steps
    speed = np.linalg.norm(np.diff(positions, axis=-1), axis=1) * rate
    robust = 1 / (1 + (speed / (settings.contact_tolerance * settings.contact_sigma)) ** 2)
    return TimeResiduals(np.stack([-rate, rate]), both * robust / settings.contact_sigma**2)


def hinges(problem: Problem, positions: Array, settings: FittingSettings) -> FrameResiduals:
    """Knees and elbows bend one way: the sine of flexion about the hip axis, where it is under its limit.

    ``c = s ((K - H) x (A - K)) . lateral / (|K - H| |A - K|)`` with the lateral axis from the left to the right hip,
    which is held fixed within an iteration. One-sided: inside its range a hinge is free.
    """
    body = problem.body
    right, left = body.hips
    lateral = positions[right] - positions[left]
    lateral = lateral / np.maximum(np.linalg.norm(lateral, axis=0), 1e-6)
    first, middle, last = (positions[body.hinges[:, i]] for i in range(3))
    upper, lower = middle - first, last - middle
    upper_square = np.maximum((upper**2).sum(axis=1, keepdims=True), 1e-6)
    lower_square = np.maximum((lower**2).sum(axis=1, keepdims=True), 1e-6)
    scale = body.hinge_signs[:, None, None] / np.sqrt(upper_square * lower_square)
    sine = np.einsum("hit,it->ht", np.cross(upper, lower, axis=1) * scale, lateral)
    by_upper = np.cross(lower, lateral[None], axis=1) * scale - sine[:, None] * upper / upper_square
    by_lower = np.cross(lateral[None], upper, axis=1) * scale - sine[:, None] * lower / lower_square
    limit = np.array([settings.knee_limit if name == "knee" else settings.elbow_limit for name in body.hinge_names])
    value = sine - limit[:, None]
    jacobian = np.stack([-by_upper, by_upper - by_lower, by_lower], axis=1)
    return FrameResiduals(body.hinges, jacobian, value, (value < 0) / settings.hinge_sigma**2)
