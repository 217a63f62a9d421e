import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.stick_people import joints_mm

from neuropose_ray.render.colours import BLACK, SIDE_COLOURS, WHITE
from neuropose_ray.render.overlay.drawing import SkeletonStyle, depth_within, draw_box, draw_skeleton, person_size
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

STYLE = SkeletonStyle.of(BLAZEPOSE_33)
GREY = 90
SURE = np.ones(33, np.bool_)


def canvas():
    return np.full((400, 300, 3), GREY, np.uint8)


def standing(scale=0.2):
    return (150, 40) + scale * joints_mm()[:, :2]


def drawn(pose, sure=SURE, size=330.0, style=STYLE, depth=None):
    image = canvas()
    draw_skeleton(image, pose, np.zeros(len(pose)) if depth is None else depth, sure, size, style)
    return image


def behind(**joints_mm):
    """Joints that are so far behind the rest."""
    depth = np.zeros(33)
    for name, value in joints_mm.items():
        depth[BLAZEPOSE_33.index(name)] = value
    return depth


def middle(pose, start, end):
    x, y = pose[[BLAZEPOSE_33.index(start), BLAZEPOSE_33.index(end)]].mean(axis=0).round().astype(int)
    return y, x


@pytest.mark.parametrize(
    ("start", "end", "side"),
    [
        ("left_hip", "left_knee", Side.LEFT),
        ("right_hip", "right_knee", Side.RIGHT),
        ("left_shoulder", "right_shoulder", Side.MIDDLE),
    ],
)
def test_bones_have_the_colour_of_their_side(start, end, side):
    pose = standing()
    assert tuple(drawn(pose)[middle(pose, start, end)]) == SIDE_COLOURS[side]


def test_bones_of_large_people_are_thicker():
    def width(scale):
        pose = standing(scale)
        row, _ = middle(pose, "left_hip", "left_knee")
        return int((drawn(pose, size=scale * 1650)[row] != GREY).any(axis=1).sum())

    assert width(0.2) > width(0.05)


def test_what_is_behind_is_darker_and_thinner_and_keeps_its_hue():
    pose, row = standing(), middle(standing(), "left_hip", "left_knee")
    near = drawn(pose, depth=behind(left_knee=-400, left_hip=-400))
    far = drawn(pose, depth=behind(left_knee=400, left_hip=400))
    assert tuple(near[row]) == SIDE_COLOURS[Side.LEFT]
    share = far[row] / np.array(SIDE_COLOURS[Side.LEFT])
    assert share == pytest.approx([share[0]] * 3, abs=0.02)
    assert 0.4 < share[0] < 0.7

    def width(image):
        return int((image[row[0], 150:] != GREY).any(axis=1).sum())

    assert width(near) > width(far)


def test_what_is_nearer_covers_what_is_behind():
    """Both shins cross in the picture."""
    pose = standing()
    ankles = [BLAZEPOSE_33.index("left_ankle"), BLAZEPOSE_33.index("right_ankle")]
    pose[ankles] = pose[ankles[::-1]]
    crossing = middle(pose, "left_ankle", "left_knee")
    for side in ("left", "right"):
        image = drawn(pose, depth=behind(**{f"{side}_knee": -200, f"{side}_ankle": -200}))
        assert tuple(image[crossing]) == SIDE_COLOURS[Side.LEFT if side == "left" else Side.RIGHT]


def test_depth_counts_from_the_middle_of_the_known_joints():
    points = np.array([[[0, 0, 3000.0], [0, 0, 3400], [0, 0, np.nan]], [[np.nan] * 3] * 3])
    np.testing.assert_array_equal(depth_within(points), [[-200, 200, np.nan], [np.nan] * 3])


def test_bones_to_uncertain_joints_are_faint_and_the_joints_have_no_dot():
    pose, sure = standing(), SURE.copy()
    knee = BLAZEPOSE_33.index("left_knee")
    sure[knee] = False
    bold, faint = drawn(pose), drawn(pose, sure)
    place = middle(pose, "left_hip", "left_knee")
    change = np.abs(bold[place].astype(int) - GREY).max(), np.abs(faint[place].astype(int) - GREY).max()
    assert 0 < change[1] < 0.6 * change[0]
    assert tuple(faint[middle(pose, "right_hip", "right_knee")]) == SIDE_COLOURS[Side.RIGHT]
    x, y = pose[knee].round().astype(int)
    around = np.s_[y - 6 : y + 7, x - 6 : x + 7]
    assert (faint[around] != GREY).any(axis=2).sum() < 0.7 * (bold[around] != GREY).any(axis=2).sum()


def test_a_joint_that_is_not_known_is_left_out_with_its_bones():
    pose = standing()
    place = middle(pose, "left_hip", "left_knee")
    pose[BLAZEPOSE_33.index("left_knee")] = np.nan
    assert (drawn(pose)[place] == GREY).all()
    assert (drawn(np.full((33, 2), np.nan)) == GREY).all()


def test_joints_without_bones_are_dots():
    dots = SkeletonStyle.of(Skeleton(name="dots", joint_names=("left_a", "right_a")))
    image = drawn(np.array([[50.0, 60], [200, 60]]), np.ones(2, np.bool_), 330.0, dots)
    assert tuple(image[60, 50]) == SIDE_COLOURS[Side.LEFT]
    assert tuple(image[60, 200]) == SIDE_COLOURS[Side.RIGHT]


@settings(max_examples=60)
@given(st.floats(0, 6.3), st.floats(40, 180), st.floats(150, 2000), st.floats(-0.5, 0.5), st.integers(0, 2))
def test_a_bone_is_a_thick_line_whose_round_ends_the_dots_cover(direction, length, size, shift, kind):
    bone = SkeletonStyle.of(Skeleton(name="bone", joint_names=("left_a", "right_a", "b"), edges=((0, 1),)))
    ends = np.array([[0, 0], [np.cos(direction), np.sin(direction)], [np.nan, np.nan]]) * length + (150 + shift, 200)
    depth = np.array([0.0, 0.0, 0.0]) if kind == 0 else np.array([200.0, -200.0, 0.0]) * (1 if kind == 1 else -1)
    image = canvas()
    draw_skeleton(image, ends, depth, np.ones(3, np.bool_), size, bone)

    expected, width = canvas(), max(1.0, min(0.008 * size, 0.2 * length))
    (start, end), white = np.round(ends[:2] * 16).astype(int).tolist(), SIDE_COLOURS[Side.MIDDLE]
    for colour, more in ((BLACK, 2), (white, 0)):
        cv2.line(expected, start, end, colour, round(width) + more, cv2.LINE_AA, 4)
    for place in np.argsort(-np.minimum(depth[:2], 0), kind="stable").tolist():
        radius, share = round(0.85 * width * 16), 1 - 0.5 * max(0, depth[place] / 450)
        shade = [round(part * share) for part in SIDE_COLOURS[(Side.LEFT, Side.RIGHT)[place]]]
        for colour, more in ((BLACK, 16), (shade, 0)):
            cv2.circle(expected, (start, end)[place], radius + more, colour, cv2.FILLED, cv2.LINE_AA, 4)
    change = np.abs(image.astype(int) - expected)
    assert change.max() <= 40, "more than the soft edge of a pixel"
    assert (change > 12).sum() <= 24


@settings(max_examples=50)
@given(
    hnp.arrays(np.float32, (33, 2), elements=st.floats(-1e9, 1e9, width=32) | st.just(np.nan)),
    hnp.arrays(np.float32, 33, elements=st.floats(width=32)),
    hnp.arrays(np.bool_, 33),
)
def test_joints_anywhere_can_be_drawn(pose, depth, sure):
    drawn(pose, sure, depth=depth)


def test_a_size_is_the_longer_side_within_the_frame():
    assert person_size(canvas(), np.array([0, 0, 50, 120, 1.0])) == 120
    assert person_size(canvas(), np.array([0, 0, 5000, 120, 1.0])) == 400
    assert person_size(canvas(), np.full(5, np.nan)) == 0


def test_a_box_is_drawn_where_it_is_known():
    image = canvas()
    draw_box(image, np.array([20, 30, 100, 200, 1.0]), WHITE)
    assert (image[30, 60:100] == 255).all()
    assert (image[100, 60] == GREY).all()
    untouched = canvas()
    draw_box(untouched, np.full(5, np.nan), WHITE)
    assert (untouched == GREY).all()
