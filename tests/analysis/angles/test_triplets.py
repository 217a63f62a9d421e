"""Three-point angles against the cosine rule and scipy's rotations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.analysis.angles.triplets import extract_joint_angles
from neuropose_ray.errors import InputError


@given(st.integers(0, 10_000))
@settings(max_examples=40)
def test_the_angle_is_that_of_the_cosine(seed):
    poses = np.random.default_rng(seed).normal(scale=300, size=(4, 5, 3))
    triplets = [(0, 1, 2), (4, 1, 0), (2, 3, 4)]
    found = extract_joint_angles(poses, triplets)
    for frame in range(4):
        for column, (a, b, c) in enumerate(triplets):
            one, other = poses[frame, a] - poses[frame, b], poses[frame, c] - poses[frame, b]
            cosine = sum(one * other) / (math.hypot(*one) * math.hypot(*other))
            assert found[frame, column] == pytest.approx(math.acos(max(-1, min(1, cosine))), abs=1e-9)


@given(st.floats(1, 179), st.integers(0, 1000))
@settings(max_examples=30)
def test_a_bend_by_a_known_angle_is_found_in_any_position(degrees, seed):
    bent = np.array([[100.0, 0, 0], [0, 0, 0], Rotation.from_euler("z", degrees, degrees=True).apply([250, 0, 0])])
    placed = Rotation.random(random_state=seed).apply(bent) + [300, -20, 4000]
    assert extract_joint_angles(placed[None], [(0, 1, 2)])[0, 0] == pytest.approx(math.radians(degrees), abs=1e-9)


def test_straight_and_folded():
    line = np.array([[[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]])
    np.testing.assert_array_equal(extract_joint_angles(line, [(0, 1, 2), (0, 2, 1)]), [[math.pi, 0]])


def test_what_has_no_angle_is_nan():
    poses = np.array([[[0.0, 0, 0], [0, 0, 0], [1, 0, 0]], [[np.nan, 0, 0], [0, 0, 0], [1, 0, 0]]])
    assert np.isnan(extract_joint_angles(poses, [(0, 1, 2)])).all()


def test_no_frames_no_angles():
    assert extract_joint_angles(np.zeros((0, 3, 3)), [(0, 1, 2)]).shape == (0, 1)


@pytest.mark.parametrize(
    ("triplets", "message"),
    [
        ([(0, 1, 3)], "index 3 is out of range"),
        ([(-1, 1, 2)], "index -1 is out of range"),
        ([], "no triplets"),
        ([(0, 1)], "three"),
    ],
)
def test_wrong_triplets_are_refused(triplets, message):
    with pytest.raises(ValueError, match=message) as raised:
        extract_joint_angles(np.zeros((2, 3, 3)), triplets)
    assert isinstance(raised.value, InputError)


def test_a_wrong_shape_is_refused():
    with pytest.raises(ValueError, match="joints, 3"):
        extract_joint_angles(np.zeros((2, 3)), [(0, 1, 2)])
