import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.evaluate.measures import (
    absolute_errors,
    acceleration_errors,
    accelerations,
    auc,
    pck,
    procrustes_errors,
    root_relative_errors,
    scale_free_errors,
)

RANDOM = np.random.default_rng(4)
BODIES = RANDOM.normal(scale=300, size=(5, 12, 3))
NOISY = BODIES + RANDOM.normal(scale=20, size=BODIES.shape)
TIMES_S = np.cumsum(np.random.default_rng(0).uniform(0.01, 0.05, 20))


def test_a_shift_counts_in_the_absolute_error_alone():
    shifted = BODIES + [30, 0, 40]
    np.testing.assert_allclose(absolute_errors(shifted, BODIES), 50)
    np.testing.assert_allclose(root_relative_errors(shifted, BODIES, same_axes=True), 0, atol=1e-9)


def test_a_joint_that_is_off_by_60_mm_is_60_mm_off():
    moved = BODIES.copy()
    moved[:, 11] += [0, 60, 0]
    np.testing.assert_allclose(root_relative_errors(moved, BODIES, same_axes=True)[:, 10:], [[0, 60]] * 5, atol=1e-9)


def test_a_hip_that_is_off_moves_the_root_and_so_all_joints_by_half_of_it():
    moved = BODIES.copy()
    moved[:, 0] += [0, 60, 0]
    np.testing.assert_allclose(root_relative_errors(moved, BODIES, same_axes=True), 30)


def test_other_axes_are_forgiven_where_they_are_said_to_differ():
    turn = Rotation.from_euler("y", 40, degrees=True).as_matrix()
    np.testing.assert_allclose(root_relative_errors(BODIES @ turn, BODIES, same_axes=False), 0, atol=1e-9)
    assert root_relative_errors(BODIES @ turn, BODIES, same_axes=True).mean() > 50


@given(st.floats(0.2, 5), st.booleans())
def test_n_mpjpe_does_not_depend_on_scale(scale: float, same_axes: bool):
    expected = scale_free_errors(NOISY, BODIES, same_axes=same_axes)
    np.testing.assert_allclose(scale_free_errors(NOISY * scale, BODIES, same_axes=same_axes), expected, atol=1e-6)


def test_n_mpjpes_scale_is_that_of_least_squares():
    centred = BODIES - BODIES[:, :2].mean(1, keepdims=True)
    other = NOISY - NOISY[:, :2].mean(1, keepdims=True)
    for frame, errors in enumerate(scale_free_errors(NOISY, BODIES, same_axes=True)):
        (scale,), *_ = np.linalg.lstsq(other[frame].reshape(-1, 1), centred[frame].reshape(-1))
        np.testing.assert_allclose(errors, np.linalg.norm(scale * other[frame] - centred[frame], axis=-1))


@given(st.integers(0, 10_000), st.floats(0.2, 5))
def test_pa_mpjpe_does_not_depend_on_rigid_movement_and_scale(seed: int, scale: float):
    turns = Rotation.random(5, random_state=seed).as_matrix()
    places = np.random.default_rng(seed).normal(scale=2000, size=(5, 1, 3))
    moved = scale * NOISY @ turns + places
    np.testing.assert_allclose(procrustes_errors(moved, BODIES), procrustes_errors(NOISY, BODIES), atol=1e-6)


def test_pck_counts_errors_up_to_the_threshold():
    errors = np.array([[10.0, 50.0], [20.0, 50.1], [90.0, 160.0]])
    assert pck(errors, 50).tolist() == pytest.approx([2 / 3, 1 / 3])
    assert pck(errors, 150).tolist() == pytest.approx([1, 2 / 3])


@given(st.lists(st.floats(0, 400), min_size=1, max_size=20), st.floats(0, 300), st.floats(0, 300))
def test_pck_grows_with_the_threshold(errors: list[float], one: float, other: float):
    columns = np.array(errors)[:, None]
    low, high = sorted((one, other))
    assert pck(columns, low) <= pck(columns, high)


@given(st.lists(st.floats(0, 400), min_size=1, max_size=20))
def test_auc_is_the_mean_of_pck_over_the_thresholds(errors: list[float]):
    columns = np.array(errors)[:, None]
    shares = [pck(columns, step)[0] for step in np.arange(0.5, 200)]
    half_a_step = 0.5 / 200
    # An error exactly at a threshold is half a step off, and the last bit of a mean may be too.
    assert auc(columns)[0] == pytest.approx(np.mean(shares), abs=half_a_step + 1e-12)


def test_accelerations_of_a_parabola_are_exact_at_uneven_times():
    path = np.stack([3 * TIMES_S**2, -TIMES_S, np.ones_like(TIMES_S)], 1)[:, None]
    found = accelerations(path, TIMES_S)
    np.testing.assert_allclose(found[1:-1, 0], [[6, 0, 0]] * 18, atol=1e-9)
    assert np.isnan(found[[0, -1]]).all()


def test_the_acceleration_error_is_in_metres_per_second_squared():
    still = np.tile(BODIES[:1], (20, 1, 1))
    moved = still.copy()
    moved[:, 7, 1] += 1000 * TIMES_S**2
    errors = acceleration_errors(moved, still, TIMES_S, same_axes=True)
    np.testing.assert_allclose(errors, np.tile(np.eye(12)[7] * 2, (18, 1)), atol=1e-6)


def test_the_bodys_place_and_axes_do_not_enter_the_acceleration_error():
    walk = np.tile(BODIES[:1], (20, 1, 1)) + (1000 * TIMES_S**3)[:, None, None]
    turn = Rotation.from_euler("z", 90, degrees=True).as_matrix()
    errors = acceleration_errors((walk + [5, 5, 5]) @ turn, walk, TIMES_S, same_axes=False)
    np.testing.assert_allclose(errors, 0, atol=1e-6)


def test_accelerations_are_compared_where_three_frames_in_a_row_are_known():
    one, other = np.tile(BODIES[:1], (20, 1, 1)), np.tile(BODIES[:1], (20, 1, 1))
    one[5], other[12, 3] = np.nan, np.nan
    assert len(acceleration_errors(one, other, TIMES_S, same_axes=True)) == 18 - 2 * 3
    assert acceleration_errors(one[4:7], other[4:7], TIMES_S[4:7], same_axes=True).shape == (0, 12)
    assert acceleration_errors(one[5:6], other[5:6], TIMES_S[5:6], same_axes=True).shape == (0, 12)
