import numpy as np
import pytest
from analysis.body.bodies import LANDMARK_SKELETON, performed

from neuropose_ray.analysis.body.segments import body_segments, missing_joints
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS


@pytest.fixture(scope="module")
def squat():
    return performed(Squatting(), seconds=2.0)


def as_skeleton(motion, skeleton):
    """The same person in another skeleton; joints without a landmark lie where the phantom's nose is."""
    places = {joint: motion.joint(landmark) for landmark, joint in skeleton.landmarks.items()}
    joints = [places.get(name, motion.joint("nose")) for name in skeleton.joint_names]
    positions = np.stack(joints, axis=1)
    return Motion("other", skeleton, motion.timestamps_s, positions, np.ones(positions.shape[:2]))


@pytest.mark.parametrize("skeleton", KNOWN_SKELETONS.values(), ids=lambda skeleton: skeleton.name)
def test_every_known_skeleton_has_all_segments_and_all_of_the_mass(squat, skeleton):
    segments = body_segments(as_skeleton(squat, skeleton), "mean")
    assert len(segments.parts) == 14
    assert sum(part.inertia.mass for part in segments.parts) == pytest.approx(1)
    assert all(np.isfinite(part.centre).all() for part in segments.parts)
    lacks_toes = not skeleton.has("left_toe")
    assert any("foot" in sentence for sentence in segments.stand_ins) == (lacks_toes or not skeleton.has("left_heel"))


def test_without_a_head_it_is_put_over_the_trunk_and_that_is_said(squat):
    positions = np.stack([squat.joint(name) for name in LANDMARKS], axis=1)
    bare = Motion("bare", LANDMARK_SKELETON, squat.timestamps_s, positions, np.ones(positions.shape[:2]))
    with_head, without = (body_segments(motion, "mean") for motion in (squat, bare))
    assert with_head.stand_ins == ()
    assert without.stand_ins == ("the head is taken to be in line with the trunk",)
    away = np.linalg.norm(with_head.parts[1].centre - without.parts[1].centre, axis=1)
    assert away.max() < 0.12  # 7 % of the mass: the centre of mass is off by 8 mm at most


@pytest.mark.parametrize("part", ["wrist", "ankle", "hip", "shoulder"])
def test_a_skeleton_without_a_large_joint_says_which_it_lacks(squat, part):
    left = [name for name in LANDMARKS if not name.endswith(part)]
    skeleton = Skeleton(name="less", joint_names=tuple(left), landmarks={name: name for name in left})
    assert missing_joints(skeleton) == (f"right_{part}", f"left_{part}")
    positions = np.stack([squat.joint(name) for name in left], axis=1)
    with pytest.raises(InputError, match=part):
        body_segments(Motion("less", skeleton, squat.timestamps_s, positions, np.ones(positions.shape[:2])), "mean")


def test_an_arm_that_is_hidden_in_many_frames_leaves_its_mass_at_the_shoulder_and_that_is_said(squat):
    positions = squat.positions.copy()
    positions[: len(squat) // 2, squat.skeleton.index("left_wrist")] = np.nan
    motion = Motion("hidden", squat.skeleton, squat.timestamps_s, positions, squat.joint_scores)
    segments = body_segments(motion, "mean")
    assert segments.stand_ins == (
        "the left arm is hidden in many frames, and its mass is taken to be at the shoulder",
    )
    assert sum(part.inertia.mass for part in segments.parts) == pytest.approx(1)
    centres = {part.name: part.centre for part in segments.parts}
    for name in ("left_upper_arm", "left_forearm", "left_hand"):
        np.testing.assert_array_equal(centres[name], squat.joint("left_shoulder") / 1000)
    whole = body_segments(squat, "mean")
    centre, other = (sum(part.inertia.mass * part.centre for part in one.parts) for one in (segments, whole))
    assert np.linalg.norm(centre - other, axis=1).max() < 0.03


def test_feet_that_are_hidden_are_at_their_ankles(squat):
    positions = squat.positions.copy()
    positions[:, squat.skeleton.index("right_heel")] = np.nan
    motion = Motion("hidden", squat.skeleton, squat.timestamps_s, positions, squat.joint_scores)
    segments = body_segments(motion, "mean")
    assert segments.stand_ins == (
        "the right foot is hidden in many frames, and its mass is taken to be at the ankle",
    )
    (foot,) = (part for part in segments.parts if part.name == "right_foot")
    np.testing.assert_array_equal(foot.centre, squat.joint("right_ankle") / 1000)


def test_a_frame_without_a_joint_has_no_centre(squat):
    positions = squat.positions.copy()
    positions[3, squat.skeleton.index("left_wrist")] = np.nan
    motion = Motion("gap", squat.skeleton, squat.timestamps_s, positions, squat.joint_scores)
    centre = sum(part.inertia.mass * part.centre for part in body_segments(motion, "mean").parts)
    assert np.flatnonzero(np.isnan(centre).any(1)).tolist() == [3]
