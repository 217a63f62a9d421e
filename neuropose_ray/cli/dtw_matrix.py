"""`neuropose-ray dtw-matrix`: how far many trials are from each other."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.analysis_tables import print_warning
from neuropose_ray.cli.motions import ENGINE_HELP, Where, cleaned_motions, who_compares
from neuropose_ray.cli.options import Address, CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, person_option
from neuropose_ray.cli.tables import TextTable, print_table
from neuropose_ray.errors import OutputError

if TYPE_CHECKING:
    from neuropose_ray.analysis import DistanceMatrix

SHOWN_NEIGHBOURS = 3
MATRIX_ENDINGS, PICTURE_ENDINGS = (".json", ".csv", ".parquet"), (".png", ".svg", ".pdf")


class Representation(StrEnum):
    """What of the movement is compared."""

    ANGLES = "angles"
    COORDS = "coords"


def dtw_matrix(
    trials: Annotated[
        list[str], typer.Argument(help="Trials: OUT/NAME, OUT (all in it), predictions.parquet, JSON, patterns.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="File for the matrix: .json, .csv or .parquet.")],
    heat_map: Annotated[
        Path | None, typer.Option(help="Picture: .png, .svg or .pdf. [default: beside the matrix, .png]")
    ] = None,
    representation: Annotated[
        Representation, typer.Option(help="angles of the large joints, or coords: joints around the hips, mm.")
    ] = Representation.ANGLES,
    band: Annotated[
        float, typer.Option(min=0, max=1, help="How far the tempo may differ, as a share of the length.")
    ] = 0.1,
    z_normalise: Annotated[
        bool, typer.Option("--z-normalise", help="Compare the shapes of the curves alone, not their sizes.")
    ] = False,
    person: Annotated[Person, person_option(f"{PERSON_HELP} all: each as a trial.", by_number=None)] = Person.LONGEST,
    capture_fps: CaptureFps = None,
    engine: Annotated[Where, typer.Option(help=ENGINE_HELP)] = Where.AUTO,
    address: Address = None,
) -> None:
    """Compare every trial with every other by exact dynamic time warping.

    Each trial is cleaned as `analyze` does; --person says who is compared. The distance is per pair of frames: in
    radians over the angles of hips, knees, shoulders and elbows together, or in mm over the joints. Where the trials
    have different numbers of repetitions, that is said. A trial that cannot be read or compared is listed and left
    empty; the exit code is then 1.

    For example:

    neuropose-ray dtw-matrix results --out distances.json

    neuropose-ray dtw-matrix 'results/squat_*' --out squats.csv --heat-map squats.pdf --z-normalise
    """
    from neuropose_ray.analysis import (
        ChannelSettings,
        DistanceMatrixSettings,
        distance_matrix,
        expand_trials,
        save_distance_matrix,
    )
    from neuropose_ray.render import plot_matrix, save_plot

    picture = heat_map or out.with_suffix(".png")
    for file, endings in ((out, MATRIX_ENDINGS), (picture, PICTURE_ENDINGS)):
        if file.suffix not in endings:
            raise OutputError(
                f"no format for the ending {file.suffix!r}", where=str(file), hint=f"use {', '.join(endings)}"
            )
    usual = DistanceMatrixSettings()
    settings = DistanceMatrixSettings(
        channels=ChannelSettings(representation=representation.value),
        warping=usual.warping.model_copy(update={"band": band, "z_normalise": z_normalise}),
    )
    motions = cleaned_motions(expand_trials(trials), person.value, capture_fps)
    with who_compares(len(motions), engine, address) as compare:
        distances = distance_matrix(motions, settings, distances=compare)
    if out.suffix == ".csv":
        _write_csv(out, distances)
    else:
        save_distance_matrix(out, distances)
    save_plot(
        picture,
        lambda figure: plot_matrix(figure, distances.names, distances.matrix, distances.order, distances.unit),
    )
    _print_neighbours(distances)
    typer.echo(f"wrote {out} and {picture}")
    raise typer.Exit(1 if distances.errors else 0)


def _write_csv(path: Path, distances: DistanceMatrix) -> None:
    """A square table with the names on both sides; empty cells where a trial failed."""
    from neuropose_ray.schemas.atomic import atomic_write_bytes
    from neuropose_ray.schemas.csv_cells import csv_cells

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(csv_cells(["trial", *distances.names]))
    for name, row in zip(distances.names, distances.matrix.tolist(), strict=True):
        writer.writerow(csv_cells([name, *("" if value != value else value for value in row)]))
    atomic_write_bytes(path, text.getvalue().encode())


def _print_neighbours(distances: DistanceMatrix) -> None:
    console = Console(highlight=False)
    rows = []
    indices = {name: index for index, name in enumerate(distances.names)}
    for name, nearest in distances.neighbours.items():
        if name not in distances.errors:
            row = distances.matrix[indices[name]]
            listed = (f"{neighbour} {row[indices[neighbour]]:.3f}" for neighbour in nearest[:SHOWN_NEIGHBOURS])
            rows.append((name, ", ".join(listed)))
    print_table(console, TextTable(("trial", f"nearest ({distances.unit} per pair of frames)"), tuple(rows)))
    for warning in distances.warnings:
        print_warning(console, warning)
    for name, error in distances.errors.items():
        console.print(f"failed: {name}: {error}", style="red", markup=False)
