"""What the network sees of a body does not depend on where in the picture the body is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from neuropose_ray.lifting.bones import BONES
from neuropose_ray.lifting.features import (
    ACROSS_SCALE,
    DEPTH_SCALE,
    INPUTS,
    mirrored,
    network_inputs,
    plane_positions,
)  # fmt: skip
from neuropose_ray.schemas.skeleton import LANDMARKS

JOINTS, FRAMES = 16, 5


def drawn(seed: int = 0):
    random = np.random.default_rng(seed)
    directions = random.normal(0, 0.2, (FRAMES, JOINTS, 2)).astype(np.float32)
    confidences = random.uniform(0.1, 1, (FRAMES, JOINTS)).astype(np.float32)
    distance = random.uniform(2, 6, FRAMES).astype(np.float32)
    depths = random.normal(0, 0.2, (FRAMES, len(BONES))).astype(np.float32)
    return directions, confidences, distance, depths


@given(st.floats(-0.6, 0.6), st.floats(-0.3, 0.3), st.integers(0, 1000))
def test_a_body_turned_with_the_ray_to_it_looks_the_same(pan, tilt, seed):
    points = np.random.default_rng(seed).normal(0, 0.4, (FRAMES, JOINTS, 3))
    points -= points[:, :2].mean(axis=1, keepdims=True)
    turn = Rotation.from_euler("YX", [pan, tilt])  # first the tilt: what is level stays level
    seen = []
    for rotation in (Rotation.identity(), turn):
        there = rotation.apply((points + [0, 0, 4]).reshape(-1, 3)).reshape(points.shape)
        # Where the hips are seen, not where they are: the two differ by perspective, but alike in both.
        directions = there[..., :2] / there[..., 2:]
        hips = rotation.apply([0.0, 0.0, 4.0])
        middle = np.broadcast_to(hips[:2] / hips[2], (FRAMES, 2))
        seen.append(plane_positions(directions, middle, np.full(FRAMES, hips[2])))
    np.testing.assert_allclose(seen[1], seen[0], atol=1e-6)


def test_a_joint_in_the_plane_of_the_hips_lies_where_it_is_in_metres():
    directions = np.zeros((1, JOINTS, 2), np.float32)
    directions[0, 5] = [0.1, -0.2]
    across = plane_positions(directions, directions[:, :2].mean(axis=1), np.array([3.0], np.float32))
    assert across[0, 5] == pytest.approx([0.3, -0.6])


def test_a_joint_that_was_not_seen_has_no_influence():
    directions, confidences, distance, depths = drawn()
    confidences[:, 9] = 0
    known = np.ones(FRAMES, bool)
    before = network_inputs(directions, confidences, distance, depths, known)
    directions[:, 9] = 100
    np.testing.assert_array_equal(network_inputs(directions, confidences, distance, depths, known), before)
    assert before.shape == (FRAMES, INPUTS)


def test_depths_that_are_not_known_have_no_influence():
    directions, confidences, distance, depths = drawn()
    known = np.array([True, False, True, False, False])
    before = network_inputs(directions, confidences, distance, depths, known)
    depths[~known] = 5
    np.testing.assert_array_equal(network_inputs(directions, confidences, distance, depths, known), before)


@given(st.integers(0, 1000))
def test_inputs_of_the_mirrored_picture_are_the_mirrored_inputs(seed):
    from neuropose_ray.lifting.bones import MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE

    directions, confidences, distance, depths = drawn(seed)
    known = np.ones(FRAMES, bool)
    inputs = network_inputs(directions, confidences, distance, depths, known)
    flipped = network_inputs(
        (directions * np.array([-1, 1], np.float32))[:, OTHER_SIDE], confidences[:, OTHER_SIDE], distance,
        depths[:, MIRRORED_BONES] * MIRROR_SIGNS, known,
    )  # fmt: skip
    np.testing.assert_allclose(mirrored(inputs), flipped, atol=1e-5)
    np.testing.assert_array_equal(mirrored(mirrored(inputs)), inputs)


def test_inputs_are_about_unit_size():
    assert 0.5 < ACROSS_SCALE * 0.9 < 2  # an arm's reach


@pytest.mark.parametrize(("across_m", "along_m"), [(0.402, 0), (0.3, 0.268), (0.5, 0)])
def test_a_bone_that_looks_short_is_said_to_reach_along_the_line_of_sight(across_m, along_m):
    directions, confidences, distance, depths = drawn()
    hip, knee = LANDMARKS.index("right_hip"), LANDMARKS.index("right_knee")
    directions[:, :2] = 0
    directions[:, knee] = [0, across_m / 3]
    distance[:] = 3
    inputs = network_inputs(directions, confidences, distance, depths, np.ones(FRAMES, bool))
    bone = BONES.index(("right_hip", "right_knee"))
    lengths, missing = np.split(inputs[:, -2 * len(BONES) :], 2, axis=1)
    np.testing.assert_allclose(lengths[:, bone] / ACROSS_SCALE, across_m, atol=1e-4)
    np.testing.assert_allclose(missing[:, bone] / DEPTH_SCALE, along_m, atol=2e-3)
    confidences[:, hip] = 0
    inputs = network_inputs(directions, confidences, distance, depths, np.ones(FRAMES, bool))
    lengths, missing = np.split(inputs[:, -2 * len(BONES) :], 2, axis=1)
    assert (lengths[:, bone] == 0).all()
    assert (missing[:, bone] == 0).all()
