"""`neuropose-ray plot`: figures for papers and slides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from neuropose_ray.cli.options import CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, Track, one_person, person_option, require_one_choice
from neuropose_ray.errors import InputError, SettingsError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from neuropose_ray.render import Curve, CycleCurve, PersonTrack, ReportContent
    from neuropose_ray.schemas.skeleton import Skeleton

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
            help="A joint (knee), an angle (knee_flexion), or for trajectories one side's joint (left_knee), instead "
            "of the usual ones; several with commas; all."
        ),
    ] = None,
    against: Annotated[Path | None, typer.Option(help="The trial that dtw compares with.")] = None,
    track: Track = None,
    person: Annotated[
        Person, person_option(f"{PERSON_HELP} all: a figure of each, trackN.KIND.FORMAT.")
    ] = Person.LONGEST,
    capture_fps: CaptureFps = None,
) -> None:
    """Draw a figure with labelled axes and units, in colours for any colour vision.

    Of one trial: angles over time with the repetitions behind them, joint trajectories, mean and SD over the cycles
    (left against right), or quality. Of two: the path of the time warping and the deviation of each joint. Of many:
    the matrix of their distances. --person and --capture-fps hold for the trial of --against as well.

    For example:

    neuropose-ray plot results/squat --kind cycles --show knee,hip --format pdf

    neuropose-ray plot results/after --kind dtw --against results/before --out compared.svg

    neuropose-ray plot distances.json --kind matrix
    """
    from neuropose_ray.render import save_plot
    from neuropose_ray.report import ReportSettings, report_content

    if (kind is Kind.DTW) != (against is not None):
        raise SettingsError("--against goes with --kind dtw, and dtw needs it")
    if out and file_format and out.suffix != f".{file_format}":
        raise SettingsError(f"--out {out} is not {file_format}", hint="leave --format out")
    require_one_choice(track, person)
    name = f"{kind}.{file_format or Format.PNG}"
    if kind is Kind.MATRIX:
        target = out or trial.parent / name
        save_plot(target, _matrix(trial))
        typer.echo(target)
        return
    for who, stem in _people(trial, kind, track, person, out).items():
        target = out or _folder(trial) / f"{stem}{name}"
        rule = "longest" if person is Person.ALL else one_person(person, "plot")
        content = report_content(
            trial, against=against, track=who, people=rule, capture_fps=capture_fps,
            settings=ReportSettings(max_people=1),
        )  # fmt: skip
        save_plot(target, _of_trial(content, kind, _names(show)))
        typer.echo(target)


def _names(show: Sequence[str] | None) -> list[str]:
    """The names of options that may hold several each."""
    return [name.strip() for names in show or () for name in names.split(",") if name.strip()]


def _folder(trial: Path) -> Path:
    from neuropose_ray.schemas.result_files import predictions_in

    return predictions_in(trial).parent


def _people(trial: Path, kind: Kind, track: int | None, person: Person, out: Path | None) -> dict[int | None, str]:
    """The tracks of whom a figure is drawn, None for whom a rule chooses, with what its file's name begins with.

    Raises:
        SettingsError: figures of everybody are asked for where one alone can be.
        InputError: nobody is seen.
    """
    if person is not Person.ALL:
        return {track: ""}
    if kind is Kind.DTW:
        one_person(person, "--kind dtw")
    if out is not None:
        raise SettingsError("--out is for one figure", hint="leave it out: --person all names a file for each track")
    from neuropose_ray.analysis import load_trial

    tracks = load_trial(trial).chosen_tracks("all")
    return {who: "" if who is None else f"track{who}." for who in tracks}


def _of_trial(content: ReportContent, kind: Kind, show: Sequence[str]) -> Callable[[Figure], None]:
    """What draws the figure of one trial, or of two."""
    from neuropose_ray.render import plot_angles, plot_comparison, plot_cycles, plot_quality, with_warnings

    title, times = content.title, content.timestamps_s
    if content.comparison is not None:
        comparison = content.comparison
        return lambda figure: plot_comparison(figure, comparison)
    person = content.main
    if person is None:
        raise InputError("there is nothing to plot", where=title, hint="nobody was found in this trial")
    title = _with_person(title, person)
    if kind is Kind.QUALITY:
        return lambda figure: plot_quality(figure, title, times, person.quality)
    if kind is Kind.TRAJECTORIES:
        return with_warnings(_trajectories(content, title, person, show), person.warnings)
    if kind is Kind.CYCLES:
        cycles = _chosen(person.cycles, show)
        return with_warnings(lambda figure: plot_cycles(figure, title, cycles), person.warnings)
    curves = _chosen(person.curves, show)
    return with_warnings(lambda figure: plot_angles(figure, title, times, curves, person.bands), person.warnings)


def _with_person(title: str, person: PersonTrack) -> str:
    """A title that says whom a figure is of, where others are in the video."""
    who = next((fact.value for fact in person.facts if fact.label == "Person"), "")
    return f"{title}, {who}" if "others" in who else title


def _trajectories(
    content: ReportContent, title: str, person: PersonTrack, show: Sequence[str]
) -> Callable[[Figure], None]:
    from neuropose_ray.render import plot_trajectories

    skeleton = content.skeleton
    if list(show) == [ALL]:
        joints = skeleton.joint_names
    elif show:
        joints = tuple(joint for name in show for joint in _joints_called(name, skeleton))
    else:
        joints = tuple(name for name in USUAL_JOINTS if skeleton.has(name))
    return lambda figure: plot_trajectories(
        figure, title, content.timestamps_s, skeleton, person.positions, person.bands, joints
    )


def _joints_called(name: str, skeleton: Skeleton) -> tuple[str, ...]:
    """A joint by its name, or both sides' by what their names share."""
    pair = (f"left_{name}", f"right_{name}")
    return pair if not skeleton.has(name) and skeleton.has(*pair) else (name,)


def _matrix(file: Path) -> Callable[[Figure], None]:
    import numpy as np

    from neuropose_ray.analysis import DistanceMatrixRecord, distance_unit
    from neuropose_ray.render import plot_matrix
    from neuropose_ray.schemas.json_files import read_json, validated

    record = validated(DistanceMatrixRecord, read_json(file), str(file))
    unit = distance_unit(record.settings.channels.representation, record.settings.warping)
    return lambda figure: plot_matrix(figure, record.names, np.array(record.matrix, np.float64), record.order, unit)


def _chosen(curves: Iterable[_Named], show: Sequence[str]) -> list[_Named]:
    """Those that are asked for, in this order: by the name that both sides share, or by their joint.

    Raises:
        SettingsError: there is no such curve.
    """
    given = list(curves)
    if list(show) == [ALL]:
        return given
    known = list(dict.fromkeys(curve.name for curve in given))
    wanted = [angle for name in show for angle in _angles_called(name, known)] if show else USUAL_ANGLES
    return [curve for name in dict.fromkeys(wanted) for curve in given if curve.name == name]


def _angles_called(name: str, known: Sequence[str]) -> Sequence[str]:
    """An angle by its name, or the angles of a joint: the one that overlays write there, else all that there are."""
    from neuropose_ray.render import ANGLE_AT

    if not known or name in known:
        return [name]
    if ANGLE_AT.get(name) in known:
        return [ANGLE_AT[name]]
    angles = [angle for angle in known if angle.startswith(f"{name}_")]
    if not angles:
        raise SettingsError(f"no angle {name}", hint=f"there are {', '.join(known)}")
    return angles
