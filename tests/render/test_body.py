import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stick_people import joints_mm

from neuropose_ray.render.body import attached, body_edges, head_joints, head_of, head_radius_mm, trunk_joints
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, KNOWN_SKELETONS

ARM = Skeleton(name="arm", joint_names=("shoulder", "forearm", "wrist"), edges=((0, 1), (1, 2)))


@pytest.mark.parametrize(
    ("skeleton", "names"),
    [
        ("blazepose_33", BLAZEPOSE_33.joint_names[:11]),
        ("berkeley_mhad_43", ("head", "lhead", "rhead")),
        ("smpl_24", ("head",)),
        ("coco_19", ("nose", "leye", "lear", "reye", "rear")),
        ("h36m_17", ("head", "htop")),
    ],
)
def test_every_known_skeleton_has_a_head(skeleton, names):
    skeleton = KNOWN_SKELETONS[skeleton]
    assert tuple(skeleton.joint_names[joint] for joint in head_joints(skeleton)) == names


@pytest.mark.parametrize("skeleton", KNOWN_SKELETONS.values(), ids=KNOWN_SKELETONS)
def test_the_neck_of_every_known_skeleton_begins_between_its_shoulders(skeleton):
    head = head_of(skeleton)
    assert [skeleton.index(f"{side}_shoulder") for side in ("left", "right")] == list(head.shoulders)
    assert set(head.middle) <= set(head.joints)
    assert len(trunk_joints(skeleton)) == 4


def test_the_middle_of_a_face_is_between_the_ears_and_its_front_is_the_nose():
    head = head_of(BLAZEPOSE_33)
    assert [BLAZEPOSE_33.joint_names[joint] for joint in head.middle] == ["left_ear", "right_ear"]
    assert BLAZEPOSE_33.joint_names[head.nose] == "nose"


def test_a_skeleton_without_head_or_trunk_has_none():
    assert head_of(ARM) is None
    assert trunk_joints(ARM) == ()
    assert 60 <= head_radius_mm(np.zeros((2, 3, 3)), ARM) <= 140


@given(size=st.floats(0.6, 1.3), missing=st.integers(0, 9))
def test_a_head_is_as_large_as_its_person_also_where_it_is_missing_in_some_frames(size, missing):
    positions = np.repeat(joints_mm()[None].astype(float), 10, axis=0)
    whole = head_radius_mm(positions, BLAZEPOSE_33)
    positions *= size
    positions[:missing] = np.nan
    assert head_radius_mm(positions, BLAZEPOSE_33) == pytest.approx(np.clip(whole * size, 60, 140))
    assert 80 < whole < 140


def test_a_head_that_is_never_known_has_the_usual_size():
    assert head_radius_mm(np.full((3, 33, 3), np.nan), BLAZEPOSE_33) == pytest.approx(105)


@given(known=st.lists(st.booleans(), min_size=33, max_size=33).map(np.array))
def test_every_attached_joint_has_a_way_of_known_joints_to_the_trunk(known):
    edges, trunk = body_edges(BLAZEPOSE_33), trunk_joints(BLAZEPOSE_33)
    reached = attached(known, edges, trunk)
    assert not (reached & ~known).any()
    if not known[list(trunk)].any():
        assert (reached == known).all()
        return
    for start, end in edges:
        if known[start] and known[end]:
            assert reached[start] == reached[end]
    assert reached[list(trunk)].tolist() == known[list(trunk)].tolist()


def test_a_hand_without_its_elbow_is_not_attached_and_the_rest_is():
    known = np.ones(33, bool)
    known[BLAZEPOSE_33.index("left_elbow")] = False
    reached = attached(known, body_edges(BLAZEPOSE_33), trunk_joints(BLAZEPOSE_33))
    lost = {BLAZEPOSE_33.joint_names[joint] for joint in np.flatnonzero(known & ~reached)}
    assert lost - set(BLAZEPOSE_33.joint_names[:11]) == {"left_wrist", "left_pinky", "left_index", "left_thumb"}
