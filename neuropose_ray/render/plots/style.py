"""The house style of all plots: one place for fonts, colours, lines and sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from neuropose_ray.errors import OutputError
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.atomic import atomic_write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")

#: Okabe and Ito's blue, vermilion and black, "Color Universal Design" (2008): told apart with any colour vision and,
#: by their lightness, in grey. They are the darker neighbours of the overlay's, since paper is white.
SIDE_COLOURS: Mapping[Side, str] = MappingProxyType(
    {Side.LEFT: "#0072B2", Side.RIGHT: "#D55E00", Side.MIDDLE: "#222222"}
)
SIDE_NAMES: Mapping[Side, str] = MappingProxyType({Side.LEFT: "left", Side.RIGHT: "right", Side.MIDDLE: "middle"})

#: For what is good, what is to be looked out for, what is not known, and parts of the time.
GOOD, DOUBT, UNKNOWN, BAND = "#0072B2", "#E69F00", "#CCCCCC", "#00000010"
#: Values that have an order: even in lightness, for any colour vision.
COLOUR_MAP = "viridis"

#: Width of a page's text, inches (A4 with usual margins); what fits it need not be scaled.
PAGE_WIDTH = 7.1

_DOTS_PER_INCH = 200
_SETTINGS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "font.family": "DejaVu Sans", "font.size": 8, "axes.titlesize": 8, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7,
        "legend.fontsize": 7, "legend.frameon": False, "figure.titlesize": 10,
        "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6,
        "axes.grid": True, "axes.axisbelow": True, "grid.color": "#E6E6E6", "grid.linewidth": 0.5,
        "lines.linewidth": 1.2, "lines.solid_capstyle": "round",
        "figure.constrained_layout.w_pad": 0.08, "savefig.dpi": _DOTS_PER_INCH, "figure.facecolor": "white",
        # Text stays text: searchable, and editable in a drawing program.
        "svg.fonttype": "none", "pdf.fonttype": 42,
    }
)  # fmt: skip

#: Draws into an empty figure.
Draw = Callable[["Figure"], None]


def save_plot(path: Path, draw: Draw) -> None:
    """Draw a figure in the house style and write it as PNG, SVG or PDF, atomically; no window, no global state stays.

    Args:
        path: its ending names the format.
        draw: one of the functions of this room, given its records; it may set the figure's size.

    Raises:
        OutputError: another ending, or the file system refuses.
    """
    suffix = path.suffix.removeprefix(".").lower()
    if suffix not in FORMATS:
        raise OutputError(f"no picture format {path.suffix!r}", where=str(path), hint="use .png, .svg or .pdf")
    with _house_style() as figure:
        draw(figure)
        with atomic_write(path) as file:
            figure.savefig(file, format=suffix)


@contextmanager
def _house_style() -> Iterator[Figure]:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(dict(_SETTINGS)):
        figure = Figure(layout="constrained")
        FigureCanvasAgg(figure)
        yield figure


def with_unit(label: str, unit: str) -> str:
    """An axis's label with its unit: "Knee flexion (°)"."""
    shown = {"deg": "°"}.get(unit, unit)
    return f"{label} ({shown})" if shown else label
