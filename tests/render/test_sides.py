import pytest

from neuropose_ray.render.sides import Side, edge_sides, joint_sides
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS


@pytest.mark.parametrize("skeleton", KNOWN_SKELETONS.values(), ids=KNOWN_SKELETONS)
def test_landmarks_are_on_the_side_that_their_names_say(skeleton):
    sides = joint_sides(skeleton)
    for landmark in skeleton.landmarks:
        expected = Side.LEFT if landmark.startswith("left") else Side.RIGHT
        assert sides[skeleton.index(landmark)] is expected, landmark


@pytest.mark.parametrize(
    ("skeleton", "middle"),
    [
        ("blazepose_33", {"nose"}),
        ("berkeley_mhad_43", {"head", "backl", "backt", "bell", "chest"}),
        ("smpl_24", {"pelv", "spi1", "spi2", "spi3", "neck", "head"}),
        ("coco_19", {"neck", "nose", "pelv"}),
        ("h36m_17", {"pelv", "spin", "neck", "head", "htop"}),
    ],
)
def test_what_has_no_counterpart_is_in_the_middle(skeleton, middle):
    skeleton = KNOWN_SKELETONS[skeleton]
    names = {
        name for name, side in zip(skeleton.joint_names, joint_sides(skeleton), strict=True) if side is Side.MIDDLE
    }
    assert names == middle


def test_other_spellings_are_understood_and_a_mere_first_letter_is_not():
    names = ("LKnee", "RKnee", "hip_l", "hip_r", "LeftHand", "RightHand", "larynx", "lumbar")
    L, R, M = Side.LEFT, Side.RIGHT, Side.MIDDLE
    assert joint_sides(Skeleton(name="other", joint_names=names)) == (L, R, L, R, L, R, M, M)


def test_an_edge_has_the_side_of_its_ends_and_one_across_has_none():
    names = ("left_hip", "right_hip", "left_knee", "pelvis")
    skeleton = Skeleton(name="hips", joint_names=names, edges=((0, 1), (0, 2), (3, 1)))
    assert edge_sides(skeleton) == (Side.MIDDLE, Side.LEFT, Side.RIGHT)
