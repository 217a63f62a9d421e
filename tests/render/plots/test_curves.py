from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.curves import mean_and_sd, plot_angles, plot_cycles
from neuropose_ray.render.plots.style import SIDE_COLOURS
from neuropose_ray.render.records import Band, Curve, CycleCurve
from neuropose_ray.render.sides import Side

TIMES = np.arange(50) / 10


def knee(side, raw, cleaned=None):
    return Curve("knee_flexion", "Knee flexion", "deg", side, raw, cleaned, "Between thigh and shank.")


def lines_of(axes, colour):
    return [line for line in axes.lines if line.get_color() == colour]


def test_left_and_right_share_a_panel_each_with_its_raw_curve_behind():
    raw, cleaned = np.sin(TIMES), np.sin(TIMES) / 2
    figure = Figure(layout="constrained")
    plot_angles(figure, "squat", TIMES, [knee(side, raw, cleaned) for side in (Side.LEFT, Side.RIGHT)], [])
    (axes,) = figure.axes
    for side in (Side.LEFT, Side.RIGHT):
        thin, thick = lines_of(axes, SIDE_COLOURS[side])
        np.testing.assert_array_equal(thin.get_ydata(), raw)
        np.testing.assert_array_equal(thick.get_ydata(), cleaned)
        assert thin.get_linewidth() < thick.get_linewidth()
    assert (axes.get_title(loc="left") or axes.get_title()) == "Knee flexion"
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("angle (°)", "time (s)")


def test_what_cannot_be_relied_on_is_faint_and_said_so():
    figure = Figure(layout="constrained")
    sure, unsure = (knee(side, np.sin(TIMES), np.sin(TIMES)) for side in (Side.LEFT, Side.RIGHT))
    plot_angles(figure, "squat", TIMES, [sure, replace(unsure, unreliable="The foot is short.")], [])
    (axes,) = figure.axes
    (_, left), (_, right) = (lines_of(axes, SIDE_COLOURS[side]) for side in (Side.LEFT, Side.RIGHT))
    assert (left.get_alpha(), right.get_alpha()) == (1.0, 0.35)
    assert (axes.get_title(loc="left") or axes.get_title()) == "Knee flexion, not reliable"


def test_cycles_that_cannot_be_relied_on_are_faint_and_said_so():
    figure = Figure(layout="constrained")
    sure, unsure = (
        CycleCurve("knee_flexion", "Knee flexion", "deg", side, np.linspace(0, 100, 5), np.ones((2, 5)), why)
        for side, why in ((Side.LEFT, ""), (Side.RIGHT, "The foot is short."))
    )
    plot_cycles(figure, "squat", [sure, unsure])
    (axes,) = figure.axes
    left, right = (lines_of(axes, SIDE_COLOURS[side])[-1] for side in (Side.LEFT, Side.RIGHT))
    assert (left.get_alpha(), right.get_alpha()) == (1.0, 0.35)
    assert (axes.get_title(loc="left") or axes.get_title()) == "Knee flexion, not reliable"


def test_gaps_stay_open_and_what_is_known_alone_between_them_is_a_dot():
    values = np.sin(TIMES)
    values[[10, 12]] = np.nan
    figure = Figure(layout="constrained")
    plot_angles(figure, "squat", TIMES, [knee(Side.LEFT, values)], [])
    line, dot = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_ydata(), values)
    assert (dot.get_xdata().tolist(), dot.get_marker()) == ([TIMES[11]], ".")


def test_repetitions_are_numbered_bands_and_those_cut_off_are_hatched():
    bands = [
        Band("repetition", "1", Side.MIDDLE, 0.5, 2.0, 1.2),
        Band("repetition", "2", Side.MIDDLE, 3.0, 4.9, complete=False),
        Band("event", "heel strike", Side.LEFT, 1.0, 1.0),
    ]
    figure = Figure(layout="constrained")
    plot_angles(figure, "squat", TIMES, [knee(Side.LEFT, np.sin(TIMES))], bands)
    (axes,) = figure.axes
    assert [patch.get_hatch() for patch in axes.patches] == [None, "///"]
    assert [(text.get_text(), text.get_position()[0]) for text in axes.texts] == [("1", 1.2), ("2", 3.95)]
    assert len(axes.lines) == 1


def test_gait_events_are_lines_of_their_sides_colour_that_the_legend_names():
    bands = [
        Band("event", "heel strike", Side.LEFT, 1.0, 1.0),
        Band("event", "toe off", Side.RIGHT, 1.5, 1.5),
        Band("cycle", "1", Side.LEFT, 1.0, 2.0),
    ]
    figure = Figure(layout="constrained")
    plot_angles(figure, "walk", TIMES, [knee(Side.MIDDLE, np.sin(TIMES))], bands)
    _, strike, off = figure.axes[0].lines
    assert (strike.get_color(), strike.get_linestyle()) == (SIDE_COLOURS[Side.LEFT], "-")
    assert (off.get_color(), off.get_linestyle()) == (SIDE_COLOURS[Side.RIGHT], ":")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["middle", "pose model, before the fit (thin)", "heel strike", "toe off"]


@pytest.mark.parametrize("names", [1, 3, 4, 7])
def test_there_is_a_panel_for_each_name(names):
    figure = Figure(layout="constrained")
    cycles = [
        CycleCurve(f"angle_{name}", f"Angle {name}", "deg", side, np.linspace(0, 100, 11), np.ones((3, 11)))
        for name in range(names)
        for side in (Side.LEFT, Side.RIGHT)
    ]
    plot_cycles(figure, "squat", cycles)
    assert [axes.get_title(loc="left") or axes.get_title() for axes in figure.axes] == [
        f"Angle {name}" for name in range(names)
    ]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:2] == ["left (n = 3)", "right (n = 3)"]


def test_nothing_to_draw_is_an_error_that_says_so():
    with pytest.raises(InputError, match="nothing to plot"):
        plot_cycles(Figure(layout="constrained"), "walk", [])


@given(
    arrays(
        np.float64, st.tuples(st.integers(2, 5), st.integers(1, 6)),
        elements=st.one_of(st.just(np.nan), st.floats(-180, 180, width=32)),
    )
)  # fmt: skip
def test_mean_and_sd_count_what_is_known_alone(values):
    mean, sd = mean_and_sd(values)
    for column, mean_here, sd_here in zip(values.T, mean, sd, strict=True):
        known = column[np.isfinite(column)]
        assert mean_here == pytest.approx(known.mean(), abs=1e-9) if len(known) else np.isnan(mean_here)
        assert sd_here == pytest.approx(known.std(ddof=1), abs=1e-6) if len(known) > 1 else np.isnan(sd_here)
