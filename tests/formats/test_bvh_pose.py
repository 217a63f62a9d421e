import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neuropose_ray.formats.bvh_pose import shortest_turn, zxy_degrees

few = settings(max_examples=40)
VECTORS = hnp.arrays(np.float64, (4, 3), elements=st.floats(-1e4, 1e4))
ANGLES = hnp.arrays(np.float64, (4, 3), elements=st.floats(-180, 180) | st.sampled_from([-90.0, 0.0, 90.0]))


def about(axis, degrees):
    """Right-handed rotations about one axis, ``(n, 3, 3)``."""
    c, s, zero, one = np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0 * degrees, 0 * degrees + 1
    rows = {
        "x": [[one, zero, zero], [zero, c, -s], [zero, s, c]],
        "y": [[c, zero, s], [zero, one, zero], [-s, zero, c]],
        "z": [[c, -s, zero], [s, c, zero], [zero, zero, one]],
    }[axis]
    return np.moveaxis(np.array(rows), -1, 0)


def rotation_of(zxy):
    return about("z", zxy[:, 0]) @ about("x", zxy[:, 1]) @ about("y", zxy[:, 2])


@given(ANGLES)
@few
def test_the_angles_give_the_rotation_back_also_where_two_axes_coincide(angles):
    rotations = rotation_of(angles)
    np.testing.assert_allclose(rotation_of(zxy_degrees(rotations)), rotations, atol=1e-7)
    assert (np.abs(zxy_degrees(rotations)[:, 1]) <= 90).all()


@given(VECTORS, st.sampled_from([(0, 1, 0), (1, 0, 0), (0, 0, 1)]))
@few
def test_the_shortest_turn_meets_the_direction_and_is_no_longer_than_the_angle_between(vectors, start):
    start, vectors = np.array(start, np.float64), np.where(np.abs(vectors) < 1e-3, 0, vectors)
    turns = shortest_turn(start, vectors)
    lengths = np.linalg.norm(vectors, axis=-1)
    known = lengths > 0
    np.testing.assert_allclose(
        (turns @ start)[known], (vectors / np.maximum(lengths, 1e-9)[:, None])[known], atol=1e-4
    )
    np.testing.assert_allclose(turns @ turns.swapaxes(-1, -2), np.tile(np.eye(3), (4, 1, 1)), atol=1e-4)
    np.testing.assert_allclose(np.linalg.det(turns), 1, atol=1e-4)
    np.testing.assert_allclose(turns[~known], np.tile(np.eye(3), ((~known).sum(), 1, 1)))
    cosine = np.clip(vectors[known] @ start / lengths[known], -1, 1)
    np.testing.assert_allclose((np.trace(turns[known], axis1=-2, axis2=-1) - 1) / 2, cosine, atol=1e-4)


def test_opposite_directions_are_half_a_turn():
    turn = shortest_turn(np.array([0.0, 1, 0]), np.array([[0.0, -5, 0]]))[0]
    np.testing.assert_allclose(turn @ [0, 1, 0], [0, -1, 0], atol=1e-12)
    assert np.linalg.det(turn) > 0.99
