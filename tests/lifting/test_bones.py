"""The prior's bones are the fit's, by name."""

import numpy as np

from neuropose_ray.fitting.body import body_of
from neuropose_ray.lifting.bones import ARMS, BONE_ENDS, BONES, LEGS, MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE
from neuropose_ray.schemas.skeleton import LANDMARKS
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


def test_every_bone_whose_depth_the_fit_uses_is_known():
    body = body_of(BLAZEPOSE_33)
    used = {(body.landmarks[a], body.landmarks[b]) for a, b in body.bones[body.depth_bones].tolist()}
    assert used == set(BONES)


def test_the_other_side_of_the_other_side_is_the_same():
    np.testing.assert_array_equal(OTHER_SIDE[OTHER_SIDE], np.arange(len(LANDMARKS)))
    np.testing.assert_array_equal(MIRRORED_BONES[MIRRORED_BONES], np.arange(len(BONES)))
    np.testing.assert_array_equal(MIRROR_SIGNS[MIRRORED_BONES], MIRROR_SIGNS)


def test_a_mirrored_bone_joins_the_joints_of_the_other_side():
    for bone, (start, end) in enumerate(BONE_ENDS.tolist()):
        ends = BONE_ENDS[MIRRORED_BONES[bone]].tolist()
        mirrored = [int(OTHER_SIDE[start]), int(OTHER_SIDE[end])]
        assert mirrored == (ends if MIRROR_SIGNS[bone] > 0 else ends[::-1])


def test_legs_and_arms_are_the_whole_body_and_share_nothing():
    assert sorted([*LEGS.tolist(), *ARMS.tolist()]) == list(range(len(LANDMARKS)))
