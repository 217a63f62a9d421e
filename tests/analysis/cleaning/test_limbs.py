import pytest

from neuropose_ray.analysis.cleaning.limbs import limb_pairs
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33, KNOWN_SKELETONS


def named(skeleton, pairs):
    return {(skeleton.joint_names[right], skeleton.joint_names[left]) for right, left in pairs}


def test_fingers_go_with_the_wrist_and_the_face_with_nothing():
    legs, arms = limb_pairs(BLAZEPOSE_33)
    assert named(BLAZEPOSE_33, legs.roots) == {("right_hip", "left_hip")}
    assert named(BLAZEPOSE_33, legs.swinging) == {
        (f"right_{part}", f"left_{part}") for part in ("knee", "ankle", "heel", "foot_index")
    }
    assert named(BLAZEPOSE_33, arms.roots) == {("right_shoulder", "left_shoulder")}
    assert named(BLAZEPOSE_33, arms.swinging) == {
        (f"right_{part}", f"left_{part}") for part in ("elbow", "wrist", "pinky", "index", "thumb")
    }


def test_markers_go_with_the_nearest_landmark():
    legs, arms = limb_pairs(BERKELEY_MHAD_43)
    assert {("rleg", "lleg"), ("rkne", "lkne"), ("rfoo", "lfoo")} <= named(BERKELEY_MHAD_43, legs.swinging)
    assert {("rhipl", "lhipl"), ("rhipf", "lhipf")} <= named(BERKELEY_MHAD_43, legs.roots)
    assert {("rhan1", "lhan1"), ("relb", "lelb")} <= named(BERKELEY_MHAD_43, arms.swinging)


@pytest.mark.parametrize("skeleton", [*KNOWN_SKELETONS.values(), PHANTOM_SKELETON], ids=lambda one: one.name)
def test_no_joint_is_in_two_places(skeleton):
    joints = [joint for limb in limb_pairs(skeleton) for pair in limb.roots + limb.swinging for joint in pair]
    assert len(joints) == len(set(joints)) >= 12


def test_a_skeleton_without_landmarks_has_no_limbs():
    assert limb_pairs(Skeleton(name="numbered", joint_names=("a", "b"))) == ()
