import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
    assert (left.get_xlabel(), left.get_ylabel()) == ("time in after (s)", "time in before (s)")
    assert figure.axes[2].get_ylabel() == "deviation (mm)"


@given(duration_s=st.floats(0.5, 400), rate=st.sampled_from([10, 25, 29.97, 60]), start_s=st.floats(0, 50))
@settings(max_examples=25, deadline=None)
def test_the_axis_of_the_deviation_has_round_moments_where_the_path_reaches_them(duration_s, rate, start_s):
    frames = max(3, round(duration_s * rate))
    times_s = start_s + np.arange(frames) / rate
    path = np.stack([np.repeat(np.arange(frames), 2), np.arange(2 * frames)], axis=1)
    positions = np.zeros((1, 1, 3))
    figure = Figure(layout="constrained")
    plot_comparison(
        figure,
        Comparison(
            "a", "b", times_s, np.arange(2 * frames) / rate, positions, positions, path, ("knee",),
            np.zeros((1, len(path))),
        ),
    )  # fmt: skip
    axes = figure.axes[1]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert 2 <= len(labels) <= 8
    steps = np.diff([float(label) for label in labels])
    np.testing.assert_allclose(steps, steps[0], rtol=1e-3)
    assert f"{steps[0]:.1e}"[0] in "125", "round steps"
    for label, tick in zip(labels, axes.get_xticks(), strict=True):
        moment_s = times_s[path[round(tick - 0.5), 0]] - start_s
        assert moment_s == pytest.approx(float(label), abs=1.01 / rate)
