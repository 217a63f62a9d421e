import numpy as np
import pytest
from analysis.segmentation.performers import phantom, without

from neuropose_ray.analysis.angles.clinical import clinical_angles
from neuropose_ray.analysis.segmentation.movements import (
    MOVEMENTS,
    MovementSignal,
    correlation,
    mean_of_sides,
    movement_signals,
)
from neuropose_ray.phantom.motions import Squatting

TIMES_S = np.arange(60) / 30
SQUATS, _ = phantom(Squatting(), TIMES_S)


def signal(values, side="right", joints=(0, 1)):
    return MovementSignal("knee_flexion", side, "deg", np.array(values, float), joints)


def test_the_signals_are_the_clinical_angles_of_both_sides():
    signals, angles = movement_signals(SQUATS), clinical_angles(SQUATS)
    assert tuple(signals) == MOVEMENTS
    for name, sides in signals.items():
        assert [one.side for one in sides] == ["right", "left"]
        for one in sides:
            np.testing.assert_array_equal(one.values, angles.angle(f"{one.side}_{name}"))


def test_a_signal_names_the_joints_that_it_is_made_of():
    right, _ = movement_signals(SQUATS)["knee_flexion"]
    names = {SQUATS.skeleton.joint_names[joint] for joint in right.joints}
    assert {"right_knee", "right_ankle"} <= names


def test_a_side_that_is_hardly_seen_is_left_out():
    hidden = without(SQUATS, slice(2, None), SQUATS.skeleton.index("left_knee"))
    assert [one.side for one in movement_signals(hidden)["knee_flexion"]] == ["right"]


def test_the_mean_of_both_sides_makes_up_what_one_of_them_lacks():
    right = signal([10, 20, np.nan, 40, np.nan])
    left = signal([12, 22, 32, np.nan, np.nan], "left", (1, 2))
    both = mean_of_sides(right, left)
    np.testing.assert_allclose(both.values, [11, 21, 31, 41, np.nan])
    assert (both.side, both.joints) == ("both", (0, 1, 2))


def test_sides_that_are_never_seen_together_have_no_difference():
    both = mean_of_sides(signal([10, np.nan]), signal([np.nan, 30], "left"))
    np.testing.assert_array_equal(both.values, [10, 30])


@pytest.mark.parametrize(("left", "expected"), [
    ([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], -1.0), ([5, 5, 5, 5], 0.0), ([1, np.nan, np.nan, 2], 0.0),
])  # fmt: skip
def test_correlation_is_of_what_is_known_of_both(left, expected):
    assert correlation(np.array([1.0, 2, 3, 4]), np.array(left, float)) == pytest.approx(expected)
