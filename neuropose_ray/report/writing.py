"""The report of a trial, and the overlay in it, as files beside the trial's predictions."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputError, NeuroposeRayError
from neuropose_ray.schemas.result_files import OVERLAY_FILE, REPORT_FILE, is_video_folder_file, predictions_in

if TYPE_CHECKING:
    from neuropose_ray.analysis import PeopleChoice, TrialSource
    from neuropose_ray.render import OverlaySettings, Progress, ReportContent
    from neuropose_ray.report.settings import ReportSettings
    from neuropose_ray.video import VideoSource

#: Finds a video, or raises an InputError.
FindVideo = Callable[[], "VideoSource"]


@dataclass(frozen=True, slots=True)
class ReportChoices:
    """What a user asks of a report.

    Attributes:
        against: another trial, to compare with.
        track: the person; None for whom the rule chooses.
        people: a rule that chooses the person, or everybody.
        capture_fps: frames per second at which slowed-down clips were taken; None for what the files say.
        with_video: whether the overlay goes into the report.
        blur_faces: whether faces are hidden in the overlay.
        overlay: what the overlay shows; None for what the one shows that is there.
        settings: how the numbers are made; None for the defaults.
    """

    against: Path | None = None
    track: int | None = None
    people: PeopleChoice = "longest"
    capture_fps: float | None = None
    with_video: bool = True
    blur_faces: bool = False
    overlay: OverlaySettings | None = None
    settings: ReportSettings | None = None


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What a reader of a report should know beforehand.

    Attributes:
        shows_nobody: whether nobody was found in the video.
        without_video: why there is no video in a report that should have one; None where all is well.
    """

    shows_nobody: bool
    without_video: InputError | None


def report_file(source: TrialSource) -> Path:
    """Where the report of a trial goes.

    Raises:
        InputNotFoundError: there are no predictions.
    """
    from neuropose_ray.analysis import file_beside

    return file_beside(source, REPORT_FILE)


def write_trial_report(
    source: TrialSource, target: Path, find_video: FindVideo, choices: ReportChoices, *, progress: Progress
) -> WrittenReport:
    """Write the HTML of a trial, with its overlay, which is made meanwhile where it is missing.

    Args:
        source: the trial.
        target: the file to write.
        find_video: finds the video from which the trial was made, or raises an InputError that says why not.
        choices: what is asked.
        progress: told of the overlay's frames, in another thread.

    Raises:
        InputError: the trial cannot be used.
        OutputError: no space or no permission.
    """
    from neuropose_ray.report.page.page import write_report

    stopped = Event()

    def told(done: int, total: int) -> None:
        if stopped.is_set():
            raise InputError("it is not wanted any more")
        progress(done, total)

    with ThreadPoolExecutor(1, thread_name_prefix="overlay") as pool:
        drawn = pool.submit(_overlay, source, find_video, choices, told) if choices.with_video else None
        try:
            content = _content(source, choices)
            overlay, without_video = (None, None) if drawn is None else drawn.result()
        except BaseException as error:
            # Who asked for the overlay as well gets it, also where there is nothing to report.
            if choices.overlay is None or not isinstance(error, NeuroposeRayError):
                stopped.set()
            raise
    write_report(target, content, overlay)
    return WrittenReport(not content.people, without_video)


def _content(source: TrialSource, choices: ReportChoices) -> ReportContent:
    from neuropose_ray.report.collect.content import report_content

    return report_content(
        source.path,
        video=source.video,
        against=choices.against,
        track=choices.track,
        people=choices.people,
        capture_fps=choices.capture_fps,
        settings=choices.settings,
    )


def _overlay(
    source: TrialSource, find_video: FindVideo, choices: ReportChoices, progress: Progress
) -> tuple[Path | None, InputError | None]:
    """The overlay of a trial; or None, and why."""
    try:
        return _made_overlay(predictions_in(source.path), find_video, choices, progress), None
    except InputError as error:
        return None, error


def _made_overlay(predictions: Path, find_video: FindVideo, choices: ReportChoices, progress: Progress) -> Path:
    """The overlay beside the predictions, made if need be; one that is there keeps its settings.

    Raises:
        InputError: there is none, and the video is gone or another one, or the predictions are not in Parquet.
    """
    from neuropose_ray.render import is_up_to_date, measure_for, update_overlay

    if not is_video_folder_file(predictions):
        raise InputError(
            "an overlay goes into the folder of one video's results",
            where=str(predictions),
            hint="put this file into a folder of its own, as results.json",
        )
    overlay = predictions.with_name(OVERLAY_FILE)
    before = _settings_before(overlay)
    shown = choices.overlay or before
    wanted = shown.model_copy(
        update={
            "blur_faces": shown.blur_faces or choices.blur_faces,
            "capture_fps": shown.capture_fps if choices.capture_fps is None else choices.capture_fps,
        }
    )
    try:
        video = find_video()
    except InputError:
        if wanted == before and is_up_to_date(overlay, predictions):
            return overlay
        raise
    update_overlay(video, predictions, settings=wanted, progress=progress, measure=measure_for(wanted))
    return overlay


def _settings_before(overlay: Path) -> OverlaySettings:
    """Those of the overlay that is there, or the defaults: who hid faces wants them hidden in the report, too."""
    from neuropose_ray.render import OverlaySettings, read_record

    record = read_record(overlay)
    return OverlaySettings() if record is None else record.settings
