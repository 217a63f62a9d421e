import pytest

from neuropose_ray.schemas.skeleton import LANDMARKS
from neuropose_ray.schemas.skeletons import (
    BERKELEY_MHAD_43,
    BLAZEPOSE_33,
    KNOWN_SKELETONS,
    known_skeleton,
    skeleton_for_joint_count,
)

every_skeleton = pytest.mark.parametrize("skeleton", KNOWN_SKELETONS.values(), ids=KNOWN_SKELETONS)
SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}


def mirrored(name, names):
    """The joint on the other side of the body, the joint itself on the midline."""
    for side, other in SIDES.items():
        for twin in (name.replace(side, other, 1) if name.startswith(side) else name,
                     name.removesuffix(side) + other if name.endswith(f"_{side}") else name):  # fmt: skip
            if twin != name and twin in names:
                return twin
    return name


@every_skeleton
def test_the_number_in_the_name_is_the_number_of_joints(skeleton):
    assert skeleton.name.endswith(f"_{len(skeleton)}")


@every_skeleton
def test_left_and_right_mirror_each_other(skeleton):
    names = skeleton.joint_names
    edges = {frozenset(names[joint] for joint in edge) for edge in skeleton.edges}
    assert {frozenset(mirrored(name, names) for name in edge) for edge in edges} == edges
    assert len(edges) == len(skeleton.edges)
    sided = {name for name in names if mirrored(name, names) != name}
    assert all(mirrored(mirrored(name, names), names) == name for name in sided)
    assert len(sided) >= len(names) // 2


@every_skeleton
def test_landmarks_come_in_pairs_that_mirror_each_other(skeleton):
    for landmark, joint in skeleton.landmarks.items():
        side, part = landmark.split("_")
        assert skeleton.landmarks[f"{SIDES[side]}_{part}"] == mirrored(joint, skeleton.joint_names) != joint


@every_skeleton
def test_the_limbs_have_landmarks(skeleton):
    limbs = [name for name in LANDMARKS if not name.endswith(("heel", "toe"))]
    assert skeleton.has(*limbs)


@pytest.mark.parametrize(("name", "edges"), [
    ("blazepose_33", 35), ("berkeley_mhad_43", 42), ("smpl_24", 23), ("coco_19", 18), ("h36m_17", 16),
])  # fmt: skip
def test_the_number_of_edges_is_the_published_one(name, edges):
    assert len(known_skeleton(name).edges) == edges


def test_mediapipes_numbers_hold():
    numbers = {"nose": 0, "mouth_left": 9, "left_shoulder": 11, "right_wrist": 16, "right_thumb": 22,
               "left_hip": 23, "right_ankle": 28, "left_heel": 29, "right_toe": 32}  # fmt: skip
    assert {name: BLAZEPOSE_33.index(name) for name in numbers} == numbers


def test_neuroposes_numbers_hold():
    numbers = {"head": 0, "lelb": 14, "relb": 22, "left_hip": 29, "lhee": 33, "lfoo": 34, "rhee": 41, "right_toe": 42}
    assert {name: BERKELEY_MHAD_43.index(name) for name in numbers} == numbers


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(KeyError, match=r"unknown skeleton 'dog_4'; known are blazepose_33, berkeley"):
        known_skeleton("dog_4")


def test_a_count_that_one_skeleton_alone_has_gives_that_skeleton():
    assert [skeleton_for_joint_count(n).name for n in (24, 33, 43)] == ["smpl_24", "blazepose_33", "berkeley_mhad_43"]


def test_an_ambiguous_count_gives_numbered_joints_without_meaning():
    skeleton = skeleton_for_joint_count(17)
    assert (skeleton.name, len(skeleton), skeleton.joint_names[16]) == ("unnamed_17", 17, "joint_16")
    assert not skeleton.edges
    assert not skeleton.landmarks
