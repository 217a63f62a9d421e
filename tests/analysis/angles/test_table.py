"""Velocities and ranges of angles."""

import numpy as np
import pytest
from analysis.angles.figures import STANDING, motion_of, turned_about
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.angles.table import angular_velocity
from neuropose_ray.errors import InputError

SHANK = ["right_ankle", "right_heel", "right_toe"]


def knee_bent_by(degrees):
    return turned_about("right_knee", SHANK, Rotation.from_euler("x", degrees, degrees=True))


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_without_gaps_velocity_is_numpys_gradient_on_uneven_times(seed):
    random = np.random.default_rng(seed)
    times = np.cumsum(random.uniform(0.005, 0.08, 12))
    degrees = np.cumsum(random.uniform(-60, 60, 12))
    np.testing.assert_allclose(angular_velocity(degrees, times), np.gradient(degrees, times), rtol=1e-9, atol=1e-9)


def test_a_parabola_has_its_exact_slope_between_uneven_frames():
    times = np.array([0, 0.1, 0.15, 0.4, 0.41, 0.9])
    velocity = angular_velocity(50 * times**2, times)
    np.testing.assert_allclose(velocity[1:-1], 100 * times[1:-1], rtol=1e-12)


@pytest.mark.filterwarnings("error")
def test_a_gap_has_no_velocity_and_its_neighbours_have_that_of_their_own_side():
    times = np.arange(8) / 10
    degrees = np.array([0, 1, 3, np.nan, 10, 12, np.nan, 40])
    np.testing.assert_allclose(angular_velocity(degrees, times), [10, 15, 20, np.nan, 20, 20, np.nan, np.nan])


def test_crossing_the_end_of_the_circle_is_no_jump():
    np.testing.assert_allclose(angular_velocity(np.array([170.0, 178, -174]), np.arange(3) / 10), [80, 80, 80])


@pytest.mark.parametrize("frames", [0, 1])
def test_too_few_frames_have_no_velocity(frames):
    assert np.isnan(angular_velocity(np.zeros(frames), np.zeros(frames))).sum() == frames


def test_a_knee_that_bends_evenly_has_a_constant_velocity_whatever_the_frame_rate():
    times = [0, 0.1, 0.25, 0.3]
    table = clinical_angles(motion_of(*(knee_bent_by(90 * time) for time in times), times=times))
    np.testing.assert_allclose(table.velocity("right_knee_flexion"), 90)


def test_ranges_are_over_the_frames_in_which_the_angle_is_known():
    lost = knee_bent_by(80) | {"right_ankle": np.full(3, np.nan)}
    ranges = clinical_angles(motion_of(knee_bent_by(10), knee_bent_by(60), lost, knee_bent_by(30))).ranges()
    knee = ranges["right_knee_flexion"]
    assert (knee.min, knee.max, knee.range, knee.coverage) == pytest.approx((10, 60, 50, 0.75))
    assert ranges["left_knee_flexion"].coverage == 1


def test_an_angle_that_is_never_known_has_no_range():
    nowhere = STANDING | {"left_wrist": np.full(3, np.nan)}
    elbow = clinical_angles(motion_of(nowhere, nowhere)).ranges()["left_elbow_flexion"]
    assert np.isnan([elbow.min, elbow.max, elbow.range]).all()
    assert elbow.coverage == 0


def test_an_unknown_angle_is_a_plain_error_that_lists_the_known_ones():
    with pytest.raises(InputError, match=r"figure: unknown angle 'knee'; there are .*right_knee_flexion"):
        clinical_angles(motion_of(STANDING)).angle("knee")
