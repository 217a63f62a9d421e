"""The step ``overlay``: ``overlay.mp4`` in a video's folder."""

from __future__ import annotations

from neuropose_ray.service.jobs.steps.settings import OverlayOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def overlay_video(output: VideoOutput, options: OverlayOptions, image_fps: float) -> Remarks:
    """Draw the poses into a copy of one video, unless that is done.

    Raises:
        InputError: the video is gone or is another one.
        OutputError: no space or no permission.
    """
    from neuropose_ray.render import measure_for, update_overlay
    from neuropose_ray.schemas.result_files import PREDICTIONS_FILE
    from neuropose_ray.video import open_source

    update_overlay(
        open_source(output.video, fps=image_fps),
        output.folder / PREDICTIONS_FILE,
        settings=options,
        progress=lambda done, total: None,  # noqa: ARG005  a task of its own tells nobody
        measure=measure_for(options),
    )
    return ()
