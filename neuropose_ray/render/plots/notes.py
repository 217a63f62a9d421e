"""What a reader of a plot should know, below it: a picture travels without the terminal that said so."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuropose_ray.render.plots.style import Draw

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FONT_SIZE = 6
#: Letters of that size in a line of the page's width, and the height of a line in inches.
_LINE_LETTERS, _LINE_HEIGHT = 150, 0.11
#: Empty lines at the very foot, where the legend is.
_LEGEND_LINES = 3


def with_warnings(draw: Draw, warnings: Sequence[str]) -> Draw:
    """The same figure with warnings in small letters at its foot, for which it grows.

    Args:
        draw: a figure without text at its foot.
        warnings: a sentence each.
    """
    lines = [line for text in warnings for line in textwrap.wrap(text, _LINE_LETTERS, subsequent_indent="  ")]
    if not lines:
        return draw

    def draw_with_warnings(figure: Figure) -> None:
        draw(figure)
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height + _LINE_HEIGHT * (len(lines) + _LEGEND_LINES))
        figure.supxlabel("\n".join(lines) + _LEGEND_LINES * "\n ", fontsize=_FONT_SIZE, ha="left", x=0.02)

    return draw_with_warnings
