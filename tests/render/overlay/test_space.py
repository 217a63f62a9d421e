import numpy as np
import pytest
from support.stick_people import people

from neuropose_ray.render.colours import SIDE_COLOURS
from neuropose_ray.render.overlay.choices import View
from neuropose_ray.render.overlay.space import SpacePanel, panel_width
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

LEFT, RIGHT = (np.array(SIDE_COLOURS[side]) for side in (Side.LEFT, Side.RIGHT))
HEIGHT, WIDTH = 500, 350


def drawn(view, table=None, frame=0):
    table = people([0], [(0, 0)]) if table is None else table
    panel = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    SpacePanel(table, BLAZEPOSE_33, view, joint_score=0.5).draw(panel, frame)
    return panel


def columns(panel, colour):
    """Where a side's colour is, also shaded."""
    pixels = panel.astype(float)
    hue = pixels / np.maximum(pixels.max(axis=2, keepdims=True), 1)
    found = (np.abs(hue - colour / colour.max()).max(axis=2) < 0.05) & (pixels.max(axis=2) > 100)
    return np.nonzero(found)[1]


def test_from_the_front_the_left_is_at_the_right_and_from_behind_at_the_left():
    front, back = drawn(View.FRONT), drawn(View.BACK)
    assert columns(front, RIGHT).mean() < WIDTH / 2 < columns(front, LEFT).mean()
    assert columns(back, LEFT).mean() < WIDTH / 2 < columns(back, RIGHT).mean()


@pytest.mark.parametrize(("view", "near", "far"), [(View.LEFT, LEFT, RIGHT), (View.RIGHT, RIGHT, LEFT)])
def test_from_a_side_that_side_covers_the_other(view, near, far):
    panel = drawn(view)
    assert len(columns(panel, near)) > 2 * len(columns(panel, far))


@pytest.mark.parametrize(("view", "sign"), [(View.LEFT, -1), (View.RIGHT, 1)])
def test_from_the_right_the_toes_point_to_the_right(view, sign):
    panel = drawn(view)
    rows, found = np.nonzero(np.abs(panel.astype(int) - (LEFT if view is View.LEFT else RIGHT)).max(axis=2) < 20)
    feet = found[rows > rows.max() - 8]
    shanks = found[(rows < rows.max() - 30) & (rows > rows.max() - 50)]
    assert sign * (feet.mean() - shanks.mean()) > 5


def test_the_person_stands_in_the_panel_whatever_the_distance():
    for distance in (2000.0, 9000.0):
        table = people([0], [(0, 0)])
        table.poses.poses3d[...] += (800, 300, distance - 4000)
        panel = drawn(View.FRONT, table)
        rows, found = np.nonzero((panel == LEFT).all(axis=2))
        assert 0.2 * HEIGHT < rows.min() < rows.max() < 0.95 * HEIGHT
        assert 0.4 * WIDTH < found.min() < found.max() < 0.8 * WIDTH


def test_from_above_the_person_faces_upwards():
    rows, _ = np.nonzero((drawn(View.TOP) == 245).all(axis=2))
    assert rows.size
    assert np.median(rows) == pytest.approx(HEIGHT / 2, abs=60)
    assert columns(drawn(View.TOP), LEFT).mean() < columns(drawn(View.TOP), RIGHT).mean()


def test_a_turning_view_turns():
    table = people(range(4), [(0, 0)] * 4, times_s=[0.0, 3.0, 6.0, 9.0])
    lefts = [columns(drawn(View.TURNING, table, frame), LEFT).mean() for frame in (0, 2)]
    assert lefts[0] > WIDTH / 2 > lefts[1]


def test_frames_without_anybody_show_the_floor():
    empty = PoseTable(np.array([0.0, 0.1]), Poses.empty(33), np.zeros(0, np.int32))
    panel = drawn(View.RIGHT, empty, 1)
    assert not len(columns(panel, LEFT))
    assert len(np.unique(panel.reshape(-1, 3), axis=0)) > 2


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (641, 481)])
def test_the_panel_is_an_even_part_of_the_picture(size):
    assert panel_width(*size) % 2 == 0
    assert 0 < panel_width(*size) <= size[0]


@pytest.mark.parametrize("view", [View.FRONT, View.LEFT, View.RIGHT, View.BACK, View.TOP])
@pytest.mark.parametrize("away_mm", [(2500, 0, 0), (-2500, 0, 0), (0, 0, 2700), (1500, 0, -2000)])
def test_two_people_fit(view, away_mm):
    table = people([0, 0], [(0, 0)] * 2, tracks=[0, 1])
    table.poses.poses3d[1] += away_mm
    panel = drawn(view, table)
    # What is cut off would touch an edge, but for the line of text at the lower one; the grid is darker than people.
    shown = panel[: HEIGHT - 20].max(axis=2) > 130
    one = drawn(view)[: HEIGHT - 20].max(axis=2) > 130
    assert shown.sum() > 0.15 * one.sum()
    assert not shown[:, [0, 1, -2, -1]].any()
    assert not shown[[0, 1]].any()


def test_who_is_much_too_far_away_does_not_make_the_followed_one_tiny():
    table = people([0, 0, 1, 1], [(0, 0)] * 4, tracks=[0, 1, 0, 1], times_s=[0, 0.1])
    table.poses.poses3d[1::2] += (60_000, 0, 0)
    rows, _ = np.nonzero((drawn(View.FRONT, table) == LEFT).all(axis=2))
    assert np.ptp(rows) > 0.2 * HEIGHT


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_hand_without_its_elbow_does_not_float(side):
    table, colour, sign = people([0], [(0, 0)]), LEFT if side == "left" else RIGHT, 1 if side == "left" else -1
    table.poses.poses3d[0, BLAZEPOSE_33.index(f"{side}_elbow")] = np.nan
    whole, cut = ((sign * (columns(drawn(View.FRONT, shown), colour) - WIDTH / 2)).max() for shown in (None, table))
    hand_px, shoulder_px = 230 * WIDTH / 1900, 180 * WIDTH / 1900
    assert whole >= hand_px - 2
    assert cut <= shoulder_px + 4


def test_the_head_is_a_ball_on_a_neck():
    panel = drawn(View.FRONT)
    white = (panel == 245).all(axis=2)
    rows, found = np.nonzero(white)
    ball = rows < rows.min() + 40
    assert white.sum() > 800, "a few lines of a face have fewer"
    assert np.ptp(found[ball]) == pytest.approx(40, abs=14)
    shoulders = np.nonzero((panel == LEFT).all(axis=2))[0].min()
    assert rows[found == round(np.median(found[ball]))].max() >= shoulders - 3


def test_a_head_without_shoulders_does_not_float_over_a_body():
    table = people([0], [(0, 0)])
    table.poses.poses3d[0, [BLAZEPOSE_33.index(f"{side}_shoulder") for side in ("left", "right")]] = np.nan
    whole, bare = ((drawn(View.FRONT, shown) == 245).all(axis=2).sum() for shown in (None, table))
    assert bare < whole - 700
