"""Cameras around people: what they have in their axes, and how deep each bone goes into the picture."""

import numpy as np
import pytest

from neuropose_ray.lifting.bones import BONE_ENDS
from neuropose_ray.lifting.training.bodies import Bodies
from neuropose_ray.lifting.training.cameras import seen_by_cameras


def test_depth_is_what_is_farther_along_the_ray(views):
    ray = views.truth[:, :, :2].mean(axis=2)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    start, end = views.truth[:, :, BONE_ENDS[2, 0]], views.truth[:, :, BONE_ENDS[2, 1]]
    np.testing.assert_allclose(views.depths[..., 2], ((start - end) * ray).sum(axis=-1), atol=1e-4)


def test_people_are_in_front_of_the_camera_and_mostly_in_the_picture(views):
    assert views.truth[..., 2].min() > 0.5
    slope = np.abs(views.truth[..., :2] / views.truth[..., 2:])
    assert (slope < 0.7).mean() > 0.97  # a phone's main camera, upright


def test_cameras_stand_on_all_sides(views):
    across = views.truth[:, 0, 1] - views.truth[:, 0, 0]
    quadrants = (across[:, 0] > 0).astype(int) * 2 + (across[:, 2] > 0)
    assert np.bincount(quadrants, minlength=4).min() > len(across) / 10


@pytest.fixture(scope="module")
def many():
    """A thousand people of four frames, who stand at places of their own."""
    random = np.random.default_rng(0)
    body = np.repeat(random.normal(0, [0.2, 0.5, 0.1], (1000, 1, 16, 3)) + (0, 0.85, 0), 4, axis=1)
    body = body + random.uniform(-3, 3, (1000, 1, 1, 3)) * (1, 0, 1)
    return Bodies(body.astype(np.float32), (body + 0.01).astype(np.float32))


def test_a_camera_turns_and_moves_people_and_does_nothing_else_to_them(many):
    views = seen_by_cameras(np.random.default_rng(0), many)
    for world, seen in ((many.truth, views.truth), (many.pictured, views.pictured)):
        apart = np.linalg.norm(world[:, :, None] - world[:, :, :, None], axis=-1)
        found = np.linalg.norm(seen[:, :, None] - seen[:, :, :, None], axis=-1)
        np.testing.assert_allclose(found, apart, atol=2e-4)
    # Right-handed: nobody is mirrored.
    world, seen = (np.diff(points[:, 0, :4], axis=1) for points in (many.truth, views.truth))
    np.testing.assert_allclose(np.linalg.det(seen), np.linalg.det(world), atol=1e-3)


def test_the_same_camera_sees_truth_and_pictured_points(many):
    """They lie a centimetre apart along each axis of the world, wherever the camera stands."""
    views = seen_by_cameras(np.random.default_rng(0), many)
    shift = views.pictured - views.truth
    np.testing.assert_allclose(shift, np.broadcast_to(shift[:, :, :1], shift.shape), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(shift, axis=-1), 0.01 * np.sqrt(3), rtol=1e-2)


def up_of(bodies, views):
    """``(count, 3)`` the world's up in the axes of each camera in the third frame."""
    world, seen = (points[:, 2] - points[:, 2].mean(axis=1, keepdims=True) for points in (bodies.truth, views.truth))
    return (np.linalg.pinv(world.astype(np.float64)) @ seen)[:, 1]


def test_cameras_stand_two_to_six_metres_away_mostly_at_the_height_of_a_tripod(many):
    views = seen_by_cameras(np.random.default_rng(0), many)
    up = up_of(many, views)
    camera = -np.einsum("nj,nj->n", views.truth[:, 2].mean(axis=1), up) + many.truth[:, 2, :, 1].mean(axis=1)
    assert 0.05 < camera.min() < 0.5
    assert 1.9 < camera.max() < 3.25
    assert ((camera > 0.45) & (camera < 1.95)).mean() == pytest.approx(0.95, abs=0.03)
    level = views.truth[:, 2].mean(axis=1)
    level = np.linalg.norm(level - np.einsum("nj,nj->n", level, up)[:, None] * up, axis=1)
    assert 1.9 < level.min() < 2.2
    assert 6.3 < level.max() < 6.6


def test_pictures_are_mostly_level(many):
    up = up_of(many, seen_by_cameras(np.random.default_rng(0), many))
    roll = np.degrees(np.arctan2(up[:, 0], -up[:, 1]))
    assert np.median(np.abs(roll)) < 4
    assert 10 < np.abs(roll).max() < 80
    assert (-up[:, 1] > 0.5).mean() > 0.97  # nobody is upside down


def test_some_cameras_are_held_in_a_hand_and_turn_a_little(many):
    views = seen_by_cameras(np.random.default_rng(0), many)
    moved = np.linalg.norm(views.truth[:, -1] - views.truth[:, 0], axis=-1).max(axis=1)
    assert (moved > 1e-4).mean() == pytest.approx(0.15, abs=0.04)
    assert moved.max() < 2.5


def test_nobody_is_nearer_than_a_camera_that_sees_the_whole_body():
    tall = Bodies(np.full((50, 4, 16, 3), 0.0, np.float32), np.zeros((50, 4, 16, 3), np.float32))
    tall.pictured[:, :, 5] = 0, 0, 6.4
    tall.truth[:, :, 0, 1], tall.truth[:, :, 5] = 1.7, (0, 0, 6.4)
    views = seen_by_cameras(np.random.default_rng(1), tall)
    assert views.truth[..., 2].min() == pytest.approx(0.7)
    assert views.pictured[..., 2].min() == pytest.approx(0.7)
