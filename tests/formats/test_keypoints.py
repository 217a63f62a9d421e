import numpy as np
import pytest

from neuropose_ray.errors import InputError
from neuropose_ray.formats.keypoints import (
    BODY_25,
    COCO_EDGES,
    COCO_KEYPOINTS,
    joint_of,
    positions_of_keypoints,
    require_keypoints,
    scores_of_keypoints,
)
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33, COCO_19, H36M_17

FACE = COCO_KEYPOINTS[:5]


@pytest.mark.parametrize("skeleton", [BLAZEPOSE_33, COCO_19])
def test_skeletons_with_a_face_have_all_17_points(skeleton):
    joints = [joint_of(skeleton, name) for name in COCO_KEYPOINTS]
    assert None not in joints
    assert len(set(joints)) == 17


@pytest.mark.parametrize("skeleton", [H36M_17, BERKELEY_MHAD_43])
def test_a_skeleton_without_a_face_has_the_12_limb_joints_and_no_guess_at_the_rest(skeleton):
    assert [name for name in COCO_KEYPOINTS if joint_of(skeleton, name) is None] == list(FACE)


def test_left_stays_left():
    assert BLAZEPOSE_33.joint_names[joint_of(BLAZEPOSE_33, "left_wrist")] == "left_wrist"
    assert COCO_19.joint_names[joint_of(COCO_19, "right_ear")] == "rear"


def test_edges_join_points_that_are_there():
    assert {point for edge in COCO_EDGES for point in edge} == set(range(1, 18))


def test_the_neck_is_the_middle_of_the_shoulders_and_as_sure_as_the_less_sure_one():
    positions = np.random.default_rng(0).normal(size=(2, 33, 3))
    scores = np.random.default_rng(1).uniform(size=(2, 33))
    names = tuple(BODY_25.values())
    places = positions_of_keypoints(BLAZEPOSE_33, positions, names)
    np.testing.assert_allclose(places[:, names.index("neck")], (positions[:, 11] + positions[:, 12]) / 2)
    np.testing.assert_allclose(places[:, names.index("mid_hip")], (positions[:, 23] + positions[:, 24]) / 2)
    np.testing.assert_allclose(places[:, names.index("left_big_toe")], positions[:, 31])
    assert np.isnan(places[:, names.index("left_small_toe")]).all()
    sure = scores_of_keypoints(BLAZEPOSE_33, scores, names)
    np.testing.assert_array_equal(sure[:, names.index("neck")], scores[:, 11:13].min(1))
    np.testing.assert_array_equal(sure[:, names.index("nose")], scores[:, 0])


def test_a_neck_of_the_skeletons_own_is_not_mixed_in():
    positions = np.arange(19.0 * 2).reshape(1, 19, 2)
    neck = positions_of_keypoints(COCO_19, positions, ("neck",))[0, 0]
    np.testing.assert_array_equal(neck, (positions[0, 3] + positions[0, 9]) / 2)


def test_a_skeleton_of_other_joints_is_one_line():
    with pytest.raises(InputError, match=r"^the skeleton hand has none of the joints of COCO; "):
        require_keypoints(Skeleton(name="hand", joint_names=("thumb",)), COCO_KEYPOINTS, "COCO")
