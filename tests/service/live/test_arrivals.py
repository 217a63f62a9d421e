"""A pose that waits gives way to one that comes in a moment, and never for long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.live.arrivals import Arrivals


def arrivals(distance_s: float, poses: int = 10) -> tuple[Arrivals, float]:
    """Poses at even distances, and the time of the last."""
    came = Arrivals()
    for number in range(poses):
        came.came(number * distance_s)
    return came, (poses - 1) * distance_s


def test_a_fresh_pose_is_sent_and_an_older_one_left_for_the_next():
    came, latest = arrivals(0.1)
    assert came.pause_s(latest) == 0
    assert came.pause_s(latest + 0.04) == 0
    assert came.pause_s(latest + 0.06) == pytest.approx(0.09)
    assert came.pause_s(latest + 0.12) == pytest.approx(0.03)  # it is late
    assert came.pause_s(latest + 0.16) == 0  # it does not come


@pytest.mark.parametrize("poses", [0, 1])
def test_what_is_not_known_yet_lets_nobody_wait(poses: int):
    came, latest = arrivals(0.1, poses)
    assert came.pause_s(latest + 0.06) == 0


def test_poses_that_come_seldom_are_not_left_out():
    came, latest = arrivals(0.5)
    assert came.pause_s(latest + 0.3) == 0


@given(st.lists(st.floats(0, 5), min_size=1), st.floats(0, 10))
def test_nobody_waits_for_longer_than_a_distance(distances: list[float], after_s: float):
    came, now = Arrivals(), 0.0
    for distance_s in distances:
        now += distance_s
        came.came(now)
    pause_s = came.pause_s(now + after_s)
    assert 0 <= pause_s <= 0.2
    assert came.pause_s(now + after_s + pause_s + 1e-6) == 0
