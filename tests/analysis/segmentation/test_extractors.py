import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuropose_ray.analysis.segmentation.extractors import (
    JOINT_INDEX,
    JOINT_NAMES,
    extract_signal,
    joint_angle,
    joint_axis,
    joint_index,
    joint_pair_distance,
    joint_speed,
)
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.segmentation import JointAngle, JointAxis, JointPairDistance, JointSpeed
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33, SMPL_24

SEQUENCE = np.random.default_rng(3).normal(0, 300, (6, 5, 3))


def test_the_names_are_those_of_neuropose_in_its_order():
    assert (len(JOINT_NAMES), JOINT_NAMES[41], JOINT_INDEX["lhee"]) == (43, "rhee", 33)
    assert joint_index("rkne") == 39


@pytest.mark.parametrize("name", ["rhee", "right_heel"])
@pytest.mark.parametrize(("skeleton", "place"), [(BERKELEY_MHAD_43, 41), (BLAZEPOSE_33, 30)])
def test_one_name_finds_a_heel_in_every_skeleton(name, skeleton, place):
    assert joint_index(name, skeleton) == place


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(KeyError, match=r"unknown joint name 'rhee'; smpl_24 has pelv, .*right_toe") as caught:
        joint_index("rhee", SMPL_24)
    assert isinstance(caught.value, InputError)
    assert not str(caught.value).startswith('"')


def test_joints_may_be_named_or_numbered():
    assert joint_axis("rhee", "y", invert=True) == joint_axis(41, 1, invert=True)
    assert joint_axis(41, 1) == JointAxis(joint=41, axis=1)
    assert joint_pair_distance("lank", np.int64(40)) == JointPairDistance(joints=(32, 40))
    assert joint_speed("right_wrist", skeleton=BLAZEPOSE_33) == JointSpeed(joint=16)
    assert joint_angle("rhipl", "rkne", "rank") == JointAngle(triplet=(37, 39, 40))


@pytest.mark.parametrize("make", [
    lambda: joint_axis(0, "w"), lambda: joint_axis(0, 3), lambda: joint_axis(-1, 0), lambda: joint_speed(-1),
    lambda: joint_pair_distance(4, 4), lambda: joint_angle(0, 1, -2),
])  # fmt: skip
def test_impossible_signals_are_value_errors(make):
    with pytest.raises(ValueError, match=r".+"):
        make()


def test_signals_are_what_they_say():
    one, other, third = SEQUENCE[:, 1], SEQUENCE[:, 3], SEQUENCE[:, 4]
    np.testing.assert_array_equal(extract_signal(SEQUENCE, joint_axis(1, 2, invert=True)), -one[:, 2])
    distance = np.sqrt(((one - other) ** 2).sum(1))
    np.testing.assert_allclose(extract_signal(SEQUENCE, joint_pair_distance(1, 3)), distance, atol=1e-9)
    speed = [0, *np.sqrt((np.diff(one, axis=0) ** 2).sum(1))]
    np.testing.assert_allclose(extract_signal(SEQUENCE, joint_speed(1)), speed, atol=1e-9)
    # The angle by the law of cosines.
    a, b, c = (np.linalg.norm(end - start, axis=1) for start, end in ((one, other), (third, other), (one, third)))
    angle = np.arccos((a**2 + b**2 - c**2) / (2 * a * b))
    np.testing.assert_allclose(extract_signal(SEQUENCE, joint_angle(1, 3, 4)), angle, atol=1e-9)


def test_what_is_missing_stays_missing_and_nothing_else():
    sequence = SEQUENCE.copy()
    sequence[2, 1, 0] = np.nan
    sequence[4, 3] = sequence[4, 4]
    assert np.flatnonzero(np.isnan(extract_signal(sequence, joint_axis(1, 0)))).tolist() == [2]
    assert np.flatnonzero(np.isnan(extract_signal(sequence, joint_speed(1)))).tolist() == [2, 3]
    assert np.flatnonzero(np.isnan(extract_signal(sequence, joint_angle(1, 3, 4)))).tolist() == [2, 4]


def test_what_does_not_fit_is_refused():
    for sequence, extractor in (
        (SEQUENCE[0], joint_axis(0, 0)), (SEQUENCE[..., :2], joint_axis(0, 0)), (SEQUENCE, joint_axis(5, 0)),
        (SEQUENCE[:1], joint_speed(0)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r".+") as caught:
            extract_signal(sequence, extractor)
        assert isinstance(caught.value, InputError)
    with pytest.raises(TypeError, match="str"):
        extract_signal(SEQUENCE, "knee")


@settings(max_examples=25)
@given(arrays(np.float64, (4, 3, 3), elements=st.floats(-1e4, 1e4)), st.floats(-3, 3))
def test_distances_and_angles_do_not_depend_on_where_the_camera_stands(sequence, turn):
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    moved = sequence @ rotation.T + (100, -200, 4000)
    for extractor in (joint_pair_distance(0, 1), joint_speed(2)):
        np.testing.assert_allclose(extract_signal(moved, extractor), extract_signal(sequence, extractor), atol=1e-6)
    angle = extract_signal(sequence, joint_angle(0, 1, 2))
    assert np.nanmin(angle, initial=0) >= 0
    assert np.nanmax(angle, initial=0) <= np.pi
