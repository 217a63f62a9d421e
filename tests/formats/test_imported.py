import numpy as np
import pytest
from formats.people import squatting

from neuropose_ray.errors import InputError
from neuropose_ray.formats.imported import poses_of_trajectories, skeleton_of_points
from neuropose_ray.formats.person import person_at_even_rate
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.trc import read_trc
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


def test_what_was_exported_comes_back_in_camera_axes():
    table, header = squatting(frames=5, missing=[2])
    points = person_at_even_rate(table, header, track=None, where="squat").space()
    read, described = poses_of_trajectories(points, up="y", name="squat.trc")
    np.testing.assert_array_equal(read.poses.poses3d, table.poses.poses3d)
    np.testing.assert_array_equal(read.poses.frame, table.poses.frame)
    np.testing.assert_allclose(read.timestamps_s, table.timestamps_s)
    assert described.skeleton.joint_names == header.skeleton.joint_names
    assert (described.metadata.fps, described.metadata.frame_count) == (30, 5)
    assert described.skeleton.landmarks == header.skeleton.landmarks


def test_a_laboratorys_up_becomes_minus_y():
    points = Trajectories(("head",), 100.0, 0.0, np.array([[[0.0, 0, 1700]]]))
    table, _ = poses_of_trajectories(points, up="z", name="lab.c3d")
    np.testing.assert_allclose(table.poses.poses3d[0, 0], [0, -1700, 0])


def test_landmarks_are_found_by_the_names_that_laboratories_use(test_data):
    pose2sim = skeleton_of_points(read_trc(test_data / "pose2sim_single" / "balancing_0-100.trc").names)
    assert len(pose2sim.landmarks) == 16
    assert (pose2sim.landmarks["left_toe"], pose2sim.landmarks["right_hip"]) == ("LBigToe", "RHip")
    opencap = skeleton_of_points(read_trc(test_data / "opencap" / "default_markers.trc").names)
    assert (opencap.landmarks["right_knee"], opencap.landmarks["left_heel"]) == ("r_knee", "L_calc")


def test_a_known_skeleton_is_recognised():
    assert skeleton_of_points(BLAZEPOSE_33.joint_names) == BLAZEPOSE_33


def test_points_of_a_picture_are_refused():
    with pytest.raises(InputError, match=r"^a\.trc: points of a picture are not 3D"):
        poses_of_trajectories(Trajectories(("a",), 1.0, 0.0, np.zeros((1, 1, 3)), units="px"), up="y", name="a.trc")
