import pytest
from pydantic import TypeAdapter, ValidationError

from neuropose_ray.analysis.runs.signals import Signal, resolve_signal
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.segmentation import JointAngle, JointAxis, JointPairDistance, JointSpeed
from neuropose_ray.schemas.skeletons import known_skeleton

BERKELEY, BLAZEPOSE = known_skeleton("berkeley_mhad_43"), known_skeleton("blazepose_33")


def signal(**fields):
    return TypeAdapter(Signal).validate_python(fields)


@pytest.mark.parametrize(("fields", "expected"), [
    ({"kind": "joint_axis", "joint": "rhee", "axis": "y"}, JointAxis(joint=41, axis=1)),
    ({"kind": "joint_axis", "joint": 41, "axis": 1, "invert": True}, JointAxis(joint=41, axis=1, invert=True)),
    ({"kind": "joint_pair_distance", "joints": ["left_wrist", 0]}, JointPairDistance(joints=(15, 0))),
    ({"kind": "joint_speed", "joint": "head"}, JointSpeed(joint=0)),
    ({"kind": "joint_angle", "triplet": ["lhipl", "left_knee", "lank"]}, JointAngle(triplet=(29, 31, 32))),
])  # fmt: skip
def test_joints_go_by_name_landmark_or_place(fields, expected):
    assert resolve_signal(signal(**fields), BERKELEY) == expected


def test_neuroposes_name_of_a_heel_is_known_to_every_skeleton():
    assert resolve_signal(signal(kind="joint_speed", joint="rhee"), BLAZEPOSE) == JointSpeed(joint=30)


@pytest.mark.parametrize(("fields", "message"), [
    ({"kind": "joint_speed", "joint": "tail"}, "unknown joint name 'tail'; blazepose_33 has nose"),
    ({"kind": "joint_speed", "joint": 33}, "there is no joint 33; blazepose_33 has 33 joints, from 0"),
    ({"kind": "joint_pair_distance", "joints": ["right_toe", 32]}, "to itself"),
])  # fmt: skip
def test_a_joint_that_is_not_there_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        resolve_signal(signal(**fields), BLAZEPOSE)


@pytest.mark.parametrize("fields", [
    {"kind": "joint_axis", "joint": -1, "axis": "y"},
    {"kind": "joint_axis", "joint": "", "axis": "y"},
    {"kind": "joint_axis", "joint": True, "axis": "y"},
    {"kind": "joint_axis", "joint": 1, "axis": "w"},
    {"kind": "joint_axis", "joint": 1, "axis": 3},
    {"kind": "joint_angle", "triplet": [1, 2]},
    {"kind": "joint_colour", "joint": 1},
])  # fmt: skip
def test_what_is_no_signal_is_refused(fields):
    with pytest.raises(ValidationError):
        signal(**fields)
