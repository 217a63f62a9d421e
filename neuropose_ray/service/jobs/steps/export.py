"""The step ``export``: a video's poses in other programs' formats, beside its predictions."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from neuropose_ray.errors import InputError, NeuroposeRayError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.service.jobs.steps.settings import ExportOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput

#: Beside the files: into how many a format was split, what was resampled or left out.
NOTES_FILE = "notes.txt"


def export_video(output: VideoOutput, options: ExportOptions) -> Remarks:
    """Write one video in every format that is asked for, and what a reader of the files should know.

    Returns:
        Why which formats are missing.

    Raises:
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import angle_columns, motion_series
    from neuropose_ray.formats import write_export
    from neuropose_ray.schemas.result_files import EXPORT_FOLDER, PREDICTIONS_FILE

    remarks: list[NeuroposeRayError] = []
    notes: list[str] = []
    source = output.folder / PREDICTIONS_FILE
    series = cache(partial(motion_series, source, track=options.track, poses=options.poses.value))
    for kind in options.formats:
        target = output.folder / EXPORT_FOLDER / f"{source.stem}{kind.ending}"
        target.parent.mkdir(exist_ok=True)
        try:
            write_export(
                kind,
                source,
                target,
                angles=angle_columns,
                series=series,
                track=options.track,
                poses=options.poses,
                note=partial(_note, notes, target.name),
            )
        except InputError as error:
            remarks.append(type(error)(f"{kind.value}: {error.what}", where=error.where, hint=error.hint))
    _write_notes(output.folder / EXPORT_FOLDER / NOTES_FILE, notes)
    return tuple(remarks)


def _write_notes(path: Path, notes: list[str]) -> None:
    if notes:
        atomic_write_bytes(path, "".join(notes).encode())
    else:
        path.unlink(missing_ok=True)


def _note(notes: list[str], file: str, text: str) -> None:
    notes.append(f"{file}: {text}\n")
