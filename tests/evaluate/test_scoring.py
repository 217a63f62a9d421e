import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from neuropose_ray.evaluate import LIMB_JOINTS, score

RANDOM = np.random.default_rng(4)
BODIES = RANDOM.normal(scale=300, size=(5, 16, 3))
TIMES_S = np.arange(5) / 30


def test_the_truth_itself_has_no_error():
    result = score(BODIES, BODIES, TIMES_S, same_axes=True)
    for name in ("mpjpe_mm", "n_mpjpe_mm", "pa_mpjpe_mm", "abs_mpjpe_mm", "acceleration_error_m_s2", "knee_mae_deg"):
        assert getattr(result, name) == pytest.approx(0, abs=1e-4)
    assert (result.pck_50mm, result.pck_150mm, result.auc_200mm, result.coverage) == pytest.approx((1, 1, 1, 1))
    assert (result.reference_frames, result.found_frames, result.acceleration_frames) == (5, 5, 3)


def test_place_is_forgiven_in_all_but_the_absolute_error():
    result = score(BODIES + [0, 0, 500], BODIES, same_axes=True)
    assert (result.mpjpe_mm, result.abs_mpjpe_mm) == (pytest.approx(0, abs=1e-9), pytest.approx(500))


def test_scale_counts_in_mpjpe_and_is_forgiven_after_it():
    result = score(BODIES * 1.1, BODIES)
    assert result.mpjpe_mm > 10
    assert (result.n_mpjpe_mm, result.pa_mpjpe_mm) == pytest.approx((0, 0), abs=1e-6)


def test_the_cameras_axes_are_forgiven_once_for_all_frames():
    turn = Rotation.from_euler("xyz", [100, 20, -50], degrees=True).as_matrix()
    assert score(BODIES @ turn, BODIES).mpjpe_mm == pytest.approx(0, abs=1e-6)
    turns = Rotation.random(5, random_state=1).as_matrix()
    turned = score(BODIES @ turns, BODIES)
    assert turned.mpjpe_mm > 50
    assert turned.pa_mpjpe_mm == pytest.approx(0, abs=1e-6)


def test_in_other_axes_there_is_no_absolute_error_and_without_times_no_acceleration():
    result = score(BODIES, BODIES)
    assert np.isnan([result.abs_mpjpe_mm, result.acceleration_error_m_s2]).all()


def test_a_mirrored_body_is_not_forgiven():
    assert score(BODIES * [-1, 1, 1], BODIES).pa_mpjpe_mm > 50


def test_noise_of_known_size_has_the_error_of_that_size():
    bodies = RANDOM.normal(scale=300, size=(2000, 12, 3))
    noise = RANDOM.normal(scale=20, size=bodies.shape)
    noise[:, :2] = 0
    times_s = np.arange(2000) / 50
    result = score(bodies + noise, bodies, times_s, same_axes=True)
    length = 20 * np.sqrt(8 / np.pi)
    assert result.joints["left_wrist"].mpjpe_mm == pytest.approx(length, rel=0.03)
    assert result.mpjpe_mm == pytest.approx(length * 10 / 12, rel=0.03)
    second_difference = np.sqrt(6) * length * 50**2 / 1000
    assert result.joints["right_knee"].acceleration_error_m_s2 == pytest.approx(second_difference, rel=0.03)


def test_the_mean_over_joints_is_that_of_all():
    result = score(BODIES + RANDOM.normal(scale=40, size=BODIES.shape), BODIES, TIMES_S, same_axes=True)
    assert tuple(result.joints) == LIMB_JOINTS
    for name in type(result.joints["left_hip"]).model_fields:
        joints = [getattr(measures, name) for measures in result.joints.values()]
        assert getattr(result, name) == pytest.approx(np.mean(joints))


def test_frames_without_a_truth_do_not_count():
    truth = BODIES.copy()
    truth[0] = np.nan
    result = score(BODIES, truth)
    assert (result.coverage, result.reference_frames) == (1, 4)
    assert result.angles["left_knee_flexion"].coverage == 1


def test_frames_without_the_person_count_in_the_coverage_alone():
    estimate = BODIES.copy()
    estimate[1] = np.nan
    result = score(estimate, BODIES)
    assert (result.coverage, result.pa_mpjpe_mm) == (0.8, pytest.approx(0, abs=1e-6))
    assert result.angles["left_knee_flexion"].coverage == 0.8


def test_ankles_have_their_own_coverage_and_are_left_out_without_feet():
    truth = BODIES.copy()
    truth[:2, 15] = np.nan
    angles = score(BODIES, truth).angles
    assert (angles["left_ankle_dorsiflexion"].coverage, angles["right_ankle_dorsiflexion"].coverage) == (0.6, 1)
    truth[:, 12:] = np.nan
    assert set(score(BODIES, truth).angles) == set(score(BODIES[:, :12], truth).angles)


@pytest.mark.filterwarnings("error")
def test_nobody_at_all_is_no_number():
    result = score(np.full_like(BODIES, np.nan), BODIES, TIMES_S)
    assert (result.coverage, result.found_frames) == (0, 0)
    assert np.isnan([result.pa_mpjpe_mm, result.pck_50mm, result.knee_mae_deg]).all()
    assert "NaN" not in result.model_dump_json()
    assert type(result).model_validate_json(result.model_dump_json()).joints.keys() == set(LIMB_JOINTS)
