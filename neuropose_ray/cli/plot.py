"""`neuropose-ray plot`: figures for papers and slides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import numpy as np
import typer

from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuropose_ray.render import Curve, CycleCurve, ReportContent

#: What most movements are made of; more panels do not fit a page.
USUAL_ANGLES = (
    "hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_elevation", "elbow_flexion", "trunk_forward_lean",
)  # fmt: skip
USUAL_JOINTS = tuple(f"{side}_{part}" for part in ("hip", "knee", "ankle", "wrist") for side in ("left", "right"))
#: Shows everything.
ALL = "all"

_Named = TypeVar("_Named", "Curve", "CycleCurve")


class Kind(StrEnum):
    """The kinds of figures."""

    ANGLES = "angles"
    TRAJECTORIES = "trajectories"
    CYCLES = "cycles"
    QUALITY = "quality"
    DTW = "dtw"
    MATRIX = "matrix"


class Format(StrEnum):
    """How it is written."""

    PNG = "png"
    SVG = "svg"
    PDF = "pdf"


def plot(
    trial: Annotated[
        Path, typer.Argument(help="A trial: OUT/NAME or its predictions; for matrix the JSON of `dtw-matrix`.")
    ],
    kind: Annotated[Kind, typer.Option(help="What to plot; dtw needs --against.")],
    file_format: Annotated[
        Format | None, typer.Option("--format", help="[default: that of --out, else png]", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Picture. [default: KIND.FORMAT beside the trial's files]")
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            help="An angle (knee_flexion) or a joint (left_knee) instead of the usual ones; all; repeatable."
        ),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="The trial that dtw compares with.")] = None,
    track: Annotated[int | None, typer.Option(help="A person by track id. [default: who is seen longest]")] = None,
) -> None:
    """Draw a figure with labelled axes and units, in colours for any colour vision.

    Of one trial: angles over time with the repetitions behind them, joint trajectories, mean and SD over the cycles
    (left against right), or quality. Of two: the path of the time warping and the deviation of each joint. Of many:
    the matrix of their distances.

    For example:

    neuropose-ray plot results/squat --kind cycles --format pdf

    neuropose-ray plot results/after --kind dtw --against results/before --out compared.svg

    neuropose-ray plot distances.json --kind matrix
    """
    from neuropose_ray.render import save_plot

    if (kind is Kind.DTW) != (against is not None):
        raise SettingsError("--against goes with --kind dtw, and dtw needs it")
    if out and file_format and out.suffix != f".{file_format}":
        raise SettingsError(f"--out {out} is not {file_format}", hint="leave --format out")
    target = out or _beside(trial, kind) / f"{kind}.{file_format or Format.PNG}"
    save_plot(target, _matrix(trial) if kind is Kind.MATRIX else _of_trial(trial, kind, show, against, track))
    typer.echo(target)


def _beside(trial: Path, kind: Kind) -> Path:
    from neuropose_ray.schemas.result_files import predictions_in

    return trial.parent if kind is Kind.MATRIX else predictions_in(trial).parent


def _of_trial(
    trial: Path, kind: Kind, show: list[str] | None, against: Path | None, track: int | None
) -> Callable[[Figure], None]:
    """What draws the figure of one trial, or of two."""
    from neuropose_ray.render import plot_angles, plot_comparison, plot_cycles, plot_quality
    from neuropose_ray.report import report_content

    content = report_content(trial, against=against, track=track)
    title, times = content.title, content.timestamps_s
    if content.comparison is not None:
        comparison = content.comparison
        return lambda figure: plot_comparison(figure, comparison)
    if kind is Kind.QUALITY:
        return lambda figure: plot_quality(figure, title, times, content.quality)
    if kind is Kind.TRAJECTORIES:
        return _trajectories(content, show)
    if kind is Kind.CYCLES:
        cycles = _chosen(content.cycles, show)
        return lambda figure: plot_cycles(figure, title, cycles)
    curves = _chosen(content.curves, show)
    return lambda figure: plot_angles(figure, title, times, curves, content.bands)


def _trajectories(content: ReportContent, show: list[str] | None) -> Callable[[Figure], None]:
    from neuropose_ray.render import plot_trajectories

    if show == [ALL]:
        joints = content.skeleton.joint_names
    else:
        joints = tuple(show) if show else tuple(name for name in USUAL_JOINTS if content.skeleton.has(name))
    positions = np.full((len(content.timestamps_s), len(content.skeleton), 3), np.nan)
    main = next((person.positions for person in content.people if person.main), positions)
    return lambda figure: plot_trajectories(
        figure, content.title, content.timestamps_s, content.skeleton, main, content.bands, joints
    )


def _matrix(file: Path) -> Callable[[Figure], None]:
    from neuropose_ray.analysis import DistanceMatrixRecord
    from neuropose_ray.render import plot_matrix
    from neuropose_ray.schemas.json_files import read_json, validated

    record = validated(DistanceMatrixRecord, read_json(file), str(file))
    angles = record.settings.channels.representation == "angles"
    unit = "no unit" if record.settings.warping.z_normalise else "rad" if angles else "mm"
    return lambda figure: plot_matrix(figure, record.names, np.array(record.matrix, np.float64), record.order, unit)


def _chosen(curves: Iterable[_Named], show: list[str] | None) -> list[_Named]:
    """Those that are asked for, by the name that both sides share.

    Raises:
        SettingsError: there is no such curve.
    """
    given = list(curves)
    if show == [ALL]:
        return given
    known = list(dict.fromkeys(curve.name for curve in given))
    unknown = [name for name in show or () if name not in known]
    if unknown and known:
        raise SettingsError(f"no angle {', '.join(unknown)}", hint=f"there are {', '.join(known)}")
    return [curve for name in show or USUAL_ANGLES for curve in given if curve.name == name]
