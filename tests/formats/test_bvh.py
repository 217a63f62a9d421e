"""What a reader of the format's own computes from the written file."""

import bvhio
import numpy as np
import pytest

from neuropose_ray.errors import InputError
from neuropose_ray.formats.bvh import write_bvh
from neuropose_ray.phantom.body import ADULT, PHANTOM_SKELETON, forward_kinematics
from neuropose_ray.phantom.motions import Reaching, Squatting
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import H36M_17

LIMBS = [f"{side}_{part}" for side in ("left", "right") for part in ("hip", "knee", "shoulder", "elbow")]
ENDS = {
    "left_elbow": "left_wrist",
    "right_elbow": "right_wrist",
    "left_ankle": "left_toe",
    "right_ankle": "right_toe",
}


def reaching(frames=12):
    """A phantom's joints, y up: bones of constant length, arms that are lifted."""
    return forward_kinematics(ADULT, Reaching().perform(ADULT, np.arange(frames) / 10).posture).joints_mm


def read(path):
    """Where the file's joints and end sites are, in mm, by name; and its frames per second."""
    document = bvhio.readAsBvh(str(path))
    root = bvhio.convertBvhToHierarchy(document.Root)
    lengths = {joint.Name: np.linalg.norm(joint.EndSite) for joint, _, _ in document.Root.layout()}
    places = {}
    for frame in range(document.FrameCount):
        root.loadPose(frame)
        for joint, _, _ in root.layout():
            place = np.array(joint.PositionWorld)
            places.setdefault(joint.Name, []).append(place * 10)
            if joint.Name in ENDS:
                # The library turns every joint so that its y axis is the bone.
                end = place + np.array(joint.UpWorld) * lengths[joint.Name]
                places.setdefault(ENDS[joint.Name], []).append(end * 10)
    return {name: np.array(rows) for name, rows in places.items()}, 1 / document.FrameTime


def landmark(positions, name):
    return positions[:, PHANTOM_SKELETON.index(name)]


def test_forward_kinematics_of_the_file_gives_every_joint_of_a_body_with_constant_bones(tmp_path):
    positions = reaching()
    summary = write_bvh(tmp_path / "a.bvh", PHANTOM_SKELETON, 10.0, positions)
    places, rate = read(tmp_path / "a.bvh")
    assert rate == pytest.approx(10)
    for name in (*LIMBS, "left_ankle", "right_ankle", *ENDS.values()):
        np.testing.assert_allclose(places[name], landmark(positions, name), atol=0.02, err_msg=name)
    middle = (landmark(positions, "left_hip") + landmark(positions, "right_hip")) / 2
    np.testing.assert_allclose(places["hips"], middle, atol=0.02)
    assert (summary.held_frames, summary.median_error_mm) == (0, pytest.approx(0, abs=1e-6))


def test_bones_that_change_their_length_keep_their_direction_and_the_error_is_told(tmp_path):
    positions = reaching()
    stretch = np.linspace(0.9, 1.1, len(positions))[:, None]
    for side in ("left", "right"):
        knee, ankle = (landmark(positions, f"{side}_{part}").copy() for part in ("knee", "ankle"))
        moved = knee + stretch * (ankle - knee) - ankle
        for part in ("ankle", "heel", "toe"):
            positions[:, PHANTOM_SKELETON.index(f"{side}_{part}")] += moved
    summary = write_bvh(tmp_path / "a.bvh", PHANTOM_SKELETON, 10.0, positions)
    places, _ = read(tmp_path / "a.bvh")
    for start, end in (
        ("hip", "knee"),
        ("knee", "ankle"),
        ("ankle", "toe"),
        ("shoulder", "elbow"),
        ("elbow", "wrist"),
    ):
        written = places[f"left_{end}"] - places[f"left_{start}"]
        measured = landmark(positions, f"left_{end}") - landmark(positions, f"left_{start}")
        cosine = (written * measured).sum(-1) / np.linalg.norm(written, axis=-1) / np.linalg.norm(measured, axis=-1)
        np.testing.assert_allclose(cosine, 1, atol=1e-6)
    found = np.linalg.norm(places["left_ankle"] - landmark(positions, "left_ankle"), axis=-1).max()
    assert summary.largest_error_mm == pytest.approx(found, abs=0.1)
    assert found > 30


def test_a_frame_with_a_missing_joint_repeats_the_one_before_and_the_first_ones_the_first_whole_one(tmp_path):
    positions = reaching(6)
    positions[[0, 3], PHANTOM_SKELETON.index("left_wrist")] = np.nan
    summary = write_bvh(tmp_path / "a.bvh", PHANTOM_SKELETON, 10.0, positions)
    lines = (tmp_path / "a.bvh").read_text().splitlines()[-6:]
    assert summary.held_frames == 2
    assert [lines[0] == lines[1], lines[1] == lines[2], lines[2] == lines[3], lines[3] == lines[4]] == [
        True, False, True, False,
    ]  # fmt: skip


def test_turning_round_has_no_jump_by_360_degrees(tmp_path):
    squat = Squatting().perform(ADULT, np.zeros(60)).posture
    squat.angles_deg["pelvis_heading"][:] = np.linspace(0, 700, 60)
    positions = forward_kinematics(ADULT, squat).joints_mm
    write_bvh(tmp_path / "a.bvh", PHANTOM_SKELETON, 30.0, positions)
    rows = np.array([line.split() for line in (tmp_path / "a.bvh").read_text().splitlines()[-60:]], np.float64)
    assert np.abs(np.diff(rows[:, 3:], axis=0)).max() < 20
    assert np.ptp(rows[:, 5]) == pytest.approx(700, abs=10)


def test_a_skeleton_without_toes_and_ears_ends_at_ankles_and_shoulders(tmp_path):
    positions = np.random.default_rng(0).normal(size=(3, 17, 3))
    write_bvh(tmp_path / "a.bvh", H36M_17, 30.0, positions)
    names = [joint.Name for joint, _, _ in bvhio.readAsBvh(str(tmp_path / "a.bvh")).Root.layout()]
    assert "neck" not in names
    assert "left_ankle" not in names
    assert set(LIMBS) <= set(names)


def test_what_cannot_be_a_motion_is_one_line(tmp_path):
    arm = Skeleton(name="arm", joint_names=("left_wrist",), landmarks={"left_wrist": "left_wrist"})
    with pytest.raises(InputError, match="the skeleton arm has no left_hip, "):
        write_bvh(tmp_path / "a.bvh", arm, 30.0, np.zeros((1, 1, 3)))
    with pytest.raises(InputError, match="no frame in which all joints are known"):
        write_bvh(tmp_path / "a.bvh", PHANTOM_SKELETON, 30.0, np.full((2, 21, 3), np.nan))
    assert list(tmp_path.iterdir()) == []
