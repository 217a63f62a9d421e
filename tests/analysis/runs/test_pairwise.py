from dataclasses import replace

import numpy as np
import pytest
from analysis.runs.samples import BLAZEPOSE, PHANTOM_SKELETON, phantom

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.pairwise import compare_trials
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.motions import Reaching, Squatting
from neuropose_ray.phantom.rotations import rotate, rotation_y


def motion_of(positions, name, fps=30.0, skeleton=PHANTOM_SKELETON):
    return Motion(name, skeleton, np.arange(len(positions)) / fps, positions, np.ones(positions.shape[:2]))


@pytest.fixture(scope="module")
def squats():
    return motion_of(phantom(Squatting(period_s=2.0), 4.5), "squats")


def test_a_trial_is_no_distance_from_itself_elsewhere_turned_and_larger(squats):
    moved = rotate(rotation_y(40.0), squats.positions) * 1.2 + [100, 0, 500]
    found = compare_trials(replace(squats, positions=moved), squats)
    assert found.angle_distance == pytest.approx(0, abs=1e-6)
    assert found.joint_distance_mm == pytest.approx(0, abs=1e-6)
    assert (found.scale, found.rotation_deg) == (pytest.approx(1 / 1.2), pytest.approx(40))
    assert found.path == tuple((frame, frame) for frame in range(len(squats)))
    assert all(joint.mean_mm == pytest.approx(0, abs=1e-6) for joint in found.joints)


def test_the_tempo_is_told_apart_from_the_posture(squats):
    slow = motion_of(phantom(Squatting(period_s=2.4), 5.4), "slow")
    found = compare_trials(squats, slow)
    assert found.tempo.ratio == pytest.approx(1.2, rel=0.02)
    assert (found.tempo.repetitions_first, found.tempo.repetitions_second) == (2, 2)
    assert found.joint_distance_mm < 10
    assert abs(found.tempo.largest_lag_s) < 0.1


def test_the_joints_and_angles_that_differ_are_named(squats):
    positions = squats.positions.copy()
    wrist = squats.skeleton.index("left_wrist")
    positions[:, wrist] += [0, 150, 0]
    found = compare_trials(replace(squats, positions=positions), squats)
    furthest = max(found.joints, key=lambda joint: joint.mean_mm)
    assert furthest.name == squats.skeleton.joint_names[wrist]
    assert max(found.angles, key=lambda angle: angle.rmse).name == "left_elbow_flexion"


def test_another_movement_is_farther_than_the_same_by_another_person(squats):
    deeper = motion_of(phantom(Squatting(period_s=2.1, bottom_knee_deg=115), 4.7), "deeper")
    reaching = motion_of(phantom(Reaching(), 4.5), "reaching")
    near, far = compare_trials(squats, deeper), compare_trials(squats, reaching)
    assert near.angle_distance < 0.3 * far.angle_distance
    assert near.joint_distance_mm < 0.5 * far.joint_distance_mm


def test_different_numbers_of_repetitions_are_warned_of(squats):
    more = motion_of(phantom(Squatting(period_s=2.0), 6.5), "more")
    warnings = compare_trials(squats, more).warnings
    assert any("the numbers of repetitions differ (2 and 3)" in warning for warning in warnings)


def test_missing_frames_are_null_and_not_nan(squats):
    positions = squats.positions.copy()
    positions[40:44] = np.nan
    found = compare_trials(squats, replace(squats, positions=positions))
    assert "NaN" not in found.model_dump_json()
    assert found.angle_distance < 0.2


def test_trials_without_a_common_moving_angle_are_refused(squats):
    still = motion_of(np.ones((30, 33, 3)), "still", skeleton=BLAZEPOSE)
    with pytest.raises(InputError, match="no angle is known and moves enough in both squats and still"):
        compare_trials(squats, still)
