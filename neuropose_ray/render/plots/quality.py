"""How far the numbers can be trusted, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.style import DOUBT, GOOD, PAGE_WIDTH, UNKNOWN
from neuropose_ray.render.records import Floats, Quality

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STRIP_HEIGHT = 0.55


def plot_quality(figure: Figure, title: str, timestamps_s: Floats, quality: Quality) -> None:
    """A strip for each kind of trust or doubt, 0 to 1, grey where it is not known; the summary below.

    Args:
        figure: empty.
        title: above all.
        timestamps_s: ``(frames,)``.
        quality: strips of the same frames.

    Raises:
        InputError: there are no strips.
    """
    if not quality.strips:
        raise InputError("there is no quality to plot", where=title, hint="nobody was found in this trial")
    summary = "\n".join(quality.summary)
    figure.set_size_inches(PAGE_WIDTH, len(quality.strips) * _STRIP_HEIGHT + 0.9 + 0.14 * len(quality.summary))
    figure.suptitle(title)
    grid = figure.subplots(len(quality.strips), 1, sharex=True, squeeze=False)[:, 0]
    edges = _edges(timestamps_s)
    for axes, strip in zip(grid, quality.strips, strict=True):
        axes.stairs(np.isnan(strip.values).astype(float), edges, fill=True, color=UNKNOWN)
        axes.stairs(np.nan_to_num(strip.values), edges, fill=True, color=GOOD if strip.good else DOUBT)
        axes.set_ylim(0, 1)
        axes.set_yticks([0, 1])
        axes.margins(x=0)
        axes.set_ylabel(strip.label, rotation=0, ha="right", va="center")
    grid[-1].set_xlabel("time (s)")
    figure.supxlabel(summary, fontsize=7, ha="left", x=0.02)


def _edges(timestamps_s: Floats) -> Floats:
    """``(frames + 1,)``: each frame reaches half way to its neighbours."""
    if len(timestamps_s) < 2:
        return np.array([timestamps_s[0] - 0.5, timestamps_s[0] + 0.5])
    middles = (timestamps_s[1:] + timestamps_s[:-1]) / 2
    first = 2 * timestamps_s[0] - middles[0]
    last = 2 * timestamps_s[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])
