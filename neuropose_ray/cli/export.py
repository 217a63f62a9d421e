"""`neuropose-ray export`: results as files for other programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import numpy as np
import typer

from neuropose_ray.cli.results import predictions_file
from neuropose_ray.errors import OutputError
from neuropose_ray.export.person import EvenPerson, person_at_even_rate
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable


class ExportFormat(StrEnum):
    """What can be written."""

    CSV = "csv"
    CSV_WIDE = "csv-wide"
    JSON = "json"
    NEUROPOSE = "neuropose"
    PARQUET = "parquet"
    NPZ = "npz"
    TRC = "trc"
    TRC_PX = "trc-px"
    C3D = "c3d"
    MOT = "mot"
    STO = "sto"
    BVH = "bvh"
    COCO = "coco"
    COCO_WHOLEBODY = "coco-wholebody"
    MMPOSE = "mmpose"
    OPENPOSE = "openpose"


class PosesKind(StrEnum):
    """Which 3D poses."""

    FITTED = "fitted"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class _Predictions:
    """What is to be written; ``track`` is None where none was chosen."""

    table: PoseTable
    header: PredictionsHeader
    track: int | None
    source: Path


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
    c3d and bvh: x right, y up, z towards the camera; that is x, -y, -z of the camera axes. Uneven frames are
    resampled to the median rate. A missing frame is empty cells in trc, residual -1 in c3d, nan in mot and sto, and
    the frame before in bvh.

    Example: neuropose-ray export results/walk --format trc
    """
    from neuropose_ray.export.tracks import take_track
    from neuropose_ray.schemas.parquet_files import read_predictions

    ending, write = _WRITERS[export_format]
    source = predictions_file(path)
    named = source.with_suffix("") if track is None else source.with_name(f"{source.stem}_track{track}")
    target = out or named.with_name(f"{named.name}{ending}")
    if target.resolve() == source.resolve():
        raise OutputError("the export would replace the predictions", where=str(target), hint="write elsewhere")
    table, header = read_predictions(source)
    if track is not None:
        table = take_track(table, track, str(source))
    if poses is PosesKind.MODEL:
        table = replace(table, poses3d_fitted=None)
    write(target, _Predictions(table, header, track, source))
    typer.echo(target)


def _csv(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.tables import write_csv

    write_csv(target, what.table, what.header)


def _csv_wide(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.tables import write_wide_csv

    write_wide_csv(target, what.table, what.header)


def _json(target: Path, what: _Predictions) -> None:
    from neuropose_ray.schemas.json_files import save_video_predictions
    from neuropose_ray.schemas.predictions import VideoPredictions

    save_video_predictions(target, VideoPredictions.from_table(what.table, what.header))


def _neuropose(target: Path, what: _Predictions) -> None:
    from neuropose_ray.schemas.neuropose_results import save_neuropose_results

    name = what.header.metadata.filename or what.source.parent.name
    left_out = save_neuropose_results(target, [(name, what.table, what.header)])
    if left_out:
        _note(f"{left_out} poses with missing numbers were left out, which the format has no place for")


def _parquet(target: Path, what: _Predictions) -> None:
    from neuropose_ray.schemas.parquet_files import write_predictions

    write_predictions(target, what.table, what.header)


def _npz(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.arrays import write_npz

    write_npz(target, what.table, what.header)


def _trc(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.trc import write_trc

    write_trc(target, _one_person(what).space())


def _trc_px(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.trc import write_trc

    write_trc(target, _one_person(what).image())


def _c3d(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.c3d import write_c3d

    write_c3d(target, _one_person(what).space())


def _angles(target: Path, what: _Predictions) -> None:
    from neuropose_ray.analysis.angles.clinical import clinical_angles
    from neuropose_ray.analysis.motion import Motion
    from neuropose_ray.export.motion_file import write_motion_file

    person = _one_person(what)
    motion = Motion(str(what.source), person.skeleton, person.clock.times_s, person.positions, person.scores)
    angles = clinical_angles(motion)
    columns = dict(zip(angles.names, angles.values_deg.T, strict=True))
    write_motion_file(target, motion.timestamps_s, columns, in_degrees=True)
    unknown = int(np.isnan(angles.values_deg).any(-1).sum())
    if unknown:
        _note(f"{unknown} of {len(motion)} frames have an angle that is not known, nan in the file")


def _bvh(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.bvh import write_bvh

    person = _one_person(what)
    summary = write_bvh(target, person.skeleton, person.clock.rate_hz, person.space().positions)
    _note(
        f"bones of constant length lie up to {summary.largest_error_mm:.0f} mm from the poses, "
        f"half of the joints within {summary.median_error_mm:.1f} mm"
    )
    if summary.held_frames:
        _note(f"{summary.held_frames} frames repeat the pose before them, joints are missing there")


def _coco(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.coco import write_coco

    write_coco(target, what.table, what.header)


def _coco_wholebody(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.coco import write_coco

    write_coco(target, what.table, what.header, feet=True)
    _note("body and feet alone are known: small toes, face and hands are marked as not given")


def _mmpose(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.mmpose import write_mmpose

    write_mmpose(target, what.table, what.header)


def _openpose(target: Path, what: _Predictions) -> None:
    from neuropose_ray.export.openpose import write_openpose

    write_openpose(target, what.table, what.header)


#: What the default name ends with, and who writes it.
_WRITERS: Mapping[ExportFormat, tuple[str, Callable[[Path, _Predictions], None]]] = MappingProxyType(
    {
        ExportFormat.CSV: (".csv", _csv),
        ExportFormat.CSV_WIDE: ("_wide.csv", _csv_wide),
        ExportFormat.JSON: (".json", _json),
        ExportFormat.NEUROPOSE: ("_neuropose.json", _neuropose),
        ExportFormat.PARQUET: (".parquet", _parquet),
        ExportFormat.NPZ: (".npz", _npz),
        ExportFormat.TRC: (".trc", _trc),
        ExportFormat.TRC_PX: ("_px.trc", _trc_px),
        ExportFormat.C3D: (".c3d", _c3d),
        ExportFormat.MOT: (".mot", _angles),
        ExportFormat.STO: (".sto", _angles),
        ExportFormat.BVH: (".bvh", _bvh),
        ExportFormat.COCO: ("_coco.json", _coco),
        ExportFormat.COCO_WHOLEBODY: ("_coco_wholebody.json", _coco_wholebody),
        ExportFormat.MMPOSE: ("_mmpose.json", _mmpose),
        ExportFormat.OPENPOSE: ("_openpose", _openpose),
    }
)


def _one_person(what: _Predictions) -> EvenPerson:
    tracks = [] if what.table.track_ids is None else np.unique(what.table.track_ids).tolist()
    person = person_at_even_rate(what.table, what.header, track=what.track, where=str(what.source))
    if what.track is None and len(tracks) > 1:
        listed = ", ".join(map(str, tracks))
        _note(f"the format holds one person: the track seen in most frames of {listed}; --track chooses another")
    if person.clock.resampled:
        frames, rate = len(person.positions), person.clock.rate_hz
        _note(f"{what.table.frame_count} uneven frames were resampled to {frames} at {rate:g} per second")
    if person.missing_frames:
        _note(f"the person is missing in {person.missing_frames} of {len(person.positions)} frames")
    return person


def _note(text: str) -> None:
    typer.echo(f"note: {text}", err=True)
