"""`neuropose-ray export`: results as files for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.results import predictions_file
from neuropose_ray.errors import OutputError
from neuropose_ray.export.tables import write_csv
from neuropose_ray.export.tracks import take_track
from neuropose_ray.schemas.json_files import save_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.predictions import VideoPredictions


class ExportFormat(StrEnum):
    """What can be written."""

    CSV = "csv"
    JSON = "json"


def export(
    path: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, or its predictions.parquet.")],
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="csv: a row per frame, person and joint; json: by frame.")
    ] = ExportFormat.CSV,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write. [default: beside the predictions]")
    ] = None,
    track: Annotated[int | None, typer.Option("--track", "--person", help="One person alone: a track id.")] = None,
) -> None:
    """Write the poses of a video as CSV or JSON. Missing numbers are empty cells, or null.

    Example: neuropose-ray export results/walk --format csv
    """
    predictions = predictions_file(path)
    target = out or predictions.with_suffix(f".{export_format}")
    if target.resolve() == predictions.resolve():
        raise OutputError("the export would replace the predictions", where=str(target), hint="write elsewhere")
    table, header = read_predictions(predictions)
    if track is not None:
        table = take_track(table, track, str(predictions))
    if export_format is ExportFormat.CSV:
        write_csv(target, table, header)
    else:
        save_video_predictions(target, VideoPredictions.from_table(table, header))
    typer.echo(target)
