import numpy as np
import pytest

from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.tracking.affinity import FORBIDDEN, box_overlap, box_shift, costs, joint_distance

BOX = np.array([[0.0, 0.0, 100.0, 200.0]])
BODY = np.zeros((1, 5, 3))


def test_overlap_is_intersection_over_union():
    others = np.array([[0, 0, 100, 200], [50, 0, 100, 200], [500, 0, 10, 10]], float)
    assert box_overlap(BOX, others)[0] == pytest.approx([1, 1 / 3, 0])


def test_a_shift_is_measured_in_diagonals_of_the_larger_box():
    curled = np.array([[30.0, 140.0, 60.0, 80.0], [60.0, 80.0, 100.0, 200.0]])
    assert box_shift(BOX, curled)[0] == pytest.approx(
        [np.hypot(10, 80) / np.hypot(100, 200), 100 / np.hypot(100, 200)]
    )


def test_distance_is_the_mean_over_joints_that_both_have():
    other = BODY.copy()
    other[0, 0] = [30, 40, 0]
    assert joint_distance(BODY, other)[0, 0] == pytest.approx(10)
    other[0, 1:] = np.nan
    assert joint_distance(BODY, other)[0, 0] == pytest.approx(50)


def test_without_a_joint_in_common_the_distance_is_infinite():
    assert joint_distance(BODY, np.full((1, 5, 3), np.nan))[0, 0] == np.inf


def test_a_pose_too_far_away_in_both_senses_may_not_continue_a_track():
    cost = costs(BOX, BODY, np.zeros(1), BOX + [500, 0, 0, 0], BODY + 1000, TrackingSettings())
    assert cost[0, 0] >= FORBIDDEN


def test_the_gate_widens_with_the_time_unseen():
    moved = BODY + [1000.0, 0, 0]
    cost = costs(BOX, BODY, np.array([0.5]), BOX + [500, 0, 0, 0], moved, TrackingSettings())
    assert cost[0, 0] < FORBIDDEN


def test_a_jump_in_depth_alone_does_not_break_a_track():
    cost = costs(BOX, BODY, np.zeros(1), BOX, BODY + [0, 0, 2000.0], TrackingSettings())
    assert cost[0, 0] == pytest.approx(1)
