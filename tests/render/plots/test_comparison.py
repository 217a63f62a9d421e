import numpy as np
from matplotlib.figure import Figure

from neuropose_ray.render.plots.comparison import plot_comparison
from neuropose_ray.render.records import Comparison, Fact

PATH = np.array([(0, 0), (1, 1), (1, 2), (2, 3)])


def test_the_path_is_in_seconds_and_every_joint_has_a_row_of_its_deviation():
    deviation = np.array([[1.0, 2.0, 3.0, np.nan], [4.0, 5.0, 6.0, 7.0]])
    positions = np.zeros((4, 2, 3))
    comparison = Comparison(
        "after", "before", np.array([5.0, 5.1, 5.2]), np.arange(4) / 10, positions[:3], positions, PATH,
        ("left_knee", "right_knee"), deviation, (Fact("Distance by joints", "4 mm"),),
    )  # fmt: skip
    figure = Figure(layout="constrained")
    plot_comparison(figure, comparison)
    left, right = figure.axes[:2]
    path = next(line for line in left.lines if line.get_label() == "time warping")
    np.testing.assert_allclose(path.get_xdata(), [0, 0.1, 0.1, 0.2], atol=1e-9)
    np.testing.assert_allclose(path.get_ydata(), [0, 0.1, 0.2, 0.3], atol=1e-9)
    (mesh,) = right.collections
    np.testing.assert_array_equal(mesh.get_array().mask, np.isnan(deviation))
    assert [label.get_text() for label in right.get_yticklabels()] == ["left knee", "right knee"]
    assert figure.get_supxlabel() == "Distance by joints: 4 mm"
