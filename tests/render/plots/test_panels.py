"""What plots share: panels, lines with open gaps, bands of repetitions, one legend."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from neuropose_ray.render.plots.panels import band_legend, draw_bands, draw_line, panel_grid, side_legend
from neuropose_ray.render.plots.style import SIDE_COLOURS
from neuropose_ray.render.records import Band
from neuropose_ray.render.sides import Side

STRIKE = Band("event", "heel strike", Side.LEFT, 1.0, 1.0)
TOE_OFF = Band("event", "toe-off", Side.RIGHT, 1.5, 1.5)


@pytest.fixture
def figure():
    return Figure(layout="constrained")


@pytest.fixture
def axes(figure):
    return figure.subplots()


@pytest.mark.parametrize(("panels", "columns", "rows"), [(1, 1, 1), (3, 1, 3), (4, 2, 2), (5, 2, 3), (9, 2, 5)])
def test_panels_lie_below_each_other_and_from_the_fourth_on_in_two_columns(figure, panels, columns, rows):
    grid = panel_grid(figure, panels)
    assert len(grid) == len(figure.axes) == panels
    assert {axes.get_gridspec().ncols for axes in grid} == {columns}
    assert {axes.get_gridspec().nrows for axes in grid} == {rows}
    assert [axes.get_subplotspec().num1 for axes in grid] == list(range(panels))


def test_a_figure_is_as_wide_as_the_page_and_as_high_as_its_rows(figure):
    panel_grid(figure, 2)
    width, two_rows = figure.get_size_inches()
    panel_grid(figure, 6)
    assert figure.get_size_inches()[0] == width == 7.1
    assert figure.get_size_inches()[1] - two_rows == pytest.approx(1.55)


@pytest.mark.parametrize("panels", [1, 3, 4, 5])
def test_the_lowest_panel_of_each_column_has_the_times(figure, panels):
    columns = 1 if panels <= 3 else 2
    labelled = [axes.xaxis.get_tick_params()["labelbottom"] for axes in panel_grid(figure, panels)]
    assert labelled == [False] * (panels - columns) + [True] * columns


def test_panels_share_their_times_unless_they_are_different_things(figure):
    one, other = panel_grid(figure, 2)
    assert one.get_shared_x_axes().joined(one, other)
    one, other = panel_grid(Figure(), 2, share_x=False)
    assert not one.get_shared_x_axes().joined(one, other)


@pytest.mark.parametrize(
    ("known", "alone"),
    [("11111", []), ("00000", []), ("10101", [0, 2, 4]), ("11011", []), ("01000", [1]), ("11001", [4]), ("1", [0])],
)
def test_what_is_known_alone_between_gaps_is_a_dot(axes, known, alone):
    x = np.arange(len(known), dtype=float)
    y = np.where([each == "1" for each in known], x + 1, np.nan)
    draw_line(axes, x, y, color="#0072B2", alpha=0.5)
    line, *dots = axes.lines
    np.testing.assert_array_equal(line.get_ydata(), y)
    assert [place for dot in dots for place in dot.get_xdata()] == alone
    assert all((dot.get_color(), dot.get_alpha(), dot.get_linestyle()) == ("#0072B2", 0.5, "None") for dot in dots)


def spans(count):
    return [Band("repetition", str(n + 1), Side.MIDDLE, n, n + 0.8, n + 0.3) for n in range(count)]


def test_repetitions_are_numbered_at_their_turning_points_or_middles(axes):
    cut_off = Band("repetition", "3", Side.MIDDLE, 2.0, 3.0, complete=False)
    draw_bands(axes, [*spans(2), cut_off], labelled=True)
    assert [(text.get_text(), text.get_position()[0]) for text in axes.texts] == [("1", 0.3), ("2", 1.3), ("3", 2.5)]
    assert [patch.get_hatch() for patch in axes.patches] == [None, None, "///"]
    assert [(patch.get_x(), patch.get_width()) for patch in axes.patches] == pytest.approx(
        [(0, 0.8), (1, 0.8), (2, 1.0)]
    )


@pytest.mark.parametrize(("count", "labels"), [(40, 40), (41, 21), (100, 34)])
def test_numbers_are_thinned_out_before_they_lie_over_each_other(axes, count, labels):
    draw_bands(axes, spans(count), labelled=True)
    assert len(axes.texts) == labels
    assert len(axes.patches) == count
    assert axes.texts[0].get_text() == "1"


def test_where_there_is_no_room_there_are_no_numbers(axes):
    draw_bands(axes, spans(3), labelled=False)
    assert not axes.texts
    assert len(axes.patches) == 3


def test_gait_events_are_lines_in_the_colour_of_their_side_strikes_solid(axes):
    draw_bands(axes, [STRIKE, TOE_OFF], labelled=True)
    assert [(line.get_xdata()[0], line.get_linestyle()) for line in axes.lines] == [(1.0, "-"), (1.5, ":")]
    assert [to_rgba(line.get_color()) for line in axes.lines] == [
        to_rgba(SIDE_COLOURS[side]) for side in (Side.LEFT, Side.RIGHT)
    ]


def test_beside_repetitions_events_are_not_drawn_and_not_explained(axes):
    draw_bands(axes, [*spans(1), STRIKE], labelled=True)
    assert not axes.lines
    assert band_legend([*spans(1), STRIKE]) == []


def test_each_kind_of_event_is_explained_once():
    assert [(label, style["linestyle"]) for label, style in band_legend([TOE_OFF, STRIKE, STRIKE])] == [
        ("heel strike", "-"), ("toe-off", ":"),
    ]  # fmt: skip
    assert band_legend([Band("cycle", "1", Side.LEFT, 0, 1)]) == []


def test_one_legend_names_the_sides_that_are_there_and_the_rest(figure):
    side_legend(figure, {Side.MIDDLE: "trunk", Side.LEFT: "left leg"}, band_legend([STRIKE]))
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["left leg", "trunk", "heel strike"]
    assert legend.legend_handles[0].get_color() == SIDE_COLOURS[Side.LEFT]
