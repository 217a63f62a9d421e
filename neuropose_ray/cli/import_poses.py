"""`neuropose-ray import`: files of other programs as results, to be compared with ours."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.errors import FileFormatError, InputNotFoundError, OutputError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.schemas.header import PredictionsHeader
    from neuropose_ray.schemas.poses import PoseTable
    from neuropose_ray.schemas.segmentation import Segmentation


class UpAxis(StrEnum):
    """Which axis of a file points up."""

    Y = "y"
    Z = "z"


def import_poses(
    path: Annotated[
        Path, typer.Argument(help="A .trc or .c3d file, predictions in JSON, or a folder of OpenPose's.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to make, OUT/NAME.")],
    up: Annotated[UpAxis, typer.Option(help="TRC, C3D: the axis that points up; C3D of laboratories mostly z.")] = (
        UpAxis.Y
    ),
    fps: Annotated[float | None, typer.Option(min=0.001, help="OpenPose: frames per second of its video.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the predictions that are in OUT.")] = False,
) -> None:
    """Read the points of another program and write them as predictions.parquet, for analyze, compare and export.

    TRC and C3D: 3D points in any unit, a person for each subject that names begin with (Anna:RKNE). Up becomes -y of
    the camera axes, and where a camera stood is not known. Joints are found by their markers' names as Vicon,
    Qualisys, OpenSim, OpenCap and Pose2Sim give them: RKNE, R_FLE, R.Knee, r_knee, RKnee, left_knee. Hips are
    computed from the markers on the pelvis where there are none; which joints are not found is said.

    OpenPose: BODY_25, everybody in each frame, in the picture and, where there is 3D, in space; it does not say how
    many frames are shown per second, so --fps does.

    JSON: predictions of NeuroPose or of this program, with the segments in them. Of a job's results.json each video
    becomes a folder in OUT.

    Example: neuropose-ray import trial1.trc --out results/trial1_mocap
    """
    from neuropose_ray.formats import (
        BODY_25_SKELETON,
        header_of_import,
        poses_of_trajectories,
        read_c3d,
        read_openpose,
        read_trc,
    )

    if not path.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path")
    readers = {".trc": read_trc, ".c3d": read_c3d}
    if path.is_dir():
        if fps is None:
            raise SettingsError("OpenPose's files have no frame rate", where=str(path), hint="give --fps")
        table = read_openpose(path, fps=fps)
        header = header_of_import(table, BODY_25_SKELETON, fps, path.name)
    elif path.suffix.lower() == ".json":
        for folder, (table, header, segmentations) in _videos(path, out).items():
            _write(folder, table, header, segmentations, overwrite=overwrite)
        return
    elif path.suffix.lower() in readers:
        points = readers[path.suffix.lower()](path)
        table, header = poses_of_trajectories(points, up=up.value, name=path.name)
    else:
        raise FileFormatError(
            "not a file that can be imported", where=str(path), hint="give .trc, .c3d, .json or OpenPose's folder"
        )
    _write(out, table, header, {}, overwrite=overwrite)


def _videos(path: Path, out: Path) -> dict[Path, tuple[PoseTable, PredictionsHeader, Mapping[str, Segmentation]]]:
    """The videos of a file of predictions by the folders that they go to.

    Raises:
        FileFormatError: it holds no predictions, or names of a job's videos that cannot be folders side by side.
        FutureSchemaError: a newer version wrote it.
    """
    from neuropose_ray.schemas.json_files import is_video_payload, load_job_results, load_video_predictions, read_json

    if is_video_payload(read_json(path)):
        videos = {out: load_video_predictions(path)}
    else:
        job = load_job_results(path).root
        videos = {out / Path(name).stem: video for name, video in job.items()}
        unusable = [name for name in job if Path(name).stem in ("", ".", "..")]
        if unusable or not job:
            what = f"{unusable[0]!r} is no name of a video" if unusable else "holds zero videos"
            raise FileFormatError(what, where=str(path))
        if len(videos) < len(job):
            raise FileFormatError("two of its videos have one name but for their extension", where=str(path))
    return {folder: (video.to_table(), video.header, video.segmentations) for folder, video in videos.items()}


def _write(
    out: Path,
    table: PoseTable,
    header: PredictionsHeader,
    segmentations: Mapping[str, Segmentation],
    *,
    overwrite: bool,
) -> None:
    """Write the folder of one video, and say what a user should know of it."""
    from neuropose_ray.formats import require_free
    from neuropose_ray.schemas.derived_files import replace_predictions
    from neuropose_ray.schemas.json_files import save_model
    from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE, SEGMENTATIONS_FILE
    from neuropose_ray.schemas.segmentation_files import StoredSegmentations

    target = out / PREDICTIONS_FILE
    require_free(target, overwrite=overwrite)
    if (out / METRICS_FILE).exists():
        raise OutputError("a run has its results there", where=str(out), hint="import into a folder of its own")
    replace_predictions(target, table, header)
    if segmentations:
        save_model(out / SEGMENTATIONS_FILE, StoredSegmentations(segmentations))
    for note in header.metadata.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(target)
