import numpy as np
import pytest
from formats.people import squatting

from neuropose_ray.errors import InputError
from neuropose_ray.formats.imported import poses_of_trajectories
from neuropose_ray.formats.person import person_at_even_rate
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.formats.trc_reader import read_trc
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


def imported(path):
    return poses_of_trajectories(read_trc(path), up="y", name=path.name)


def named(*names, frames=2):
    positions = np.arange(frames * len(names) * 3.0).reshape(frames, len(names), 3)
    return Trajectories(names, 100.0, 0.0, positions)


def test_landmarks_are_found_by_the_names_that_laboratories_use(test_data):
    _, pose2sim = imported(test_data / "pose2sim_single" / "balancing_0-100.trc")
    assert len(pose2sim.skeleton.landmarks) == 16
    assert (pose2sim.skeleton.landmarks["left_toe"], pose2sim.skeleton.landmarks["right_hip"]) == ("LBigToe", "RHip")
    _, opencap = imported(test_data / "opencap" / "default_markers.trc")
    assert (opencap.skeleton.landmarks["right_knee"], opencap.skeleton.landmarks["left_heel"]) == ("r_knee", "L_calc")
    assert len(opencap.metadata.notes) == 1


def test_a_joint_between_two_markers_is_their_middle(test_data):
    table, header = imported(test_data / "opencap" / "default_markers.trc")
    joints = [header.skeleton.joint_names.index(name) for name in ("R_elbow_lat", "R_elbow_med", "right_elbow")]
    lateral, medial, elbow = table.poses.poses3d[:, joints].transpose(1, 0, 2)
    np.testing.assert_allclose(elbow, (lateral + medial) / 2, atol=1e-3)
    assert header.skeleton.landmarks["right_elbow"] == "right_elbow"


def test_a_walk_without_hips_gets_them_from_its_pelvis_and_says_so(test_data):
    table, header = imported(test_data / "gait" / "motion_capture_walk.trc")
    assert header.skeleton.missing_landmarks == ()
    assert "The hips are computed from the markers on the pelvis (Harrington 2007), within about 15 mm." in (
        header.metadata.notes
    )
    hip, knee = (table.poses.poses3d[:, header.skeleton.index(f"right_{part}")] for part in ("hip", "knee"))
    thigh = np.linalg.norm(hip - knee, axis=-1)
    assert 350 < np.median(thigh) < 480
    assert thigh.std() < 15


def test_a_subjects_prefix_changes_no_number_and_no_name(test_data):
    prefixed, described = imported(test_data / "field" / "subject_prefix.trc")
    plain, expected = imported(test_data / "opencap" / "default_markers.trc")
    assert described.skeleton == expected.skeleton
    np.testing.assert_array_equal(prefixed.poses.poses3d, plain.poses.poses3d[: len(prefixed.poses)])


def test_several_subjects_are_several_tracks():
    table, header = poses_of_trajectories(
        named("Anna:RKNE", "Anna:RANK", "Ben:RKNE", "Ben:RANK", "plate:corner"), up="y", name="two.c3d"
    )
    assert header.skeleton.joint_names == ("RKNE", "RANK")
    assert (table.poses.frame.tolist(), table.track_ids.tolist()) == ([0, 0, 1, 1], [0, 1, 0, 1])
    np.testing.assert_array_equal(table.poses.poses3d[1], [[6, -7, -8], [9, -10, -11]])
    assert "The file has 2 subjects: Anna is track 0, Ben is track 1." in header.metadata.notes
    assert "1 points belong to no subject with joints and are left out." in header.metadata.notes


def test_one_subject_among_loose_points_keeps_them_all():
    _, header = poses_of_trajectories(named("Anna:RKNE", "RKNE", "wand"), up="y", name="a.c3d")
    assert set(header.skeleton.joint_names) == {"RKNE", "wand"}
    _, header = poses_of_trajectories(named("Anna:RKNE", "wand"), up="y", name="a.c3d")
    assert header.skeleton.joint_names == ("RKNE", "wand")


def test_what_is_not_recognised_is_said():
    _, header = poses_of_trajectories(named("RKNE", "LKNE", "Marker_1"), up="y", name="a.c3d")
    assert header.metadata.notes[-1].startswith("Not recognised among the points: right hip, left hip, right ankle, ")


def test_a_unit_that_makes_giants_is_doubted():
    points = Trajectories(("RKNE", "LKNE"), 100.0, 0.0, np.array([[[0.0, 0, 0], [0, 500_000, 0]]]))
    _, header = poses_of_trajectories(points, up="y", name="a.trc")
    assert header.metadata.notes[-1] == "The points lie 500 m apart: is the unit right that the file states?"


def test_a_known_skeleton_is_recognised():
    _, header = poses_of_trajectories(named(*BLAZEPOSE_33.joint_names), up="y", name="a.trc")
    assert header.skeleton == BLAZEPOSE_33


def test_points_of_a_picture_are_refused():
    with pytest.raises(InputError, match=r"^a\.trc: points of a picture are not 3D"):
        poses_of_trajectories(Trajectories(("a",), 1.0, 0.0, np.zeros((1, 1, 3)), units="px"), up="y", name="a.trc")
