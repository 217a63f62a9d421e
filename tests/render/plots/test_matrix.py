import numpy as np
from matplotlib.figure import Figure

from neuropose_ray.render.plots.matrix import plot_matrix


def heat_map(trials, order):
    figure = Figure(layout="constrained")
    names = [str(place) for place in range(trials)]
    plot_matrix(figure, names, np.add.outer(np.arange(trials), np.arange(trials)) / 1.0, order, "rad")
    return figure


def test_rows_and_columns_stand_in_the_order_asked_for_and_small_maps_have_numbers():
    figure = heat_map(3, ["2", "0", "1"])
    axes, scale = figure.axes
    np.testing.assert_array_equal(axes.images[0].get_array()[0], [4, 2, 3])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2", "0", "1"]
    assert [text.get_text() for text in axes.texts][:3] == ["4.00", "2.00", "3.00"]
    assert scale.get_ylabel() == "distance (rad)"


def test_large_maps_have_neither_numbers_nor_names():
    axes, _ = heat_map(160, [str(place) for place in range(160)]).axes
    assert len(axes.texts) == 0
    assert "159" not in [label.get_text() for label in axes.get_yticklabels()]
