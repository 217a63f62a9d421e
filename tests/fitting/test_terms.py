"""Every term's derivative is that of its residual."""

from dataclasses import replace

import numpy as np
import pytest
from fitting.distorted import even_times, observe

from neuropose_ray.fitting import FittingSettings, terms
from neuropose_ray.fitting.body import body_of
from neuropose_ray.fitting.clip import clip_of, usable
from neuropose_ray.fitting.start import start_of
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting

SETTINGS = FittingSettings(height_m=1.741)
BODY = body_of(PHANTOM_SKELETON)


@pytest.fixture(scope="module")
def start():
    track = observe(Squatting(), even_times(1, 12), view_deg=30)
    detected = usable(*track.inputs[:3])
    clip = clip_of(*track.inputs[:4], detected, track.camera, BODY.joints[BODY.hips], 2.0)
    return start_of(clip, BODY, SETTINGS)


def test_reprojection_jacobian_is_the_derivative(start):
    rng = np.random.default_rng(0)
    positions = start.positions + rng.normal(0, 0.02, start.positions.shape)
    step = rng.normal(size=positions.shape)
    here = terms.reprojection(start.problem, positions, SETTINGS)
    ahead, behind = (terms.reprojection(start.problem, positions + h * step, SETTINGS).value for h in (1e-6, -1e-6))
    predicted = (here.jacobian[:, 0] * step[here.landmarks[:, 0]]).sum(axis=1)
    np.testing.assert_allclose((ahead - behind) / 2e-6, predicted, rtol=1e-4, atol=1e-5)


BONE_TERMS = {
    "lengths": lambda problem, positions: terms.bone_lengths(problem, positions, problem.lengths),
    "depths": lambda problem, positions: terms.bone_depths(problem, positions),
}


@pytest.mark.parametrize("name", BONE_TERMS)
def test_bone_direction_is_the_derivative_with_respect_to_its_vector(start, name):
    rng = np.random.default_rng(0)
    positions = start.positions + rng.normal(0, 0.02, start.positions.shape)
    step = rng.normal(size=positions.shape)
    here = BONE_TERMS[name](start.problem, positions)
    ahead, behind = (BONE_TERMS[name](start.problem, positions + h * step).value for h in (1e-6, -1e-6))
    along = step[here.landmarks[:, 0]] - step[here.landmarks[:, 1]]
    np.testing.assert_allclose((ahead - behind) / 2e-6, (here.direction * along).sum(axis=1), rtol=1e-4, atol=1e-5)


def test_hinge_jacobian_is_the_derivative_where_the_hips_stand_still(start):
    rng = np.random.default_rng(0)
    positions = start.positions + rng.normal(0, 0.02, start.positions.shape)
    step = rng.normal(size=positions.shape)
    step[BODY.hips] = 0
    here = terms.hinges(start.problem, positions, SETTINGS)
    ahead, behind = (terms.hinges(start.problem, positions + h * step, SETTINGS).value for h in (1e-6, -1e-6))
    predicted = sum((here.jacobian[:, i] * step[here.landmarks[:, i]]).sum(axis=1) for i in range(3))
    np.testing.assert_allclose((ahead - behind) / 2e-6, predicted, rtol=1e-4, atol=1e-5)


def test_a_knee_that_bends_forward_is_pushed_back_and_a_bent_one_is_left_alone(start):
    truth = observe(Squatting(), even_times(1, 12), view_deg=30).truth[:, BODY.joints].transpose(1, 2, 0) / 1000
    weights = terms.hinges(start.problem, truth, SETTINGS).weight
    knees = [i for i, name in enumerate(BODY.hinge_names) if name == "knee"]
    assert (weights[knees][:, 5:8] == 0).all()  # deep in the squat
    backward = truth.copy()
    for _, knee, _ in BODY.hinges[knees]:
        backward[knee, 2] += 1.0  # behind hip and ankle for a camera in front
    assert (terms.hinges(start.problem, backward, SETTINGS).weight[knees] > 0).all()


def test_an_outlier_in_the_picture_loses_its_pull(start):
    positions = start.positions.copy()
    near = terms.reprojection(start.problem, positions, SETTINGS)
    positions[0, 0] += 2.0
    far = terms.reprojection(start.problem, positions, SETTINGS)
    assert (far.weight[0] < 1e-3 * near.weight[0]).all()


def test_smoothness_is_the_acceleration_at_any_times(start):
    times = np.sort(np.random.default_rng(0).uniform(0, 1, 12))
    problem = replace(start.problem, times=times)
    coefficients = terms.smoothness(problem, SETTINGS).coefficients
    path = 3 + 2 * times + 0.5 * 7.0 * times**2
    found = sum(coefficients[i] * path[i : i + 10] for i in range(3))
    np.testing.assert_allclose(found, 7.0, rtol=1e-6)


def test_contact_holds_feet_that_stand_and_lets_go_of_feet_that_move(start):
    still = terms.contact(start.problem, start.positions, SETTINGS)
    feet = np.isin(np.arange(len(BODY.landmarks)), BODY.feet)
    assert (still.weight[~feet] == 0).all()
    assert (still.weight[feet] > 0).mean() > 0.5
    moving = start.positions + np.arange(12) * 0.5
    assert terms.contact(start.problem, moving, SETTINGS).weight.max() < 0.05 * still.weight.max()
