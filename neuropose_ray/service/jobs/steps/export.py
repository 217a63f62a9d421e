"""The step ``export``: a video's poses in other programs' formats, beside its predictions."""

from __future__ import annotations

from functools import cache, partial

from neuropose_ray.errors import InputError, NeuroposeRayError
from neuropose_ray.service.jobs.steps.settings import ExportOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def export_video(output: VideoOutput, options: ExportOptions) -> Remarks:
    """Write one video in every format that is asked for.

    Returns:
        Why which formats are missing.

    Raises:
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import angle_columns, motion_series
    from neuropose_ray.formats import write_export
    from neuropose_ray.schemas.result_files import EXPORT_FOLDER, PREDICTIONS_FILE

    remarks: list[NeuroposeRayError] = []
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
                note=lambda text: None,  # noqa: ARG005  hints for who chooses a format by hand
            )
        except InputError as error:
            remarks.append(type(error)(f"{kind.value}: {error.what}", where=error.where, hint=error.hint))
    return tuple(remarks)
