"""Up, forward and right are those of the person, before any camera."""

from dataclasses import replace

import numpy as np
import pytest

from neuropose_ray.analysis.gait.heading import pelvis_mm, walking_directions
from neuropose_ray.analysis.gait.settings import GaitSettings
from neuropose_ray.phantom.motions import Reaching, Squatting
from neuropose_ray.phantom.rotations import rotate
from neuropose_ray.phantom.scene import PhantomCamera

SETTINGS = GaitSettings()


def degrees_between(one, other):
    cosine = (one * other).sum(-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(other, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def seen(camera, world_direction):
    rotations, _ = PhantomCamera(**camera).extrinsics(np.zeros(1))
    return rotate(rotations[0], np.array(world_direction, float))


@pytest.mark.parametrize(
    "camera", [{}, {"view_deg": 130}, {"view_deg": 90, "height_mm": 700}, {"height_mm": 2500}], ids=str
)
def test_forward_is_where_the_pelvis_travels_to(perform, camera):
    motion, _ = perform(**camera)
    directions = walking_directions(motion, SETTINGS)
    assert directions.travelling.all()
    assert not directions.backwards.any()
    assert degrees_between(directions.forward, seen(camera, [1, 0, 0])).max() < 3
    assert degrees_between(directions.right, seen(camera, [0, 0, 1])).max() < 5


def test_up_is_square_to_the_way_that_was_walked_though_the_camera_looks_down(perform):
    camera = {"height_mm": 2500}
    motion, _ = perform(**camera)
    up = seen(camera, [0, 1, 0])
    assert degrees_between(np.array([0, -1, 0]), up) > 20
    assert degrees_between(walking_directions(motion, SETTINGS).up, up) < 1


@pytest.mark.parametrize("movement", [Squatting(), Reaching()], ids=lambda one: type(one).__name__)
def test_up_is_as_given_where_the_feet_stand_still(perform, movement):
    motion, _ = perform(movement)
    np.testing.assert_allclose(walking_directions(motion, SETTINGS).up, [0, -1, 0], atol=1e-6)


@pytest.mark.parametrize("heading_deg", [0, 90, 200])
def test_somebody_who_stays_in_place_faces_forward(perform, heading_deg):
    motion, _ = perform(Reaching(), heading_deg=heading_deg)
    directions = walking_directions(motion, SETTINGS)
    assert not directions.travelling.any()
    angle = np.radians(heading_deg)
    forward = seen({}, [np.cos(angle), 0, -np.sin(angle)])
    assert degrees_between(directions.forward, forward).max() < 6  # up is the camera's, 4.5 degrees off


def test_walking_backwards_is_noticed_and_right_stays_right(walk):
    motion, _ = walk
    backwards = replace(motion, positions=motion.positions[::-1])
    directions = walking_directions(backwards, SETTINGS)
    assert directions.backwards.all()
    assert degrees_between(directions.right, walking_directions(motion, SETTINGS).right[::-1]).max() < 1e-6


def test_turning_is_followed(walk):
    motion, _ = walk
    slow_turn = motion.timestamps_s * np.pi / 10
    cos, sin = np.cos(slow_turn), np.sin(slow_turn)
    pelvis = np.stack([2e4 * cos, 0 * cos, 2e4 * sin], 1)
    moved = replace(motion, positions=motion.positions - pelvis_mm(motion)[:, None] + pelvis[:, None])
    directions = walking_directions(moved, SETTINGS)
    inner = slice(30, -30)  # whole windows on both sides
    assert degrees_between(directions.forward, np.stack([-sin, 0 * sin, cos], 1))[inner].max() < 0.5


def test_frames_without_a_person_keep_the_heading_of_their_window_and_long_gaps_have_none(walk):
    motion, _ = walk
    positions = motion.positions.copy()
    positions[60:70] = np.nan
    positions[150:290] = np.nan
    directions = walking_directions(replace(motion, positions=positions), SETTINGS)
    assert np.isfinite(directions.forward[60:70]).all()
    assert np.isnan(directions.forward[200:240]).all()
    assert np.isfinite(directions.forward[290:]).all()


def test_up_must_be_a_direction():
    with pytest.raises(ValueError, match="up must not be zero"):
        GaitSettings(up=(0, 0, 0))
