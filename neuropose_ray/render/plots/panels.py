"""What several plots have in common: a panel for each name, lines with visible gaps, bands of repetitions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose_ray.render.plots.style import BAND, PAGE_WIDTH, SIDE_COLOURS
from neuropose_ray.render.records import Band, Floats
from neuropose_ray.render.sides import Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_HEIGHT = 1.55
#: Up to so many panels each has the width of the page.
_ONE_COLUMN = 3
#: Labels of more bands than this would lie over each other.
_LABELLED = 40


def panel_grid(figure: Figure, panels: int, *, share_x: bool = True) -> list[Axes]:
    """Panels below each other, from the fourth on in two columns; the figure gets their height."""
    columns = 1 if panels <= _ONE_COLUMN else 2
    rows = math.ceil(panels / columns)
    figure.set_size_inches(PAGE_WIDTH, rows * _PANEL_HEIGHT + 0.9)
    grid = figure.subplots(rows, columns, sharex=share_x, squeeze=False)
    places: list[Axes] = list(grid.ravel())
    for unused in places[panels:]:
        unused.remove()
    if share_x:
        # Where the last row is not full, the panel above its empty place is the lowest of its column.
        for lowest in places[max(panels - columns, 0) : panels]:
            lowest.tick_params(labelbottom=True)
    return places[:panels]


def draw_line(axes: Axes, x: Floats, y: Floats, **style: Any) -> None:
    """A line that breaks at NaN; a known value between two gaps is a dot, which a line alone would not show."""
    known = np.isfinite(y)
    alone = known & ~np.concatenate([[False], known[:-1]]) & ~np.concatenate([known[1:], [False]])
    (line,) = axes.plot(x, y, **style)
    if alone.any():
        axes.plot(x[alone], y[alone], ".", color=line.get_color(), alpha=style.get("alpha"), markersize=2)


def draw_bands(axes: Axes, bands: Sequence[Band], *, labelled: bool) -> None:
    """Repetitions grey with their numbers (those cut off hatched), else gait events as lines of their side's colour.

    Heel strikes are solid, toe-offs dotted; see :func:`band_legend`.

    Args:
        axes: over time, s.
        bands: of all kinds.
        labelled: whether there is room for the numbers.
    """
    spans = [band for band in bands if band.kind == "repetition"]
    for index, band in enumerate(spans):
        axes.axvspan(
            band.start_s, band.end_s, facecolor=BAND, edgecolor="#00000030" if not band.complete else "none",
            hatch=None if band.complete else "///", linewidth=0,
        )  # fmt: skip
        middle = band.peak_s if band.peak_s is not None else (band.start_s + band.end_s) / 2
        if labelled and (len(spans) <= _LABELLED or index % math.ceil(len(spans) / _LABELLED) == 0):
            axes.text(
                middle, 0.98, band.label, transform=axes.get_xaxis_transform(), ha="center", va="top", fontsize=7
            )
    if spans:
        return
    for band in bands:
        if band.kind == "event":
            style = _event_style(band.label)
            axes.axvline(band.start_s, color=SIDE_COLOURS[band.side], linewidth=0.7, linestyle=style, alpha=0.6)


def band_legend(bands: Sequence[Band]) -> list[tuple[str, dict[str, Any]]]:
    """What the lines of :func:`draw_bands` are, for :func:`side_legend`; nothing where repetitions are shown."""
    if any(band.kind == "repetition" for band in bands):
        return []
    labels = dict.fromkeys(band.label for band in bands if band.kind == "event")
    return [
        (label, {"color": "#777777", "linewidth": 0.7, "linestyle": _event_style(label)}) for label in sorted(labels)
    ]


def side_legend(figure: Figure, sides: Mapping[Side, str], extra: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """One legend for all panels, below them: the sides with their labels, and what else needs a word."""
    from matplotlib.lines import Line2D

    order = (Side.LEFT, Side.RIGHT, Side.MIDDLE)
    handles = [Line2D([], [], color=SIDE_COLOURS[side], label=sides[side]) for side in order if side in sides]
    handles += [Line2D([], [], label=label, **style) for label, style in extra]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))


def _event_style(label: str) -> str:
    return "-" if "strike" in label else ":"
