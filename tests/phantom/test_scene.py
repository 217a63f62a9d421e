"""The truth of a scene agrees with its camera."""

import numpy as np
import pytest

from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene, demo_scene

TIMES = np.arange(20) / 10


def index(name):
    return PHANTOM_SKELETON.index(name)


@pytest.mark.parametrize("view_deg", range(0, 360, 60))
def test_pixels_are_the_cameras_projection_of_the_camera_frame(view_deg):
    scene = Scene((Person(Squatting()), Person(Walking(), place_mm=(-500, 900))), PhantomCamera(view_deg=view_deg))
    truth = scene.truth(TIMES, 1280, 720)
    for person in truth.persons:
        np.testing.assert_allclose(person.joints2d_px, truth.camera.project(person.joints3d_mm), atol=1e-9)
        back = np.einsum("fji,fkj->fki", truth.camera_rotations, person.joints3d_mm)
        np.testing.assert_allclose(back + truth.camera_positions_mm[:, None], person.joints_world_mm, atol=1e-6)


def test_camera_axes_are_a_right_handed_rotation_with_y_down():
    truth = Scene((Person(Squatting()),), PhantomCamera(view_deg=33)).truth(TIMES, 640, 480)
    np.testing.assert_allclose(np.linalg.det(truth.camera_rotations), 1)
    person = truth.persons[0].joints3d_mm
    assert (person[:, index("nose"), 1] < person[:, index("right_ankle"), 1]).all()
    assert (person[..., 2] > 1000).all()


def test_from_the_front_the_persons_right_is_on_the_left_of_the_picture():
    truth = Scene((Person(Squatting()),), PhantomCamera(view_deg=0)).truth(TIMES, 640, 480).persons[0]
    assert (truth.joints2d_px[:, index("right_shoulder"), 0] < truth.joints2d_px[:, index("left_shoulder"), 0]).all()
    assert (truth.joints3d_mm[:, index("nose"), 2] < truth.joints3d_mm[:, index("right_ear"), 2]).all()


@pytest.mark.parametrize(("view_deg", "near", "far"), [(90, "left", "right"), (270, "right", "left")])
def test_side_views_show_the_side_they_name(view_deg, near, far):
    truth = Scene((Person(Squatting()),), PhantomCamera(view_deg=view_deg)).truth(TIMES, 640, 480).persons[0]
    assert (truth.joints3d_mm[:, index(f"{near}_hip"), 2] < truth.joints3d_mm[:, index(f"{far}_hip"), 2]).all()


def test_turning_the_person_is_turning_the_camera_the_other_way():
    turned = Scene((Person(Reaching(), heading_deg=50),), PhantomCamera(view_deg=50)).truth(TIMES, 640, 480)
    straight = Scene((Person(Reaching()),), PhantomCamera(view_deg=0)).truth(TIMES, 640, 480)
    np.testing.assert_allclose(turned.persons[0].joints3d_mm, straight.persons[0].joints3d_mm, atol=1e-6)


def test_place_and_heading_move_the_body_but_change_no_joint_angle():
    here = Scene((Person(Walking()),)).truth(TIMES, 640, 480).persons[0]
    there = Scene((Person(Walking(), place_mm=(400, -700), heading_deg=90),)).truth(TIMES, 640, 480).persons[0]
    for name, values in here.angles_deg.items():
        expected = values + 90 if name == "pelvis_heading" else values
        np.testing.assert_allclose(there.angles_deg[name], expected, atol=1e-9)
    start = here.joints_world_mm[0]
    moved = np.stack([start[:, 2] + 400, start[:, 1], -start[:, 0] - 700], axis=-1)
    np.testing.assert_allclose(there.joints_world_mm[0], moved, atol=1e-6)
    assert there.events == here.events


def test_a_moving_camera_sees_a_still_foot_move_but_the_world_does_not():
    camera = PhantomCamera(pan_deg_per_s=3, velocity_mm_per_s=(0, 0, 200))
    truth = Scene((Person(Squatting()),), camera).truth(TIMES, 640, 480).persons[0]
    heel = index("right_heel")
    assert np.ptp(truth.joints_world_mm[:, heel], axis=0).max() < 1e-6
    assert np.ptp(truth.joints2d_px[:, heel, 0]) > 20


def test_panning_to_the_left_moves_the_person_to_the_right():
    truth = Scene((Person(Squatting()),), PhantomCamera(pan_deg_per_s=3)).truth(TIMES, 640, 480).persons[0]
    assert (np.diff(truth.joints2d_px[:, index("right_heel"), 0]) > 0).all()


def test_the_demos_person_is_whole_in_the_picture():
    for width, height in ((1280, 720), (720, 1280)):
        pixels = demo_scene().truth(np.arange(0, 10, 0.1), width, height).persons[0].joints2d_px
        assert (pixels > 10).all()
        assert (pixels < [width - 10, height - 10]).all()
