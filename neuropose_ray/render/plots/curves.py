"""Angles over time, and their mean over the cycle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.panels import band_legend, draw_bands, draw_line, panel_grid, side_legend
from neuropose_ray.render.plots.style import SIDE_COLOURS, SIDE_NAMES, with_unit
from neuropose_ray.render.records import Band, Curve, CycleCurve, Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Opacity of curves that cannot be relied on.
_UNRELIABLE = 0.35


def plot_angles(
    figure: Figure, title: str, timestamps_s: Floats, curves: Sequence[Curve], bands: Sequence[Band]
) -> None:
    """A panel for each angle, left and right in it: the fitted and cleaned curve, and thin behind it the pose
    model's; what cannot be relied on is faint.

    Args:
        figure: empty.
        title: above all.
        timestamps_s: ``(frames,)``.
        curves: of the angles to be shown; NaN breaks a line.
        bands: of repetitions, else of gait events.

    Raises:
        InputError: there are no curves.
    """
    panels = _panels(figure, title, curves)
    for index, (axes, name) in enumerate(panels):
        mine = [curve for curve in curves if curve.name == name]
        for curve in mine:
            colour = SIDE_COLOURS[curve.side]
            if curve.cleaned is not None:
                draw_line(axes, timestamps_s, curve.raw, color=colour, linewidth=0.6, alpha=0.45)
            shown = curve.raw if curve.cleaned is None else curve.cleaned
            draw_line(axes, timestamps_s, shown, color=colour, alpha=_UNRELIABLE if curve.unreliable else 1.0)
        _labelled(axes, mine[0].label, mine[0].unit, _doubt(mine))
        axes.margins(x=0, y=0.12)
        draw_bands(axes, bands, labelled=index < 2)
    _bottom(panels, "time (s)")
    raw = [("pose model, before the fit (thin)", {"color": "#777777", "linewidth": 0.6})]
    sides = {curve.side: SIDE_NAMES[curve.side] for curve in curves}
    side_legend(figure, sides, [*raw, *band_legend(bands)])


def plot_cycles(figure: Figure, title: str, cycles: Sequence[CycleCurve]) -> None:
    """A panel for each angle: every cycle thin, their mean, and one standard deviation on either side of it; what
    cannot be relied on is faint.

    Args:
        figure: empty.
        title: above all.
        cycles: NaN does not count for mean and SD (over n - 1), which are left out where fewer than two are known.

    Raises:
        InputError: there are no cycles.
    """
    panels = _panels(figure, title, cycles)
    for axes, name in panels:
        mine = [curve for curve in cycles if curve.name == name]
        for curve in mine:
            mean, sd = mean_and_sd(curve.values)
            colour = SIDE_COLOURS[curve.side]
            shown = _UNRELIABLE if curve.unreliable else 1.0
            axes.plot(curve.percent, curve.values.T, color=colour, linewidth=0.4, alpha=0.35 * shown)
            axes.fill_between(curve.percent, mean - sd, mean + sd, color=colour, alpha=0.2 * shown, linewidth=0)
            draw_line(axes, curve.percent, mean, color=colour, alpha=shown)
        _labelled(axes, mine[0].label, mine[0].unit, _doubt(mine))
        axes.margins(x=0)
    _bottom(panels, "cycle (%)")
    sides = {curve.side: f"{SIDE_NAMES[curve.side]} (n = {len(curve.values)})" for curve in cycles}
    side_legend(figure, sides, [("mean, 1 SD on either side, every cycle thin", {"color": "none"})])


def mean_and_sd(values: Floats) -> tuple[Floats, Floats]:
    """``(points,)`` each, over what is known of ``(cycles, points)``; NaN without any, SD with fewer than two."""
    known = np.isfinite(values)
    count = known.sum(0)
    filled = np.where(known, values, 0)
    mean = np.divide(filled.sum(0), count, out=np.full(values.shape[1], np.nan), where=count > 0)
    squares = (np.where(known, values - mean, 0) ** 2).sum(0)
    variance = np.divide(squares, count - 1, out=np.full(values.shape[1], np.nan), where=count > 1)
    return mean, np.asarray(np.sqrt(variance))


def _panels(figure: Figure, title: str, curves: Sequence[Curve | CycleCurve]) -> list[tuple[Axes, str]]:
    names = list(dict.fromkeys(curve.name for curve in curves))
    if not names:
        raise InputError("there is nothing to plot", where=title, hint="no such curves were found in this trial")
    figure.suptitle(title)
    return list(zip(panel_grid(figure, len(names)), names, strict=True))


def _doubt(curves: Sequence[Curve | CycleCurve]) -> str:
    return ", not reliable" if any(curve.unreliable for curve in curves) else ""


def _labelled(axes: Axes, label: str, unit: str, doubt: str = "") -> None:
    axes.set_title(label + doubt)
    axes.set_ylabel(with_unit("angle" if unit == "deg" else label, unit))


def _bottom(panels: Sequence[tuple[Axes, str]], label: str) -> None:
    for axes, _ in panels[-2:] if len(panels) > 3 else panels[-1:]:
        axes.set_xlabel(label)
