"""Two trials brought together: the path of the time warping, and where the bodies differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.plots.style import COLOUR_MAP, DOUBT, GOOD, PAGE_WIDTH, UNKNOWN
from neuropose_ray.render.records import Comparison, Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows of joints in a legible height, inches.
_JOINT_HEIGHT = 0.11
#: The scale ends where nearly all deviations are: one leap of a hand would make all others one colour.
_SCALE_PERCENTILE = 98


def plot_comparison(figure: Figure, comparison: Comparison) -> None:
    """Left the path with the line of equal tempo, right each joint's deviation along it, below what was compared.

    Args:
        figure: empty.
        comparison: deviations that are not known are grey.
    """
    joints, path = len(comparison.joint_names), comparison.path
    facts = "\n".join(f"{fact.label}: {fact.value}" for fact in comparison.facts)
    height = max(3.0, _JOINT_HEIGHT * joints) + 1.1 + 0.14 * len(comparison.facts)
    figure.set_size_inches(PAGE_WIDTH, height)
    figure.suptitle(f"{comparison.name_a} against {comparison.name_b}")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.5))
    first_times_s = comparison.times_a_s - comparison.times_a_s[0]
    second_times_s = comparison.times_b_s - comparison.times_b_s[0]
    left.plot([0, first_times_s[-1]], [0, second_times_s[-1]], color=UNKNOWN, label="equal tempo")
    left.plot(first_times_s[path[:, 0]], second_times_s[path[:, 1]], color=GOOD, label="time warping")
    left.set(xlabel=f"time in {comparison.name_a} (s)", ylabel=f"time in {comparison.name_b} (s)", title="Path")
    left.margins(0)
    left.legend(loc="upper left")
    # Several steps may belong to one moment of the first trial: they are shown one after the other.
    values = np.ma.masked_invalid(comparison.deviation_mm)  # numpy has no types for it
    known = comparison.deviation_mm[np.isfinite(comparison.deviation_mm)]
    top = float(np.percentile(known, _SCALE_PERCENTILE)) if len(known) else 1.0
    right.grid(visible=False)
    right.set_facecolor(UNKNOWN)
    image = right.pcolormesh(
        np.arange(len(path) + 1), np.arange(joints + 1), values, cmap=COLOUR_MAP, vmin=0, vmax=top, rasterized=True
    )
    right.set_yticks(np.arange(joints) + 0.5, [name.replace("_", " ") for name in comparison.joint_names], fontsize=5)
    right.yaxis.set_inverted(True)
    moments_s, steps = _round_moments(first_times_s[path[:, 0]])
    right.set_xticks(steps + 0.5, [f"{moment:g}" for moment in moments_s])
    right.set(
        xlabel=f"time in {comparison.name_a} (s), stretched along the path",
        title="Deviation of each joint after Procrustes",
    )
    figure.colorbar(image, ax=right, label="deviation (mm)", extend="max", shrink=0.6)
    figure.supxlabel(facts, fontsize=7, ha="left", x=0.02, color="black" if known.size else DOUBT)


def _round_moments(times_s: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Round times among ascending ones, and the position at which each is reached first."""
    from matplotlib.ticker import MaxNLocator

    ticks = np.asarray(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]).tick_values(times_s[0], times_s[-1]))
    moments = ticks[(ticks >= times_s[0]) & (ticks <= times_s[-1])]
    return moments, np.searchsorted(times_s, moments - 1e-9)
