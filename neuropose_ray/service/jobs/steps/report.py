"""The step ``report``: ``report.html`` in a video's folder."""

from __future__ import annotations

from neuropose_ray.service.jobs.steps.settings import ReportOptions
from neuropose_ray.service.jobs.steps.work import Remarks, VideoOutput


def report_video(output: VideoOutput, options: ReportOptions, image_fps: float) -> Remarks:
    """Write the report of one video, and the overlay in it where there is none.

    Returns:
        Why there is no video in it, where there should be one.

    Raises:
        InputError: nobody is seen, or there is no such person.
        OutputError: no space or no permission.
    """
    from neuropose_ray.analysis import TrialSource
    from neuropose_ray.report import ReportChoices, report_file, write_trial_report
    from neuropose_ray.video import open_source

    source = TrialSource(output.folder, name=output.folder.name)
    choices = ReportChoices(
        track=options.track,
        with_video=options.with_video,
        blur_faces=options.blur_faces,
        settings=options.settings,
    )
    written = write_trial_report(
        source,
        report_file(source),
        lambda: open_source(output.video, fps=image_fps),
        choices,
        progress=lambda done, total: None,  # noqa: ARG005  a task of its own tells nobody
    )
    return () if written.without_video is None else (written.without_video,)
