"""What can be said of a fit without knowing the truth."""

from __future__ import annotations

from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting.problem import Problem

Array = NDArray[np.float64]

# Bones whose depth sign a person can see; hips, shoulders and feet are too short for it.
_LIMBS = ("femur", "tibia", "upper_arm", "forearm")

# A depth shorter than this share of its bone has no sign worth comparing: noise of the picture alone turns it.
_CLEAR_DEPTH = 0.25

# Landmark noise has two coordinates and heavy tails: twice its sigma is nothing unusual.
_NOISE_SIGMAS = 2.0

# No body of constant bones is behind landmarks that it misses by this much; hidden limbs in real videos reach three.
_NO_BODY_SIGMAS = 6.0

# Share of frames with a warning from which the fit as a whole is not trusted more than the model.
_TOO_MANY = 0.5


class FitFlag(IntFlag):
    """What a user should know of a frame of a fitted sequence."""

    GAP_FILLED = 1
    """The person was not detected; the pose is interpolated under constant bone lengths."""
    REPROJECTION_WORSE = 2
    """The fitted pose lies farther from the 2D landmarks than the model's, and farther than their noise."""
    DEPTH_SIGN = 4
    """A limb bone points toward the camera where the prior, or without one the model, expects it to point away from
    it, or the reverse."""
    UNCHANGED = 8
    """The sequence was left as the model gave it."""
    MOVING_CAMERA = 16
    """Ground contact was not used because the camera moves."""
    NOT_DETECTED = 32
    """Nobody, in a gap that is too long to fill: not a number."""


def depth_sign_differs(problem: Problem, positions: Array) -> NDArray[np.bool_]:
    """``(T,)`` whether a limb bone's depth has another sign than the problem expects, both of them clear."""
    body = problem.body
    limbs = np.array([body.kinds[body.kind_of[b]].name in _LIMBS for b in body.depth_bones])
    bones = body.bones[body.depth_bones[limbs]]
    along = positions[bones[:, 0]] - positions[bones[:, 1]]
    fitted = np.einsum("bit,it->bt", along, problem.ray)
    clear = _CLEAR_DEPTH * np.linalg.norm(along, axis=1)
    expected = problem.bone_depths[limbs]
    differs = (np.sign(fitted) != np.sign(expected)) & (np.abs(fitted) > clear) & (np.abs(expected) > clear)
    return np.asarray((differs & (problem.depth_scores[limbs] > 0)).any(axis=0))


def reprojection_error(points: Array, image: Array, weights: Array) -> Array:
    """``(T,)`` weighted root mean square of ``X / Z - u`` over landmarks, NaN without weight.

    Args:
        points: ``(L, 3, T)`` in any length unit, camera axes.
        image: ``(L, 2, T)`` viewing directions.
        weights: ``(L, T)``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = ((points[:, :2] / points[:, 2:] - image) ** 2).sum(axis=1)
        return np.asarray(np.sqrt((squared * weights).sum(axis=0) / weights.sum(axis=0)))


def reprojection_worse(fitted: Array, model: Array, sigma: Array) -> NDArray[np.bool_]:
    """``(T,)`` frames whose error grew, and beyond the noise of the landmarks."""
    return np.asarray((fitted > model) & (fitted > _NOISE_SIGMAS * sigma))


def is_improved(
    fitted: Array, model: Array, sigma: Array, worse: NDArray[np.bool_], signs: NDArray[np.bool_]
) -> bool:
    """Whether a fit is to be believed.

    It must explain the picture better than the model's own poses and to within what noise can do, and neither warning
    may be in most of the frames.

    Args:
        fitted: ``(T,)`` reprojection errors of the fit in the detected frames.
        model: ``(T,)`` those of the model's own poses.
        sigma: ``(T,)`` noise of the landmarks.
        worse: ``(T,)`` frames whose reprojection got worse.
        signs: ``(T,)`` frames in which a depth has another sign than was expected.
    """
    explained = bool(np.median(fitted) < np.median(model)) and bool(np.median(fitted / sigma) < _NO_BODY_SIGMAS)
    return explained and bool(worse.mean() < _TOO_MANY) and bool(signs.mean() < _TOO_MANY)
