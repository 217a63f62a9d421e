"""`neuropose-ray report`: one HTML file that shows what was found in a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.console import print_error, print_warning
from neuropose_ray.cli.options import CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, Track, person_option, require_one_choice
from neuropose_ray.errors import NeuroposeRayError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.analysis import TrialSource
    from neuropose_ray.report import ReportChoices, WrittenReport


def report(
    trials: Annotated[
        list[str], typer.Argument(help="Results: OUT/NAME, OUT (all in it), predictions.parquet, JSON, patterns.")
    ],
    against: Annotated[Path | None, typer.Option(help="Another trial, OUT/OTHER, to compare each with.")] = None,
    track: Track = None,
    person: Annotated[
        Person, person_option(f"{PERSON_HELP} all: nobody is left out of the page, however many there are.")
    ] = Person.LONGEST,
    capture_fps: CaptureFps = None,
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
    settings: Annotated[
        Path | None, typer.Option(help="YAML file: cleaning, angles, max_people, and what is warned of.")
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Show results in one HTML file: video, 3D skeleton, angles, repetitions, gait, quality.

    The file opens in any browser, without network or server, and can be passed on. The video in it is overlay.mp4,
    which is made first where it is missing. A bad trial never stops the rest; the exit code is then 1.

    The page begins with one person, whom --track or --person chooses, and others can be looked at in it. --person and
    --capture-fps hold for the trial of --against as well.

    For example:

    neuropose-ray report results/squat --open

    neuropose-ray report results/squat_after --against results/squat_before

    neuropose-ray report results --blur-faces --settings report.yaml

    where report.yaml holds, say, `max_people: 2` and `cleaning: {outliers: null}`.
    """
    from neuropose_ray.analysis import expand_trials
    from neuropose_ray.report import ReportChoices, load_report_settings, report_file

    require_one_choice(track, person)
    sources = expand_trials(trials)
    if len(sources) != 1 and (out or video):
        raise SettingsError("--out and --video are for one trial", hint="give one folder OUT/NAME")
    choices = ReportChoices(
        against,
        track,
        people=person.value,
        capture_fps=capture_fps,
        with_video=not no_video,
        blur_faces=blur_faces,
        settings=None if settings is None else load_report_settings(settings),
    )
    written = []
    for source in sources:
        try:
            path = out or report_file(source)
            shows_nobody = _write(source, path, video, choices).shows_nobody
        except NeuroposeRayError as error:
            if len(sources) == 1:
                raise
            print_error(f"report of {source.name}: {error}")
            continue
        if shows_nobody:
            typer.echo(f"note: nobody was found in {source.name}: the report has no numbers", err=True)
        typer.echo(path)
        written.append(path)
    if open_it and written:
        typer.launch(written[0].resolve().as_uri())
    raise typer.Exit(0 if len(written) == len(sources) else 1)


def _write(source: TrialSource, target: Path, video: Path | None, choices: ReportChoices) -> WrittenReport:
    from neuropose_ray.pipeline import find_video, video_at
    from neuropose_ray.report import write_trial_report
    from neuropose_ray.schemas.result_files import predictions_in

    folder = predictions_in(source.path).parent
    console = Console(stderr=True)
    name = f"overlay of {source.name}"
    with console.status(f"report of {source.name}") as status:
        written = write_trial_report(
            source,
            target,
            (lambda: find_video(folder)) if video is None else (lambda: video_at(video, folder)),
            choices,
            progress=lambda done, total: status.update(f"{name}: {done} of {total} frames"),
        )
    if written.without_video is not None:
        print_warning(f"the report of {source.name} has no video: {written.without_video}")
    return written
