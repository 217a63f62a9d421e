import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.stick_people import FACE, joints_mm, people, turned

from neuropose_ray.errors import InputError
from neuropose_ray.render.overlay.heads import find_heads
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, KNOWN_SKELETONS

HOLD_S = 0.5


def heads_of(table, skeleton=BLAZEPOSE_33, person_score=0.5):
    return find_heads(table, skeleton, hold_s=HOLD_S, person_score=person_score)


def inside(heads, row, points):
    """How far out points ``(n, 2)`` lie of an ellipse, 1 on its edge."""
    up = heads.up[row] / np.linalg.norm(heads.up[row]) if heads.up[row].any() else np.array([0.0, -1.0])
    across = np.array([-up[1], up[0]])
    away = points - heads.centre[row]
    return np.hypot(away @ up / heads.half_height[row], away @ across / heads.half_width[row])


@given(
    turn=st.floats(0, 360),
    roll=st.floats(-180, 180),
    scale=st.floats(0.01, 2),
    centre=st.tuples(st.floats(-500, 3000), st.floats(-500, 3000)),
)
def test_the_whole_face_is_held_from_every_side_at_every_distance_on_the_frame_or_off_it(turn, roll, scale, centre):
    heads = heads_of(people([0], [centre], scale=scale, turn=turn, roll=roll))
    face = np.array(centre) + scale * turned(FACE, turn, roll)[:, :2]
    assert (inside(heads, 0, face) < 1).all()
    assert heads.half_height[0] < 260 * scale, "much more than the head is hidden"


@pytest.mark.parametrize(
    ("skeleton", "head_mm"),
    [
        ("smpl_24", {"head": (0, 20, 0)}),
        ("h36m_17", {"head": (0, 0, -80), "htop": (0, -130, 0)}),
        ("berkeley_mhad_43", {"head": (0, -130, 0), "lhead": (75, -60, 0), "rhead": (-75, -60, 0)}),
    ],
)
@pytest.mark.parametrize("turn", [0, 45, 90, 180, 270])
def test_few_points_on_the_head_are_enough(skeleton, head_mm, turn):
    skeleton, fine = KNOWN_SKELETONS[skeleton], joints_mm()
    body = {name: fine[BLAZEPOSE_33.index(name)] for name in BLAZEPOSE_33.landmarks if skeleton.has(name)}
    body = {skeleton.landmarks[name]: place for name, place in body.items()} | head_mm
    points = turned(np.array([body.get(name, (0, 600, 0)) for name in skeleton.joint_names], float), turn)
    boxes = np.array([[0, 0, 100, 200, 1]], np.float32)
    scores = np.ones((1, len(skeleton)), np.float32)
    poses = Poses(np.zeros(1, np.int64), boxes, points[None, :, :2] / 10, points[None], scores)
    heads = heads_of(PoseTable(np.zeros(1), poses), skeleton)
    assert (inside(heads, 0, turned(FACE, turn)[:, :2] / 10) < 1).all()


def test_neither_the_score_of_the_person_nor_those_of_the_joints_lets_a_face_through():
    for scores in ({"scores": 0.01}, {"joint_scores": 0.0}, {"scores": np.nan}, {"joint_scores": np.nan}):
        heads = heads_of(people([0], [(200, 100)], **scores))
        assert heads.frame.tolist() == [0]
        assert (inside(heads, 0, (200, 100) + 0.1 * FACE[:, :2]) < 1).all()


def test_where_the_person_is_uncertain_all_of_it_is_hidden_also_just_before_and_after():
    scores = np.ones(30)
    scores[15] = 0.3
    heads = heads_of(people(range(30), [(200, 100)] * 30, scores=scores))
    toes = np.array([(200, 100 + 162)])
    hidden = {int(frame) for row, frame in enumerate(heads.frame) if inside(heads, row, toes)[0] < 1}
    assert hidden == set(range(11, 20))


def test_a_person_whose_head_is_not_known_is_hidden_whole():
    table = people([0], [(200, 100)])
    table.poses.poses2d[0, :11] = np.nan
    heads = heads_of(table)
    assert inside(heads, 0, np.array([(200, 100), (200, 262)])).max() < 1


def test_one_unknown_joint_does_not_matter():
    table = people([0], [(200, 100)])
    expected = heads_of(table)
    table.poses.poses2d[0, BLAZEPOSE_33.index("left_wrist")] = np.nan
    table.poses.poses2d[0, BLAZEPOSE_33.index("left_shoulder")] = np.nan
    np.testing.assert_allclose(heads_of(table).centre, expected.centre)
    assert heads_of(table).half_height[0] == pytest.approx(expected.half_height[0], rel=0.1)


def test_short_gaps_of_a_track_are_bridged_on_the_way_between():
    frames = [*range(10), *range(20, 30)]
    heads = heads_of(people(frames, [(100 + 4 * frame, 100) for frame in frames]))
    assert heads.frame.tolist() == list(range(30))
    steps = np.diff(heads.centre[:, 0])
    np.testing.assert_allclose(steps, 4, rtol=1e-4)
    np.testing.assert_allclose(heads.half_height, heads.half_height[0], rtol=1e-4)


def test_the_head_is_carried_on_before_and_after_its_track_for_half_a_second_and_grows():
    frames = range(40, 60)
    x = [*range(100, 120, 2), *range(120, 180, 6)]  # slowly at first, then fast
    heads = heads_of(people(frames, [(each, 100) for each in x], times_s=np.arange(100) / 30))
    assert heads.frame.tolist() == list(range(25, 75))
    steps = np.diff(heads.centre[:, 0])
    np.testing.assert_allclose(steps[:15], 2, atol=1e-3)
    np.testing.assert_allclose(steps[-15:], 6, atol=1e-3)
    assert heads.half_height[0] == pytest.approx(1.5 * heads.half_height[25], rel=0.01)
    assert heads.half_height[-1] == pytest.approx(1.5 * heads.half_height[25], rel=0.01)


def test_long_gaps_are_not_bridged_but_entered_from_both_sides():
    frames = [0, 1, 2, 90, 91, 92]
    heads = heads_of(people(frames, [(100, 100)] * 6, times_s=np.arange(93) / 30))
    assert heads.frame.tolist() == [*range(18), *range(75, 93)]


def test_tracks_are_not_mixed_up():
    table = people([0, 0, 4, 4], [(100, 100), (400, 100), (120, 100), (420, 100)], tracks=[1, 2, 1, 2])
    heads = heads_of(table)
    between = heads.centre[heads.frame == 2, 0]
    assert sorted(between - heads.centre[heads.frame == 0, 0].min()) == pytest.approx([10, 310], abs=0.5)


def test_without_tracks_every_person_is_held_for_itself():
    table = people([5, 5], [(100, 100), (400, 100)], times_s=np.arange(10) / 30)
    heads = heads_of(PoseTable(table.timestamps_s, table.poses))
    assert np.bincount(heads.frame).tolist() == [2] * 10


def test_nobody_has_no_head():
    heads = heads_of(people([], np.zeros((0, 2)), times_s=[0.0, 0.1]))
    assert len(heads.frame) == 0


def test_faces_of_a_skeleton_without_head_are_refused_not_shown():
    arm = Skeleton(name="arm", joint_names=("shoulder", "forearm", "wrist"))
    with pytest.raises(InputError, match="faces cannot be hidden: the skeleton arm has no joint on the head"):
        heads_of(people([0], [(100, 100)]), arm)
