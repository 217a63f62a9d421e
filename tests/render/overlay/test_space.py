import numpy as np
import pytest
from support.stick_people import people

from neuropose_ray.render.colours import SIDE_COLOURS
from neuropose_ray.render.overlay.settings import View
from neuropose_ray.render.overlay.space import SpacePanel, panel_width, poses_in_space
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


def test_fitted_joints_come_before_those_of_the_model():
    table = people([0], [(0, 0)])
    fitted = table.poses.poses3d + 10
    fitted[0, 5] = np.nan
    shown = poses_in_space(table.with_fitted(fitted))
    assert (shown[0, 4] == fitted[0, 4]).all()
    assert (shown[0, 5] == table.poses.poses3d[0, 5]).all()


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (641, 481)])
def test_the_panel_is_an_even_part_of_the_picture(size):
    assert panel_width(*size) % 2 == 0
    assert 0 < panel_width(*size) <= size[0]
