"""The solver brings positions to where the cost cannot be lowered, and bones to one length."""

import numpy as np
import pytest

from neuropose_ray.fitting import FittingSettings, terms
from neuropose_ray.fitting.solver import solve_jointly, solve_positions
from neuropose_ray.fitting.start import NEAREST_M

SETTINGS = FittingSettings(height_m=1.741, iterations=30, tolerance_m=1e-6)


def bone_lengths(problem, positions):
    bones = problem.body.bones
    return np.linalg.norm(positions[bones[:, 0]] - positions[bones[:, 1]], axis=1)


def test_bones_that_breathed_have_one_length_each(squat_start):
    problem = squat_start.problem
    positions, lengths = solve_jointly(problem, squat_start.positions, SETTINGS)
    before, after = bone_lengths(problem, squat_start.positions), bone_lengths(problem, positions)
    assert np.std(after, axis=1).mean() < 0.3 * np.std(before, axis=1).mean()
    limbs = [kind.name in ("femur", "tibia", "upper_arm", "forearm") for kind in problem.body.kinds]
    of_limbs = np.array(limbs)[problem.body.kind_of]
    np.testing.assert_allclose(after.mean(axis=1)[of_limbs], lengths[problem.body.kind_of][of_limbs], rtol=0.02)


def test_the_landmarks_stay_near_their_pixels(squat_start):
    problem = squat_start.problem
    positions, _ = solve_jointly(problem, squat_start.positions, SETTINGS)
    misses = np.linalg.norm(positions[:, :2] / positions[:, 2:] - problem.image, axis=1)
    assert np.median(misses / problem.image_sigma) < 2


@pytest.mark.slow
def test_a_solution_is_where_another_start_ends_too(squat_start):
    problem = squat_start.problem
    first, lengths = solve_jointly(problem, squat_start.positions, SETTINGS)
    moved = squat_start.positions + np.random.default_rng(0).normal(0, 0.02, squat_start.positions.shape)
    second, again = solve_jointly(problem, moved, SETTINGS)
    np.testing.assert_allclose(again, lengths, atol=2e-3)
    assert np.median(np.linalg.norm(first - second, axis=1)) < 5e-3


def test_lengths_that_are_given_are_kept(squat_start):
    problem = squat_start.problem
    lengths = problem.lengths * 1.1
    positions = solve_positions(problem, squat_start.positions, lengths, SETTINGS)
    missed = terms.bone_lengths(problem, positions, lengths).value
    assert np.abs(missed).mean() < 0.02


def test_nobody_comes_nearer_to_the_camera_than_a_whole_body_can_be_seen(squat_start):
    start = squat_start.positions.copy()
    start[:, 2] = NEAREST_M / 10
    positions, _ = solve_jointly(squat_start.problem, start, SETTINGS.model_copy(update={"iterations": 1}))
    assert positions[:, 2].min() >= NEAREST_M


def test_input_that_is_not_finite_gives_no_numbers_that_could_be_believed(squat_start):
    start = squat_start.positions.copy()
    start[0] = np.nan
    positions, _ = solve_jointly(squat_start.problem, start, SETTINGS)
    assert np.isnan(positions).any()
