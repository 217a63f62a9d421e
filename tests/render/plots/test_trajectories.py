import numpy as np
from matplotlib.figure import Figure

from neuropose_ray.render.plots.style import SIDE_COLOURS
from neuropose_ray.render.plots.trajectories import plot_trajectories
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43, BLAZEPOSE_33

TIMES = np.arange(10) / 10


def test_a_row_for_both_sides_of_a_joint_and_a_column_for_each_axis_with_down_drawn_downwards():
    positions = np.random.default_rng(0).normal(size=(10, 33, 3))
    figure = Figure(layout="constrained")
    joints = ("left_knee", "right_knee", "nose")
    plot_trajectories(figure, "squat", TIMES, BLAZEPOSE_33, positions, [], joints)
    assert [axes.get_ylabel() for axes in figure.axes[::3]] == ["knee (mm)", "nose (mm)"]
    for column, axes in enumerate(figure.axes[:3]):
        left, right = axes.lines
        assert (left.get_color(), right.get_color()) == (SIDE_COLOURS[Side.LEFT], SIDE_COLOURS[Side.RIGHT])
        np.testing.assert_array_equal(left.get_ydata(), positions[:, BLAZEPOSE_33.index("left_knee"), column])
        assert axes.yaxis_inverted() == (column == 1)


def test_landmarks_name_the_joints_of_any_skeleton():
    figure = Figure(layout="constrained")
    plot_trajectories(figure, "squat", TIMES, BERKELEY_MHAD_43, np.zeros((10, 43, 3)), [], ("left_hip", "right_hip"))
    assert figure.axes[0].get_ylabel() == "hip (mm)"
    assert [line.get_color() for line in figure.axes[0].lines] == [SIDE_COLOURS[Side.LEFT], SIDE_COLOURS[Side.RIGHT]]
