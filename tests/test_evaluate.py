import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.evaluate import best_lag_s, knee_flexion_deg, limb_joints, procrustes, score, sequence
from neuropose_ray.schemas.skeletons import known_skeleton

BODIES = np.random.default_rng(4).normal(scale=300, size=(5, 12, 3))


@given(st.integers(0, 10_000), st.floats(0.2, 5))
def test_rotation_place_and_scale_of_each_frame_are_forgiven(seed: int, scale: float):
    turns = Rotation.random(5, random_state=seed).as_matrix()
    moved = scale * np.einsum("tij,tkj->tki", turns, BODIES) + [100, -50, 3000]
    np.testing.assert_allclose(procrustes(moved, BODIES), BODIES, atol=1e-6)
    assert score(moved, BODIES).pa_mpjpe_mm == pytest.approx(0, abs=1e-6)


def test_a_mirrored_body_is_not_forgiven():
    assert score(BODIES * [-1, 1, 1], BODIES).pa_mpjpe_mm > 50


def test_root_relative_error_forgives_the_place_alone():
    assert score(BODIES + [0, 0, 500], BODIES).mpjpe_mm == pytest.approx(0, abs=1e-9)
    assert score(BODIES * 1.1, BODIES).mpjpe_mm > 10


def test_the_cameras_axes_are_forgiven_once_for_all_frames():
    turn = Rotation.from_euler("xyz", [100, 20, -50], degrees=True).as_matrix()
    assert score(BODIES @ turn, BODIES).mpjpe_mm == pytest.approx(0, abs=1e-6)
    turns = Rotation.random(5, random_state=1).as_matrix()
    assert score(BODIES @ turns, BODIES).mpjpe_mm > 50


def test_frames_without_a_truth_do_not_count():
    truth = BODIES.copy()
    truth[0] = np.nan
    assert score(BODIES, truth).coverage == 1


def test_the_lag_between_two_clocks_is_found():
    times = np.arange(120) / 60
    path = np.cumsum(np.random.default_rng(0).normal(size=(200, 12, 3)), 0) * 20
    fine = np.arange(200) / 60 - 0.5

    def truth_at(when):
        return np.stack([np.interp(when, fine, column) for column in path.reshape(200, -1).T], 1).reshape(-1, 12, 3)

    assert best_lag_s(times, truth_at(times + 0.03), truth_at) == pytest.approx(0.03)


def test_frames_without_the_person_count_in_the_coverage_alone():
    estimate = BODIES.copy()
    estimate[1] = np.nan
    result = score(estimate, BODIES)
    assert (result.coverage, result.pa_mpjpe_mm) == (0.8, pytest.approx(0, abs=1e-6))


def test_nobody_at_all_is_no_number():
    result = score(np.full_like(BODIES, np.nan), BODIES)
    assert result.coverage == 0
    assert np.isnan(result.pa_mpjpe_mm)


def test_a_straight_leg_is_zero_and_a_right_angle_ninety():
    body = np.zeros((2, 12, 3))
    body[:, 0], body[:, 2], body[0, 4], body[1, 4] = [0, 0, 0], [0, 400, 0], [0, 800, 0], [0, 400, 400]
    assert knee_flexion_deg(body, "right") == pytest.approx([0, 90])


def test_limbs_are_taken_by_name():
    skeleton = known_skeleton("blazepose_33")
    poses = np.arange(33.0)[None, :, None].repeat(3, -1)
    assert limb_joints(poses, skeleton)[0, :4, 0].tolist() == [24, 23, 26, 25]


def test_a_sequence_has_nan_where_the_person_was_not_seen():
    poses = np.ones((3, 2, 3))
    whole = sequence(poses, np.array([0, 1, 3]), 4, np.array([True, False, True]))
    assert np.isnan(whole[:, 0, 0]).tolist() == [False, True, True, False]
