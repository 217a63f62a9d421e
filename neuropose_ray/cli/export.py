"""`neuropose-ray export`: results as files for other programs."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.options import CaptureFps
from neuropose_ray.cli.person import Person, person_option, require_one_choice
from neuropose_ray.errors import OutputError
from neuropose_ray.formats import ExportFormat, PosesKind


def export(
    path: Annotated[
        Path,
        typer.Argument(help="A video's results: OUT/NAME, predictions.parquet, JSON, also NeuroPose's, or a job's."),
    ],
    export_format: Annotated[
        ExportFormat, typer.Option("--format", "-f", help="See above.", case_sensitive=False)
    ] = ExportFormat.CSV,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="File to write, a folder for openpose. [default: beside the predictions]"),
    ] = None,
    video: Annotated[str | None, typer.Option(help="Which video of a job's results.json.")] = None,
    track: Annotated[
        int | None, typer.Option("--track", help="One person alone: a track id. [default: all; see above]")
    ] = None,
    person: Annotated[
        Person | None,
        person_option(
            "One person alone, where several are seen. all: formats of one person write a file for each track."
        ),
    ] = None,
    capture_fps: CaptureFps = None,
    poses: Annotated[
        PosesKind, typer.Option(help="fitted, where they were fitted; or model: what the pose model said, alone.")
    ] = PosesKind.FITTED,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is at OUT.")] = False,
) -> None:
    """Write the poses of a video in a format of another program.

    Tables of all people, in camera axes (x right, y down, z forward; mm and px), the pose model's and the fitted
    poses (--poses model: the former alone): csv has a row for each frame, person and joint; csv-wide one for each
    frame and person; json is by frame; parquet and npz are arrays; neuropose is one video's file as NeuroPose's
    `analyze` and `segment` read it, neuropose-job the same as its results.json, both without the fitted poses.

    Pictures' keypoints of all people: coco (17 points), coco-wholebody (and feet), mmpose, openpose (BODY_25, a file
    for each frame).

    Motion of one person, of the track seen in most frames unless --track or --person says another: trc and c3d
    (joints, mm), trc-px (joints in the picture, px, y down), mot and sto (joint angles, degrees), bvh (skeleton,
    cm). Axes of trc, c3d and bvh: x right, y up, z towards the camera; that is x, -y, -z of the camera axes, and in
    trc and c3d y is 0 at the floor. c3d has the heel strikes and toe-offs as events. mot and sto name angles as
    OpenSim does where its models have the same one (hip_flexion_r, knee_angle_l). Uneven frames are resampled to the
    median rate. A missing
    frame is empty cells in trc, residual -1 in c3d, and the frame before in bvh. In mot and sto no number may be
    missing: gaps of up to 0.25 s are filled, longer ones part the file into OUT_1, OUT_2 and so on, and what is left
    out is said.

    What an analysis finds of one person, cleaned as `analyze` does: angles-csv (degrees), velocities-csv (degrees
    per second) and body-csv (centre of mass, its speed, energies per kilogram) have a row for each frame, events-csv
    one for each heel strike, toe-off, repetition, and take-off and landing of a jump; xlsx has all of it in one
    workbook, angles that are not reliable in grey. Every column says its unit.

    Of a clip that is stored slowed down (--capture-fps here or in `process`), motion and analyses of one person have
    the times of what was filmed; tables and keypoints have the times of the file.

    For example:

    neuropose-ray export results/walk --format trc

    neuropose-ray export results/walk --format angles-csv
    """
    from neuropose_ray.analysis import angle_columns, motion_series
    from neuropose_ray.formats import require_free, write_export
    from neuropose_ray.schemas.result_files import predictions_in

    source = predictions_in(path)
    if out is not None:
        require_free(out, overwrite=overwrite)
    tracks = _tracks(source, video, export_format, track, person)
    if out is not None and len(tracks) > 1:
        raise OutputError(
            f"{len(tracks)} files are to be written", where=str(out), hint="leave --out, or choose one person"
        )
    for who in tracks:
        of_video = "" if video is None else f"_{video}"
        named = source.with_name(f"{source.stem}{of_video}" + ("" if who is None else f"_track{who}"))
        target = out or named.with_name(f"{named.name}{export_format.ending}")
        if target.resolve() == source.resolve():
            raise OutputError("the export would replace the predictions", where=str(target), hint="write elsewhere")
        series = cache(
            partial(motion_series, source, video=video, track=who, poses=poses.value, capture_fps=capture_fps)
        )
        write_export(
            export_format, source, target, angles=angle_columns, series=series, video=video, track=who, poses=poses,
            capture_fps=capture_fps, note=_note,
        )  # fmt: skip
        typer.echo(target)


def _tracks(
    source: Path, video: str | None, export_format: ExportFormat, track: int | None, person: Person | None
) -> tuple[int | None, ...]:
    """The people that files are written of, one each; None for all of them in one, or for the format's own choice."""
    require_one_choice(track, person or Person.LONGEST)
    if person is None or (person is Person.ALL and not export_format.of_one_person):
        return (track,)
    if track is not None:
        return (track,)
    from neuropose_ray.analysis import load_trial

    return load_trial(source, video=video).chosen_tracks(person.value)


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)
