"""The overlays and reports of a run's videos, several videos at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from neuropose_ray.cli.console import print_error, print_warning
from neuropose_ray.cli.frame_progress import frame_progress
from neuropose_ray.errors import NeuroposeRayError

if TYPE_CHECKING:
    from neuropose_ray.pipeline import RunSummary, VideoResult
    from neuropose_ray.render import Progress

#: An overlay keeps a few cores busy, but while it begins, ends, or waits for its disk another one can go on.
VIDEOS_AT_ONCE = 2

#: Errors and warnings of one video, each with how it is printed.
Remarks = list[tuple[Callable[[str], None], str]]


def write_pictures(summary: RunSummary, out: Path, *, overlay: bool, report: bool, blur_faces: bool) -> bool:
    """Write ``overlay.mp4`` and ``report.html`` for every video of a run that has results.

    An overlay is made once for both, and not at all where it is up to date.

    Args:
        summary: of the run.
        out: the run's folder.
        overlay: whether overlays are asked for; without, a report has the one that is there, or one of its own.
        report: whether reports are asked for.
        blur_faces: whether to hide faces.

    Returns:
        Whether all went well; a video's error is printed and does not stop the others.
    """
    stopped, all_well = Event(), True
    videos = [result for result in summary.videos if result.state != "failed"]

    def write(result: VideoResult, progress_of: Callable[[str], Progress]) -> Remarks:
        progress = progress_of(f"overlay of {result.name}")

        def told(done: int, total: int) -> None:
            if stopped.is_set():
                raise KeyboardInterrupt
            progress(done, total)

        if report:
            return _report(result, out, told, overlay=overlay, blur_faces=blur_faces)
        return _overlay(result, out, told, blur_faces=blur_faces)

    with frame_progress() as progress_of, ThreadPoolExecutor(VIDEOS_AT_ONCE, "pictures") as pool:
        waiting = [pool.submit(write, result, progress_of) for result in videos]
        try:
            for remarks in (future.result() for future in waiting):
                for printed, line in remarks:
                    printed(line)
                    all_well &= printed is not print_error
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return all_well


def _overlay(result: VideoResult, out: Path, progress: Progress, *, blur_faces: bool) -> Remarks:
    from neuropose_ray.pipeline import find_video
    from neuropose_ray.render import OverlaySettings, update_overlay
    from neuropose_ray.schemas.result_files import PREDICTIONS_FILE

    try:
        source = find_video(out / result.name)
        settings = OverlaySettings(blur_faces=blur_faces)
        update_overlay(source, out / result.name / PREDICTIONS_FILE, settings=settings, progress=progress)
    except NeuroposeRayError as error:
        return [(print_error, f"overlay of {result.name}: {error}")]
    return []


def _report(result: VideoResult, out: Path, progress: Progress, *, overlay: bool, blur_faces: bool) -> Remarks:
    from neuropose_ray.analysis import TrialSource
    from neuropose_ray.pipeline import find_video
    from neuropose_ray.render import OverlaySettings
    from neuropose_ray.report import ReportChoices, report_file, write_trial_report

    source = TrialSource(out / result.name, name=result.name)
    settings = OverlaySettings(blur_faces=blur_faces) if overlay else None
    choices = ReportChoices(blur_faces=blur_faces, overlay=settings)
    try:
        written = write_trial_report(
            source, report_file(source), lambda: find_video(out / result.name), choices, progress=progress
        )
    except NeuroposeRayError as error:
        return [(print_error, f"report of {result.name}: {error}")]
    if written.without_video is None:
        return []
    failed: Remarks = [(print_error, f"overlay of {result.name}: {written.without_video}")] if overlay else []
    return [*failed, (print_warning, f"the report of {result.name} has no video: {written.without_video}")]
