"""One video's poses in a format of another program, by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.formats.kinds import ExportFormat, PosesKind
from neuropose_ray.formats.person import EvenPerson, person_at_even_rate
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.motion_series import MotionSeries
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.segmentation import Segmentation
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.words import counted


class JointAngles(Protocol):
    """Degrees by name, of one person."""

    def __call__(
        self,
        name: str,
        skeleton: Skeleton,
        timestamps_s: NDArray[np.float64],
        positions: NDArray[np.float64],
        scores: NDArray[np.float64],
    ) -> Mapping[str, NDArray[np.float64]]:
        """The sequence of positions in mm in camera axes; NaN where a joint is missing."""
        ...


@dataclass(frozen=True, slots=True)
class ExportedPoses:
    """What is to be written.

    Attributes:
        table: everybody, or one person alone.
        header: of the video.
        segmentations: the stored segments of the video, by name.
        track: the one person; None where none was chosen.
        source: the file that it comes from.
        angles: what the joint angles of a person are, for the formats that hold these.
        series: angles, velocities and events of the person over time, computed when first asked for.
        note: told, in a line each, what a reader of the file should know.
    """

    table: PoseTable
    header: PredictionsHeader
    segmentations: Mapping[str, Segmentation]
    track: int | None
    source: Path
    angles: JointAngles
    series: Callable[[], MotionSeries]
    note: Callable[[str], None]


def write_export(
    kind: ExportFormat,
    source: Path,
    target: Path,
    *,
    angles: JointAngles,
    series: Callable[[], MotionSeries],
    video: str | None = None,
    track: int | None = None,
    poses: PosesKind = PosesKind.FITTED,
    capture_fps: float | None = None,
    note: Callable[[str], None],
) -> None:
    """Write the poses of a video in another format.

    Args:
        kind: the format.
        source: predictions in Parquet or JSON.
        target: the file to write, a folder for openpose; one that is there is replaced. MOT and STO with long gaps
            become several files, numbered behind its stem.
        angles: what the joint angles of a person are.
        series: what an analysis finds of the same person and poses; asked for once, by formats that hold it.
        video: which video of a job's results; needed only where there are several.
        track: one person alone.
        poses: fitted, where they were fitted, or what the pose model said.
        capture_fps: frames per second at which a slowed-down clip was taken; None for what the file says. Motion of
            one person has the times of what was filmed, tables and keypoints keep those of the file.
        note: told what a reader of the file should know: what was resampled or left out, and in motion of one person
            in space what an analysis warns of, and which angles cannot be relied on.

    Raises:
        InputError: no such file or person, or the format cannot hold it.
        OutputError: no space or no permission.
    """
    from neuropose_ray.schemas.reading import read_with_segmentations

    table, header, segmentations = read_with_segmentations(source, video=video)
    if capture_fps is not None:
        header = header.model_copy(
            update={"metadata": header.metadata.model_copy(update={"capture_fps": capture_fps})}
        )
    slowed = 1 / header.metadata.seconds_of_a_second()
    if slowed != 1 and not kind.of_one_person:
        note(f"the clip is stored {slowed:.3g} times slowed down: the times in this file are those of the clip")
    if track is not None:
        table = table.take(table.rows_of_track(track, where=str(source)))
    if poses is PosesKind.MODEL:
        table = replace(table, poses3d_fitted=None)
    if video is not None and header.metadata.filename is None:
        header = header.model_copy(update={"metadata": header.metadata.model_copy(update={"filename": video})})
    _WRITERS[kind](target, ExportedPoses(table, header, segmentations, track, source, angles, series, note))
    if not len(table.poses):
        note("nobody was found in this video: the file holds no poses")
    if kind in _WARNED_OF:
        for text in (*series().warnings, *series().unreliable.values()):
            note(text)


def _csv(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.tables import write_csv

    write_csv(target, what.table, what.header)


def _csv_wide(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.tables import write_wide_csv

    write_wide_csv(target, what.table, what.header)


def _json(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.schemas.json_files import save_video_predictions
    from neuropose_ray.schemas.predictions import VideoPredictions

    save_video_predictions(target, VideoPredictions.from_table(what.table, what.header, what.segmentations))


def _neuropose(target: Path, what: ExportedPoses) -> None:
    _write_neuropose(target, what, job_video=None)


def _neuropose_job(target: Path, what: ExportedPoses) -> None:
    _write_neuropose(target, what, job_video=what.header.metadata.filename or what.source.parent.name)


def _write_neuropose(target: Path, what: ExportedPoses, *, job_video: str | None) -> None:
    from neuropose_ray.schemas.neuropose_results import save_neuropose_video
    from neuropose_ray.schemas.segmentation_files import fits_neuropose

    left_out = save_neuropose_video(target, what.table, what.header, what.segmentations, job_video=job_video)
    if left_out:
        what.note(f"{left_out} poses with missing numbers were left out, which the format has no place for")
    others = [name for name, segmentation in what.segmentations.items() if not fits_neuropose(segmentation)]
    if others:
        what.note(f"segments that NeuroPose's method did not find were left out: {', '.join(others)}")


def _parquet(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.schemas.parquet_files import write_predictions

    write_predictions(target, what.table, what.header)


def _npz(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.arrays import write_npz

    write_npz(target, what.table, what.header)


def _trc(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.trc import write_trc

    write_trc(target, _on_floor(what))


def _trc_px(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.trc import write_trc

    write_trc(target, _one_person(what).image())


def _c3d(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.c3d import write_c3d

    points = _on_floor(what)
    write_c3d(target, points, what.series().events)
    if points.start_s < -0.5 / points.rate_hz:
        what.note(f"C3D has no time before 0: the first frame, at {points.start_s:g} s, is at 0 s in the file")


def _angles(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.known_parts import known_parts
    from neuropose_ray.formats.motion_file import write_motion_file
    from neuropose_ray.formats.opensim import opensim_coordinates

    person = _one_person(what)
    times_s = person.clock.times_s
    angles = what.angles(str(what.source), person.skeleton, times_s, person.positions, person.scores)
    columns = opensim_coordinates(angles)
    known = known_parts(times_s, columns)
    if not known.parts:
        raise InputError("there are no two frames in a row in which all angles are known", where=str(what.source))
    for note in known.notes:
        what.note(note)
    paths = [target]
    if len(known.parts) > 1:
        paths = [
            target.with_name(f"{target.stem}_{number}{target.suffix}") for number, _ in enumerate(known.parts, 1)
        ]
        what.note(f"{len(paths)} files, one for each stretch between the gaps: {paths[0].name} to {paths[-1].name}")
    for path, rows in zip(paths, known.parts, strict=True):
        part = {name: values[rows] for name, values in known.columns.items()}
        write_motion_file(path, times_s[rows], part, in_degrees=True)


def _angles_csv(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.series import write_angles_csv

    write_angles_csv(target, _series(what))


def _velocities_csv(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.series import write_velocities_csv

    write_velocities_csv(target, _series(what))


def _body_csv(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.series import write_body_csv

    write_body_csv(target, _series(what))


def _events_csv(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.series import write_events_csv

    write_events_csv(target, _series(what))


def _xlsx(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.series import write_workbook

    write_workbook(target, _series(what))


def _bvh(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.bvh import write_bvh

    person = _one_person(what)
    summary = write_bvh(target, person.skeleton, person.clock.rate_hz, person.space().positions)
    what.note(
        f"bones of constant length lie up to {summary.largest_error_mm:.0f} mm from the poses, "
        f"half of the joints within {summary.median_error_mm:.1f} mm"
    )
    if summary.held_frames:
        what.note(f"{summary.held_frames} frames repeat the pose before them, joints are missing there")


def _coco(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.coco import write_coco

    write_coco(target, what.table, what.header)


def _coco_wholebody(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.coco import write_coco

    write_coco(target, what.table, what.header, feet=True)
    what.note("body and feet alone are known: small toes, face and hands are marked as not given")


def _mmpose(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.mmpose import write_mmpose

    write_mmpose(target, what.table, what.header)


def _openpose(target: Path, what: ExportedPoses) -> None:
    from neuropose_ray.formats.openpose import write_openpose

    write_openpose(target, what.table, what.header)


#: What the default name ends with, and who writes it.
_WRITERS: Mapping[ExportFormat, Callable[[Path, ExportedPoses], None]] = MappingProxyType(
    {
        ExportFormat.CSV: _csv,
        ExportFormat.CSV_WIDE: _csv_wide,
        ExportFormat.JSON: _json,
        ExportFormat.NEUROPOSE: _neuropose,
        ExportFormat.NEUROPOSE_JOB: _neuropose_job,
        ExportFormat.PARQUET: _parquet,
        ExportFormat.NPZ: _npz,
        ExportFormat.TRC: _trc,
        ExportFormat.TRC_PX: _trc_px,
        ExportFormat.C3D: _c3d,
        ExportFormat.MOT: _angles,
        ExportFormat.STO: _angles,
        ExportFormat.ANGLES_CSV: _angles_csv,
        ExportFormat.VELOCITIES_CSV: _velocities_csv,
        ExportFormat.BODY_CSV: _body_csv,
        ExportFormat.EVENTS_CSV: _events_csv,
        ExportFormat.XLSX: _xlsx,
        ExportFormat.BVH: _bvh,
        ExportFormat.COCO: _coco,
        ExportFormat.COCO_WHOLEBODY: _coco_wholebody,
        ExportFormat.MMPOSE: _mmpose,
        ExportFormat.OPENPOSE: _openpose,
    }
)


#: Formats of the motion of one person, which have the times of what was filmed.
#: Formats whose numbers rest on what an analysis warns of: heights, views, feet.
_WARNED_OF = frozenset(kind for kind in ExportFormat if kind.of_one_person and kind is not ExportFormat.TRC_PX)


def _on_floor(what: ExportedPoses) -> Trajectories:
    points = _one_person(what).on_floor()
    if not points.on_floor:
        what.note("no foot is known in any frame: height 0 is that of the camera, not the floor")
    return points


def _series(what: ExportedPoses) -> MotionSeries:
    """The series of the person, with what a reader of the file should know."""
    if not len(what.table.poses):
        raise InputError("nobody was found in this video", where=str(what.source), hint="there is nothing to write")
    series = what.series()
    what.note(f"the file holds one person: {series.person}")
    return series


def _one_person(what: ExportedPoses) -> EvenPerson:
    tracks = [] if what.table.track_ids is None else np.unique(what.table.track_ids).tolist()
    person = person_at_even_rate(what.table, what.header, track=what.track, where=str(what.source))
    if what.track is None and len(tracks) > 1:
        listed = ", ".join(map(str, tracks))
        what.note(f"the format holds one person: the track seen in most frames of {listed}; --track chooses another")
    if person.clock.resampled:
        frames, rate = len(person.positions), person.clock.rate_hz
        what.note(f"{what.table.frame_count} uneven frames were resampled to {frames} at {rate:g} per second")
    if person.missing_frames:
        what.note(f"the person is missing in {person.missing_frames} of {counted(len(person.positions), 'frame')}")
    return person
