"""How far the numbers can be trusted, over time."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from neuropose_ray.errors import InputError
from neuropose_ray.render.plots.style import DOUBT, GOOD, PAGE_WIDTH, UNKNOWN
from neuropose_ray.render.records import Floats, Quality, QualityStrip

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STRIP_HEIGHT = 0.55
#: Characters of the summary on a line of the page.
_SUMMARY_WIDTH = 125


def plot_quality(figure: Figure, title: str, timestamps_s: Floats, quality: Quality) -> None:
    """A strip for each kind of trust or doubt with its unit, grey where it is not known; the summary below.

    What is doubtful has another colour; a dotted line shows where doubt begins.

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
    lines = [line for text in quality.summary for line in wrap(text, _SUMMARY_WIDTH)]
    figure.set_size_inches(PAGE_WIDTH, len(quality.strips) * _STRIP_HEIGHT + 0.9 + 0.14 * len(lines))
    figure.suptitle(title)
    grid = figure.subplots(len(quality.strips), 1, sharex=True, squeeze=False)[:, 0]
    edges = _edges(timestamps_s)
    for axes, strip in zip(grid, quality.strips, strict=True):
        values = np.nan_to_num(strip.values)
        doubtful = values < strip.doubt if strip.good else values > strip.doubt
        axes.stairs(np.isnan(strip.values) * strip.full, edges, fill=True, color=UNKNOWN)
        axes.stairs(np.where(doubtful, 0, values), edges, fill=True, color=GOOD)
        axes.stairs(np.where(doubtful, values, 0), edges, fill=True, color=DOUBT)
        if strip.unit != "yes or no":
            axes.axhline(strip.doubt, color="#777777", linewidth=0.6, linestyle=":")
        axes.set_ylim(0, strip.full)
        axes.set_yticks([0, strip.full], [_written(value, strip) for value in (0, strip.full)])
        axes.margins(x=0)
        axes.set_ylabel(strip.label, rotation=0, ha="right", va="center")
    figure.align_ylabels(grid)
    grid[-1].set_xlabel("time (s)")
    figure.supxlabel("\n".join(lines), fontsize=7, ha="left", x=0.02)


def _written(value: float, strip: QualityStrip) -> str:
    if strip.unit == "yes or no":
        return "yes" if value else "no"
    return f"{100 * value:.0f} %" if strip.unit == "%" else f"{value:g}"


def _edges(timestamps_s: Floats) -> Floats:
    """``(frames + 1,)``: each frame reaches half way to its neighbours."""
    if len(timestamps_s) < 2:
        return np.array([timestamps_s[0] - 0.5, timestamps_s[0] + 0.5])
    middles = (timestamps_s[1:] + timestamps_s[:-1]) / 2
    first = 2 * timestamps_s[0] - middles[0]
    last = 2 * timestamps_s[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])
