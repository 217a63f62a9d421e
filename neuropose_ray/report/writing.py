"""The report of a trial, and the overlay in it, as files beside the trial's predictions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.result_files import OVERLAY_FILE, REPORT_FILE, is_video_folder_file, predictions_in

if TYPE_CHECKING:
    from neuropose_ray.analysis import PeopleChoice, TrialSource
    from neuropose_ray.render import OverlaySettings, Progress
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
        settings: how the numbers are made; None for the defaults.
    """

    against: Path | None = None
    track: int | None = None
    people: PeopleChoice = "longest"
    capture_fps: float | None = None
    with_video: bool = True
    blur_faces: bool = False
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
    """Write the HTML of a trial, with its overlay, which is made first where it is missing.

    Args:
        source: the trial.
        target: the file to write.
        find_video: finds the video from which the trial was made, or raises an InputError that says why not.
        choices: what is asked.
        progress: told of the overlay's frames.

    Raises:
        InputError: the trial cannot be used.
        OutputError: no space or no permission.
    """
    from neuropose_ray.report.collect.content import report_content
    from neuropose_ray.report.page.page import write_report

    content = report_content(
        source.path,
        video=source.video,
        against=choices.against,
        track=choices.track,
        people=choices.people,
        capture_fps=choices.capture_fps,
        settings=choices.settings,
    )
    overlay = without_video = None
    if choices.with_video:
        try:
            overlay = _overlay(predictions_in(source.path), find_video, choices, progress)
        except InputError as error:
            without_video = error
    write_report(target, content, overlay)
    return WrittenReport(not content.people, without_video)


def _overlay(predictions: Path, find_video: FindVideo, choices: ReportChoices, progress: Progress) -> Path:
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
    wanted = before.model_copy(
        update={
            "blur_faces": before.blur_faces or choices.blur_faces,
            "capture_fps": before.capture_fps if choices.capture_fps is None else choices.capture_fps,
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
