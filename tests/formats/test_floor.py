"""The floor under somebody, by the feet."""

import numpy as np
import pytest
from formats.people import squatting
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.formats.floor import floor_height_mm
from neuropose_ray.formats.person import person_at_even_rate
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.skeleton import Skeleton

FEET = Skeleton(name="feet", joint_names=("right_heel", "left_heel", "right_toe", "left_toe", "right_ankle", "nose"))


def test_a_person_who_squats_stands_on_the_floor():
    table, header = squatting(frames=60)
    points = person_at_even_rate(table, header, track=None, where="squat").on_floor()
    assert points.on_floor
    soles = [PHANTOM_SKELETON.index(name) for name in FEET.joint_names[:4]]
    assert abs(points.positions[:, soles, 1].min(1)).max() < 5
    assert points.positions[:, PHANTOM_SKELETON.index("nose"), 1].min() > 500


@given(st.floats(-5000, 5000), st.floats(-3000, 3000), st.integers(0, 40), st.integers(0, 2**32 - 1))
def test_the_floor_is_where_the_lowest_foot_mostly_is_whatever_else_moves(height, aside, jump, seed):
    random = np.random.default_rng(seed)
    positions = np.zeros((101, 6, 3))
    positions[:, :, 0] = aside
    positions[:, :, 1] = height + random.uniform(0, 900, (101, 6))
    positions[np.arange(101), random.integers(0, 4, 101), 1] = height
    positions[:jump, :, 1] += 400
    assert floor_height_mm(FEET, positions) == pytest.approx(height)


def test_missing_joints_do_not_count_and_without_a_foot_there_is_no_floor():
    positions = np.full((5, 6, 3), np.nan)
    assert floor_height_mm(FEET, positions) is None
    positions[2, 4] = [0, 80, 0]
    assert floor_height_mm(FEET, positions) == 80
    positions[3, 0] = [0, 7, 0]
    assert floor_height_mm(FEET, positions) == 7
    assert floor_height_mm(Skeleton(name="head", joint_names=("nose",)), np.ones((3, 1, 3))) is None
