"""`neuropose-ray export`: results as files for other programs."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.errors import OutputError
from neuropose_ray.formats import ExportFormat, PosesKind

#: Formats whose numbers rest on what an analysis warns of: heights, views, feet.
WARNED_OF = frozenset(
    {
        ExportFormat.TRC, ExportFormat.C3D, ExportFormat.MOT, ExportFormat.STO, ExportFormat.BVH,
        ExportFormat.ANGLES_CSV, ExportFormat.VELOCITIES_CSV, ExportFormat.EVENTS_CSV, ExportFormat.XLSX,
    }
)  # fmt: skip


def export(
    path: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, or its predictions.parquet.")],
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="See above.", case_sensitive=False)
    ] = ExportFormat.CSV,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write, a folder for openpose. [default: beside the predictions]"),
    ] = None,
    track: Annotated[
        int | None,
        typer.Option("--track", "--person", help="One person alone: a track id. [default: all; see above]"),
    ] = None,
    poses: Annotated[
        PosesKind, typer.Option(help="fitted, where they were fitted; or model: what the pose model said, alone.")
    ] = PosesKind.FITTED,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is at OUT.")] = False,
) -> None:
    """Write the poses of a video in a format of another program.

    Tables of all people, in camera axes (x right, y down, z forward; mm and px), the pose model's and the fitted
    poses (--poses model: the former alone): csv has a row for each frame, person and joint; csv-wide one for each
    frame and person; json is by frame; parquet and npz are arrays; neuropose is what NeuroPose's own tools read,
    without the fitted poses.

    Pictures' keypoints of all people: coco (17 points), coco-wholebody (and feet), mmpose, openpose (BODY_25, a file
    for each frame).

    Motion of one person, of the track seen in most frames unless --track says otherwise: trc and c3d (joints, mm),
    trc-px (joints in the picture, px, y down), mot and sto (joint angles, degrees), bvh (skeleton, cm). Axes of trc,
    c3d and bvh: x right, y up, z towards the camera; that is x, -y, -z of the camera axes, and in trc and c3d y is 0
    at the floor. c3d has the heel strikes and toe-offs as events. mot and sto name angles as OpenSim does where its
    models have the same one (hip_flexion_r, knee_angle_l). Uneven frames are resampled to the median rate. A missing
    frame is empty cells in trc, residual -1 in c3d, and the frame before in bvh. In mot and sto no number may be
    missing: gaps of up to 0.25 s are filled, longer ones part the file into OUT_1, OUT_2 and so on, and what is left
    out is said.

    What an analysis finds of one person, cleaned as `analyze` does: angles-csv (degrees) and velocities-csv (degrees
    per second) have a row for each frame, events-csv one for each heel strike, toe-off and repetition; xlsx has all
    of it in one workbook, angles that are not reliable in grey. Every column says its unit.

    For example:

    neuropose-ray export results/walk --format trc

    neuropose-ray export results/walk --format angles-csv
    """
    from neuropose_ray.analysis import angle_columns, motion_series
    from neuropose_ray.formats import require_free, write_export
    from neuropose_ray.schemas.result_files import predictions_in

    source = predictions_in(path)
    named = source.with_suffix("") if track is None else source.with_name(f"{source.stem}_track{track}")
    target = out or named.with_name(f"{named.name}{export_format.ending}")
    if target.resolve() == source.resolve():
        raise OutputError("the export would replace the predictions", where=str(target), hint="write elsewhere")
    if out is not None:
        require_free(out, overwrite=overwrite)
    series = cache(partial(motion_series, source, track=track, poses=poses.value))
    write_export(
        export_format, source, target, angles=angle_columns, series=series, track=track, poses=poses, note=_note
    )
    if export_format in WARNED_OF:
        for text in (*series().warnings, *series().unreliable.values()):
            _note(text)
    typer.echo(target)


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)
