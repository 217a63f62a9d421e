import numpy as np
import pytest

from neuropose_ray.errors import InputError
from neuropose_ray.evaluate import LIMB_JOINTS, landmark_joints, limb_joints
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS, known_skeleton, skeleton_for_joint_count


def test_limbs_are_taken_by_name():
    poses = np.arange(33.0)[None, :, None].repeat(3, -1)
    assert limb_joints(poses, known_skeleton("blazepose_33"))[0, :4, 0].tolist() == [24, 23, 26, 25]


@pytest.mark.parametrize("name", KNOWN_SKELETONS)
def test_every_known_skeleton_has_them(name: str):
    skeleton = known_skeleton(name)
    poses = np.arange(float(len(skeleton)))[None, :, None].repeat(3, -1)
    joints = landmark_joints(poses, skeleton)
    assert joints.shape == (1, 16, 3)
    assert joints[0, : len(LIMB_JOINTS), 0].tolist() == [skeleton.index(name) for name in LIMB_JOINTS]
    assert np.isnan(joints[0, -1, 0]) == (not skeleton.has("left_toe"))


def test_a_skeleton_without_them_is_refused_by_name():
    with pytest.raises(InputError, match=r"^a.json: the skeleton 'unnamed_5' has no right_hip, .*left_wrist; "):
        landmark_joints(np.zeros((1, 5, 3)), skeleton_for_joint_count(5), where="a.json")
