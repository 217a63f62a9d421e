"""Distances between many trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.render.plots.style import COLOUR_MAP, UNKNOWN
from neuropose_ray.render.records import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Inches per trial: a label of 7 points fits.
_CELL_INCHES = 0.16
#: More trials than this cannot be read by their names on any paper.
_LABELLED = 150
#: Numbers are written into the cells up to this many trials.
_NUMBERED = 15


def plot_matrix(figure: Figure, names: Sequence[str], matrix: Floats, order: Sequence[str], unit: str) -> None:
    """A heat map; near is dark, what is not known is grey.

    Args:
        figure: empty.
        names: of at least one trial.
        matrix: ``(trials, trials)`` distances in the order of the names, NaN where a trial failed.
        order: the names in the order of the map.
        unit: of the distances, for the scale beside the map.
    """
    places = [names.index(name) for name in order]
    distances = matrix[np.ix_(places, places)]
    side = max(4.0, min(24.0, _CELL_INCHES * len(order) + 2.5))
    figure.set_size_inches(side + 1, side)
    axes = figure.add_subplot(facecolor=UNKNOWN)
    axes.grid(visible=False)
    image = axes.imshow(distances, cmap=COLOUR_MAP, interpolation="nearest")
    figure.colorbar(image, ax=axes, label=f"distance ({unit})", shrink=0.8)
    axes.set_title("Distances by dynamic time warping, like beside like")
    if len(order) <= _LABELLED:
        axes.set_xticks(range(len(order)), order, rotation=90)
        axes.set_yticks(range(len(order)), order)
    if len(order) <= _NUMBERED:
        known = distances[np.isfinite(distances)]
        middle = (known.min() + known.max()) / 2 if len(known) else 0
        for row, column in np.argwhere(np.isfinite(distances)).tolist():
            shade = "black" if distances[row, column] > middle else "white"
            axes.text(column, row, f"{distances[row, column]:.2f}", ha="center", va="center", fontsize=6, color=shade)
