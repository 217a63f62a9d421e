"""Motion: 0 between equal frames, 1 from black to white."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose_ray.curation.metrics.motion import MotionMetric

THUMBNAILS = arrays.arrays(np.uint8, (64, 64), elements=st.integers(0, 255))


@given(THUMBNAILS, THUMBNAILS)
@settings(max_examples=15)
def test_it_is_the_mean_of_the_largest_differences(previous, current):
    expected = np.sort(np.abs(previous.astype(int) - current).ravel())[-40:].mean() / 255
    assert MotionMetric().compare(previous, current)["motion"] == pytest.approx(expected)
    assert MotionMetric().compare(current, previous) == MotionMetric().compare(previous, current)
    assert MotionMetric().compare(current, current)["motion"] == 0


def test_somebody_small_who_walks_moves_more_than_noise():
    rng = np.random.default_rng(0)
    room = rng.integers(50, 200, (64, 64)).astype(np.uint8)
    walker = room.copy()
    walker[20:32, 30:34] = 220
    noisy = np.clip(room + rng.normal(0, 0.5, room.shape), 0, 255).astype(np.uint8)
    assert MotionMetric().compare(room, walker)["motion"] > 10 * MotionMetric().compare(room, noisy)["motion"]


def test_from_black_to_white_is_one():
    black = np.zeros((64, 64), np.uint8)
    assert MotionMetric().compare(black, black + 255)["motion"] == 1
