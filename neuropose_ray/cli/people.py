"""`neuropose-ray people`: a picture of who is who in a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def people(
    results: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, or its predictions.parquet.")],
    video: Annotated[
        Path | None, typer.Option(help="The video, where it is no longer where `process` found it.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="PNG to write. [default: people.png beside the predictions]")
    ] = None,
    fps: Annotated[float | None, typer.Option(help="With --video of an image folder: frames per second.")] = None,
) -> None:
    """Show who is who: a picture with thumbnails of every track, spread over its time, and its number.

    The numbers are those that --track takes in analyze, plot, report and export. Faces are not hidden.

    Example: neuropose-ray people results/demo
    """
    from neuropose_ray.pipeline import find_video, video_at
    from neuropose_ray.render import write_people
    from neuropose_ray.schemas.parquet_files import read_predictions
    from neuropose_ray.schemas.result_files import PEOPLE_FILE, predictions_in

    predictions = predictions_in(results)
    folder, target = predictions.parent, out or predictions.with_name(PEOPLE_FILE)
    source = find_video(folder) if video is None else video_at(video, folder, fps=fps)
    table, header = read_predictions(predictions)
    for line in write_people(target, source, table, header.skeleton):
        typer.echo(line)
    typer.echo(target)
