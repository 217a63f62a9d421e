"""`neuropose-ray report`: one HTML file that shows what was found in a video."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from neuropose_ray.cli.console import print_error
from neuropose_ray.errors import InputError, InputNotFoundError, NeuroposeRayError, SettingsError
from neuropose_ray.pipeline.assemble import PREDICTIONS_FILE
from neuropose_ray.pipeline.folder import SUMMARY_FILE
from neuropose_ray.pipeline.summary import RunSummary

if TYPE_CHECKING:
    from neuropose_ray.analysis.runs.trials import TrialSource
    from neuropose_ray.render.settings import OverlaySettings

REPORT_FILE = "report.html"


@dataclass(frozen=True, slots=True)
class _Choices:
    """What a user asks of every report alike; ``fps`` is the time base of image folders."""

    against: Path | None = None
    track: int | None = None
    with_video: bool = True
    blur_faces: bool = False
    fps: float | None = None


def report(
    trials: Annotated[
        list[str], typer.Argument(help="Results: OUT/NAME, OUT (all in it), predictions.parquet, JSON, patterns.")
    ],
    against: Annotated[Path | None, typer.Option(help="Another trial, OUT/OTHER, to compare each with.")] = None,
    track: Annotated[int | None, typer.Option(help="A person by track id. [default: who is seen longest]")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="HTML to write. [default: report.html beside the predictions]")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(help="The video, where it is no longer where `process` found it.")
    ] = None,
    no_video: Annotated[
        bool, typer.Option("--no-video", help="Leave the video out: a smaller file, no faces.")
    ] = False,
    blur_faces: Annotated[
        bool, typer.Option("--blur-faces", help="Hide the faces of the people found; look at it before you share it.")
    ] = False,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Show results in one HTML file: video, 3D skeleton, angles, repetitions, gait, quality.

    The file opens in any browser, without network or server, and can be passed on. The video in it is overlay.mp4,
    which is made first where it is missing. A bad trial never stops the rest; the exit code is then 1.

    For example:

    neuropose-ray report results/squat --open

    neuropose-ray report results/squat_after --against results/squat_before

    neuropose-ray report results --blur-faces
    """
    from neuropose_ray.analysis.runs.trials import expand_trials

    sources = expand_trials(trials)
    if len(sources) != 1 and (out or video):
        raise SettingsError("--out and --video are for one trial", hint="give one folder OUT/NAME")
    choices = _Choices(against, track, not no_video, blur_faces)
    written = []
    for source in sources:
        try:
            path = _write(source, out or _beside(source), video, choices)
        except NeuroposeRayError as error:
            if len(sources) == 1:
                raise
            print_error(f"report of {source.name}: {error}")
            continue
        typer.echo(path)
        written.append(path)
    if open_it and written:
        typer.launch(written[0].resolve().as_uri())
    raise typer.Exit(0 if len(written) == len(sources) else 1)


def write_reports(summary: RunSummary, out: Path, *, blur_faces: bool, fps: float | None = None) -> bool:
    """Write ``report.html`` for every video of a run that has results.

    Args:
        summary: of the run.
        out: the run's folder.
        blur_faces: whether to hide faces in the video.
        fps: the time base of image folders that the run had.

    Returns:
        Whether all went well; a video's error is printed and does not stop the others.
    """
    from neuropose_ray.analysis.runs.trials import TrialSource

    choices, all_well = _Choices(blur_faces=blur_faces, fps=fps), True
    for result in summary.videos:
        if result.state == "failed":
            continue
        source = TrialSource(out / result.name, name=result.name)
        try:
            _write(source, _beside(source), Path(result.input), choices)
        except NeuroposeRayError as error:
            print_error(f"report of {result.name}: {error}")
            all_well = False
    return all_well


def _write(source: TrialSource, target: Path, video: Path | None, choices: _Choices) -> Path:
    from neuropose_ray.analysis.runs.trials import predictions_in
    from neuropose_ray.render.report.page import write_report
    from neuropose_ray.report.content import report_content

    content = report_content(source.path, video=source.video, against=choices.against, track=choices.track)
    overlay = None
    if choices.with_video:
        try:
            fps = choices.fps or _frame_rate(content.timestamps_s)
            overlay = _overlay(predictions_in(source.path), video, fps, blur_faces=choices.blur_faces)
        except InputError as error:
            line = f"warning: the report of {source.name} has no video: {error}"
            Console(stderr=True).print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
    write_report(target, content, overlay)
    return target


def _beside(source: TrialSource) -> Path:
    """In a video's folder there is one report; other files name theirs."""
    from neuropose_ray.analysis.runs.trials import RESULTS_FILE, predictions_in

    file = predictions_in(source.path)
    if source.video is None and file.name in (PREDICTIONS_FILE, RESULTS_FILE):
        return file.with_name(REPORT_FILE)
    return file.with_name(f"{source.video or file.stem}.{REPORT_FILE}")


def _overlay(predictions: Path, video: Path | None, fps: float | None, *, blur_faces: bool) -> Path:
    """The overlay beside the predictions, made if need be; one that is there keeps its settings.

    Raises:
        InputError: there is none, and the video is gone or another one, or the predictions are not in Parquet.
    """
    from neuropose_ray.cli.overlay_measurements import measure_for
    from neuropose_ray.render.folder import OVERLAY_FILE, update_overlay
    from neuropose_ray.video.sources import open_source

    if predictions.name != PREDICTIONS_FILE:
        raise InputError("an overlay can be made of predictions.parquet alone", where=str(predictions))
    overlay = predictions.with_name(OVERLAY_FILE)
    before = _settings_before(overlay)
    wanted = before.model_copy(update={"blur_faces": before.blur_faces or blur_faces})
    video = video or _video_of_run(predictions.parent)
    if video is None or not video.exists():
        if overlay.is_file() and wanted == before:
            return overlay
        raise InputNotFoundError(
            "its video is gone" if video is None else f"its video is gone: {video}",
            where=str(predictions.parent),
            hint="say where it is with --video",
        )
    source, name = open_source(video, fps=fps), f"overlay of {predictions.parent.name}"
    with Console(stderr=True).status(name) as status:
        update_overlay(
            source,
            predictions,
            settings=wanted,
            progress=lambda done, total: status.update(f"{name}: {done} of {total} frames"),
            measure=measure_for(wanted),
        )
    return overlay


def _settings_before(overlay: Path) -> OverlaySettings:
    """Those of the overlay that is there, or the defaults: who hid faces wants them hidden in the report, too."""
    from pydantic import ValidationError

    from neuropose_ray.render.folder import RECORD_FILE, OverlayRecord
    from neuropose_ray.render.settings import OverlaySettings

    try:
        return OverlayRecord.model_validate_json(overlay.with_name(RECORD_FILE).read_bytes()).settings
    except (OSError, ValidationError):
        return OverlaySettings()


def _video_of_run(folder: Path) -> Path | None:
    """Where the run that made the folder found the video; None where its summary does not say."""
    from pydantic import ValidationError

    try:
        summary = RunSummary.model_validate_json((folder.parent / SUMMARY_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    name = folder.resolve().name
    return next((Path(result.input) for result in summary.videos if result.name == name), None)


def _frame_rate(timestamps_s: NDArray[np.float64]) -> float | None:
    """For numbered images, which have no times of their own; None where one frame tells none."""
    return float(1 / np.median(np.diff(timestamps_s))) if len(timestamps_s) > 1 else None
