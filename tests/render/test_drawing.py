import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.stick_people import joints_mm

from neuropose_ray.render.colours import SIDE_COLOURS, WHITE
from neuropose_ray.render.drawing import SkeletonStyle, draw_box, draw_label, draw_skeleton, person_size
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


def drawn(pose, sure=SURE, size=330.0, style=STYLE):
    image = canvas()
    draw_skeleton(image, pose, sure, size, style)
    return image


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


@given(
    hnp.arrays(np.float32, (33, 2), elements=st.floats(-1e9, 1e9, width=32) | st.just(np.nan)),
    hnp.arrays(np.bool_, 33),
)
def test_joints_anywhere_can_be_drawn(pose, sure):
    drawn(pose, sure)


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


@pytest.mark.parametrize("foot", [(150, 200), (-500, -500), (5000, 5000)])
def test_labels_stay_on_the_frame(foot):
    image = canvas()
    draw_label(image, "id 7", foot, WHITE)
    rows, columns = np.nonzero((image != GREY).any(axis=2))
    assert rows.size > 100
    assert np.ptp(rows) > 10
    assert np.ptp(columns) > 20


def test_a_label_stands_above_its_foot():
    image = canvas()
    draw_label(image, "id 7", (150, 200), WHITE)
    rows, columns = np.nonzero((image != GREY).any(axis=2))
    assert rows.max() == 200
    assert abs((columns.min() + columns.max()) / 2 - 150) <= 1
