from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.quality import plot_quality
from neuropose_ray.render.plots.style import DOUBT, GOOD, UNKNOWN
from neuropose_ray.render.records import Quality, QualityStrip

TIMES = np.array([0.0, 0.1, 0.3, 0.4])
CONFIDENCE = QualityStrip("Confidence", np.array([0.9, np.nan, 0.4, 0.6]), good=True, doubt=0.5)
LIMBS = QualityStrip("Limb lengths", np.array([0.05, 0.2, np.nan, 0.1]), good=False, doubt=0.15, full=0.25, unit="%")
CHANGES = QualityStrip("Track changes", np.array([0.0, 1.0, 0.0, 0.0]), good=False, doubt=0.5, unit="yes or no")


def plotted(*strips):
    figure = Figure(layout="constrained")
    plot_quality(figure, "squat", TIMES, Quality(strips, ("All is well.",)))
    return figure


def test_a_strip_is_as_high_as_its_values_grey_where_they_are_not_known_and_coloured_where_they_are_doubtful():
    figure = plotted(CONFIDENCE, LIMBS)
    for axes, strip, is_doubtful in zip(figure.axes, (CONFIDENCE, LIMBS), ([0, 0, 1, 0], [0, 1, 0, 0]), strict=True):
        patches = {to_hex(patch.get_facecolor()): patch.get_data() for patch in axes.patches}
        assert patches.keys() == {to_hex(colour) for colour in (UNKNOWN, GOOD, DOUBT)}
        unknown, good, doubt = (patches[to_hex(colour)].values for colour in (UNKNOWN, GOOD, DOUBT))
        np.testing.assert_allclose(good + doubt, np.nan_to_num(strip.values))
        np.testing.assert_array_equal(doubt > 0, is_doubtful)
        np.testing.assert_allclose(unknown, np.isnan(strip.values) * strip.full)
        np.testing.assert_allclose(patches[to_hex(GOOD)].edges, [-0.05, 0.05, 0.2, 0.35, 0.45])
        assert axes.get_ylabel() == strip.label
    assert figure.get_supxlabel() == "All is well."


def test_limbs_that_change_by_a_twentieth_are_no_alarm():
    steady = replace(LIMBS, values=np.full(4, 0.05))
    (axes,) = plotted(steady).axes
    doubt = next(patch for patch in axes.patches if to_hex(patch.get_facecolor()) == to_hex(DOUBT))
    assert not doubt.get_data().values.any()


def test_every_strip_has_its_unit():
    figure = plotted(CONFIDENCE, LIMBS, CHANGES)
    ticks = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    assert ticks == [["0", "1"], ["0 %", "25 %"], ["no", "yes"]]


def test_a_long_summary_stays_on_the_page():
    figure = Figure(layout="constrained")
    plot_quality(figure, "squat", TIMES, Quality((CONFIDENCE,), ("word " * 100,)))
    assert max(len(line) for line in figure.get_supxlabel().splitlines()) <= 125


def test_one_frame_is_a_strip_too():
    figure = Figure(layout="constrained")
    plot_quality(
        figure, "still", np.array([0.0]), Quality((QualityStrip("Gaps", np.array([1.0]), good=False, doubt=0.1),))
    )
    assert len(figure.axes) == 1


def test_without_strips_there_is_nothing_to_draw():
    with pytest.raises(InputError, match="no quality"):
        plot_quality(Figure(layout="constrained"), "empty", np.zeros(0), Quality())
