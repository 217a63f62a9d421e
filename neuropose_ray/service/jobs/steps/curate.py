"""The step ``curate``: what is in the frames of a job's videos, beside their poses or before them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neuropose_ray.errors import VideoError
from neuropose_ray.pipeline import (
    EngineSettings,
    NullReporter,
    StreamResult,
    curate,
    find_video,
    started_engine,
    write_curation,
)
from neuropose_ray.service.jobs.steps.settings import CurateOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput
from neuropose_ray.video import VideoSettings


def curate_videos(
    output: VideoOutput, *, names: Mapping[str, str], options: CurateOptions, video: VideoSettings
) -> Remarks:
    """Measure the frames of all videos of a job, and write its contact sheet where that is wanted.

    Chunks that an earlier try has measured are not decoded again, and near-duplicates are looked for over all videos.

    Args:
        output: the job's results.
        names: of its videos as clients know them, by their paths.
        options: of the step.
        video: how frames are decoded.

    Returns:
        What is wrong with which video.

    Raises:
        OutputError: no space or no permission.
    """
    from neuropose_ray.report import write_contact_sheet

    if options.image_fps is not None:
        video = video.model_copy(update={"image_fps": options.image_fps})
    # Pose models may hold all cores for good; decoding takes a small part of one.
    with started_engine(EngineSettings(kind="local", workers=1), None, "curation") as engine:
        summary = curate(
            [Path(path) for path in names],
            output.folder,
            settings=options.settings,
            engine=engine,
            progress=NullReporter(),
            video=video,
            wait=True,
        )
    # What a client reads names the inputs as the client did.
    streams = tuple(stream.model_copy(update={"input": _name(stream, names)}) for stream in summary.streams)
    write_curation(summary.model_copy(update={"streams": streams}), output.folder)
    if options.sheet and any(stream.state != "failed" for stream in streams):
        write_contact_sheet(output.folder, find_video)
    failed = [stream for stream in streams if stream.state == "failed"]
    return tuple(
        VideoError("; ".join(error.message for error in stream.errors), where=stream.input) for stream in failed
    )


def _name(stream: StreamResult, names: Mapping[str, str]) -> str:
    path = Path(stream.input)
    return next((names[str(parent)] for parent in (path, *path.parents) if str(parent) in names), stream.name)
