import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.skeleton import Skeleton

LEG = Skeleton(name="leg", joint_names=("hip", "kne", "ank"), edges=((0, 1), (1, 2)), landmarks={"left_knee": "kne"})


def test_a_joint_is_found_by_its_own_name_and_by_its_landmark():
    assert LEG.index("kne") == LEG.index("left_knee") == 1


def test_an_unknown_joint_is_refused_with_the_names_that_there_are():
    with pytest.raises(KeyError, match=r"unknown joint name 'toe'; leg has hip, kne, ank"):
        LEG.index("toe")


def test_has_tells_whether_all_names_are_there():
    assert LEG.has("hip", "left_knee")
    assert not LEG.has("hip", "right_knee")


def test_the_length_is_the_number_of_joints():
    assert len(LEG) == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"joint_names": ()}, "distinct joint names"),
        ({"joint_names": ("hip", "hip")}, "distinct joint names"),
        ({"joint_names": ("hip",), "edges": ((0, 1),)}, "edge to a joint"),
        ({"joint_names": ("hip",), "landmarks": {"left_hip": "pelvis"}}, "unknown landmarks: left_hip=pelvis"),
        ({"joint_names": ("hip",), "landmarks": {"left_tail": "hip"}}, "unknown landmarks: left_tail=hip"),
    ],
)
def test_an_inconsistent_skeleton_is_refused(fields, message):
    with pytest.raises(ValidationError, match=message):
        Skeleton(name="bad", **fields)
