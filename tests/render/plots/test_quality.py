import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.quality import plot_quality
from neuropose_ray.render.plots.style import DOUBT, GOOD, UNKNOWN
from neuropose_ray.render.records import Quality, QualityStrip


def test_a_strip_is_as_high_as_its_values_and_grey_where_they_are_not_known():
    confidence = QualityStrip("Confidence", np.array([0.9, np.nan, 0.4]), good=True)
    gaps = QualityStrip("Gaps", np.array([0.0, 1.0, 0.0]), good=False)
    figure = Figure(layout="constrained")
    plot_quality(figure, "squat", np.array([0.0, 0.1, 0.3]), Quality((confidence, gaps), ("All is well.",)))
    for axes, strip, colour in zip(figure.axes, (confidence, gaps), (GOOD, DOUBT), strict=True):
        unknown, known = axes.patches
        assert (to_hex(unknown.get_facecolor()), to_hex(known.get_facecolor())) == (
            to_hex(UNKNOWN),
            to_hex(colour),
        )
        np.testing.assert_allclose(known.get_data().values, np.nan_to_num(strip.values))
        np.testing.assert_allclose(unknown.get_data().values, np.isnan(strip.values))
        np.testing.assert_allclose(known.get_data().edges, [-0.05, 0.05, 0.2, 0.4])
        assert axes.get_ylabel() == strip.label
    assert figure.get_supxlabel() == "All is well."


def test_one_frame_is_a_strip_too():
    figure = Figure(layout="constrained")
    plot_quality(figure, "still", np.array([0.0]), Quality((QualityStrip("Gaps", np.array([1.0]), good=False),)))
    assert len(figure.axes) == 1


def test_without_strips_there_is_nothing_to_draw():
    with pytest.raises(InputError, match="no quality"):
        plot_quality(Figure(layout="constrained"), "empty", np.zeros(0), Quality())
