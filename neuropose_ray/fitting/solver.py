"""Gauss-Newton over a stretch of frames: positions, and bone lengths where they are free."""

from __future__ import annotations

import numpy as np

from neuropose_ray.fitting import terms
from neuropose_ray.fitting.equations import Array, DifferenceResiduals, NormalEquations
from neuropose_ray.fitting.problem import Problem
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.fitting.start import NEAREST_M

# Damping in 1/m2: depth is the soft direction, and hardly moves before the damping is gone. So it goes quickly.
_FIRST_DAMPING, _DAMPING_DECAY, _LAST_DAMPING = 100.0, 0.4, 1.0
# Metres a coordinate may move in one step: the linearisation of a bone's direction holds no farther.
_LARGEST_MOVE_M = 0.3
# Metres a bone length may change in one step.
_LARGEST_LENGTH_MOVE_M = 0.02
# Robust weights and one-sided hinges can make full steps alternate between two states; shorter steps settle.
_FULL_STEPS, _SHORT_STEP = 6, 0.6


def solve_jointly(problem: Problem, start: Array, settings: FittingSettings) -> tuple[Array, Array]:
    """Positions ``(L, 3, T)`` and bone lengths ``(K,)`` in metres that together minimise the cost.

    Input that is not finite gives output that is not.

    Raises:
        numpy.linalg.LinAlgError: the equations are not positive definite.
    """
    positions, lengths = start, problem.lengths
    for iteration in range(settings.iterations):
        bones = terms.bone_lengths(problem, positions, lengths)
        equations = _equations(problem, positions, bones, settings)
        step, length_step = _joint_step(problem, equations, bones, lengths, _damping(iteration))
        lengths = lengths + np.clip(length_step, -_LARGEST_LENGTH_MOVE_M, _LARGEST_LENGTH_MOVE_M)
        positions = _moved(positions, step, iteration)
        if np.abs(step).max() < settings.tolerance_m:
            break
    return positions, lengths


def solve_positions(problem: Problem, start: Array, lengths: Array, settings: FittingSettings) -> Array:
    """Positions ``(L, 3, T)`` in metres that minimise the cost for given bone lengths ``(K,)``.

    Input that is not finite gives output that is not.

    Raises:
        numpy.linalg.LinAlgError: the equations are not positive definite.
    """
    positions = start
    for iteration in range(settings.iterations):
        bones = terms.bone_lengths(problem, positions, lengths)
        equations = _equations(problem, positions, bones, settings)
        step = equations.solve(-equations.gradient[..., None], _damping(iteration))[..., 0]
        positions = _moved(positions, step, iteration)
        if np.abs(step).max() < settings.tolerance_m:
            break
    return positions


def _damping(iteration: int) -> float:
    return float(max(_FIRST_DAMPING * _DAMPING_DECAY**iteration, _LAST_DAMPING))


def _moved(positions: Array, step: Array, iteration: int) -> Array:
    step = np.clip(step, -_LARGEST_MOVE_M, _LARGEST_MOVE_M)
    moved = positions + step * (1.0 if iteration < _FULL_STEPS else _SHORT_STEP)
    moved[:, 2] = np.maximum(moved[:, 2], NEAREST_M)
    return np.asarray(moved)


def _equations(
    problem: Problem, positions: Array, bones: DifferenceResiduals, settings: FittingSettings
) -> NormalEquations:
    equations = NormalEquations(len(problem.body.landmarks), len(problem))
    equations.add(terms.reprojection(problem, positions, settings))
    equations.add_differences(bones)
    equations.add_differences(terms.bone_depths(problem, positions))
    equations.add(terms.hinges(problem, positions, settings))
    equations.add_in_time(terms.smoothness(problem, settings), positions)
    equations.add_in_time(terms.contact(problem, positions, settings), positions)
    return equations


def _joint_step(
    problem: Problem, equations: NormalEquations, bones: DifferenceResiduals, lengths: Array, damping: float
) -> tuple[Array, Array]:
    """One step of positions and lengths together, by the Schur complement of the few lengths.

    The prior of a length is as strong as all frames together, so that it does not fade in a long sequence.
    """
    body, frames = problem.body, len(problem)
    kinds = len(body.kinds)
    border = np.zeros((*equations.gradient.shape, kinds))
    corner = np.diag(frames / problem.lengths_sigma**2)
    gradient = frames * (lengths - problem.lengths) / problem.lengths_sigma**2
    for bone, kind in enumerate(body.kind_of.tolist()):
        first, second = body.bones[bone].tolist()
        pull = bones.direction[bone] * bones.weight[bone]
        border[first, ..., kind] -= pull
        border[second, ..., kind] += pull
        corner[kind, kind] += bones.weight[bone].sum()
        gradient[kind] -= float(bones.weight[bone] @ bones.value[bone])
    solution = equations.solve(np.concatenate([-equations.gradient[..., None], border], axis=-1), damping)
    free, response = solution[..., 0], solution[..., 1:]
    complement = corner - np.einsum("lctj,lctk->jk", border, response)
    length_step = np.linalg.solve(complement, -gradient - np.einsum("lctk,lct->k", border, free))
    return free - response @ length_step, length_step
