"""A distance matrix as a picture: like trials stand beside like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.schemas.atomic import atomic_write

if TYPE_CHECKING:
    from neuropose_ray.analysis.dtw.matrix import DistanceMatrix

#: Inches per trial: a label of 7 points fits.
_CELL_INCHES = 0.16
#: More trials than this cannot be read by their names on any paper.
_LABELLED = 150
#: Numbers are written into the cells up to this many trials.
_NUMBERED = 15


def draw_heat_map(path: Path, distances: DistanceMatrix, unit: str) -> None:
    """Write the matrix as PNG, SVG or PDF, in the order of its clustering; trials that failed are grey.

    Args:
        path: its ending names the format: .png, .svg or .pdf.
        distances: of at least one trial.
        unit: of the distances, for the scale beside the map.

    Raises:
        OutputError: the file system refuses.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    places = [distances.names.index(name) for name in distances.order]
    values = distances.matrix[np.ix_(places, places)]
    side = max(4.0, min(24.0, _CELL_INCHES * len(places) + 2.5))
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(facecolor="0.8")
    image = axes.imshow(values, cmap="viridis_r", interpolation="nearest")
    figure.colorbar(image, ax=axes, label=f"distance, {unit}", shrink=0.8)
    axes.set_title("DTW distances, like beside like")
    if len(places) <= _LABELLED:
        axes.set_xticks(range(len(places)), distances.order, rotation=90, fontsize=7)
        axes.set_yticks(range(len(places)), distances.order, fontsize=7)
    if len(places) <= _NUMBERED:
        middle = np.nanmean(values) if np.isfinite(values).any() else 0
        for row, column in np.argwhere(np.isfinite(values)).tolist():
            shade = "white" if values[row, column] > middle else "black"
            axes.text(column, row, f"{values[row, column]:.2f}", ha="center", va="center", fontsize=6, color=shade)
    with atomic_write(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150)
