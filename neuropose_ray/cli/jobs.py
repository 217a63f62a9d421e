"""`neuropose-ray jobs`: the jobs of a running service."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from neuropose_ray.cli.console import duration
from neuropose_ray.cli.service_options import AsJson, Config, Data, Url, service_client
from neuropose_ray.errors import InputNotFoundError, JobStateError, RequestError, SettingsError
from neuropose_ray.schemas.jobs import ENDED, STANDARD_NAME, Job, JobOptions, JobState, StepKind
from neuropose_ray.service import ServiceClient

app = typer.Typer(no_args_is_help=True, help="The jobs of a running service.")

JobName = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, or its beginning.", show_default=False)]
#: Shown of an id; enough to tell a lab's jobs apart.
_SHORT = 8
#: Newest jobs among which a beginning of an id is looked for.
_LOOKED_THROUGH = 5000
_DECLINED = 2


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, completed, failed or cancelled.")] = None,
    label: Annotated[str | None, typer.Option(help="name=value, or a name alone.")] = None,
    source: Annotated[str | None, typer.Option(help="http or inbox.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Jobs, newest first.

    Example: neuropose-ray jobs list --state failed
    """
    with service_client(url, config, data) as service:
        jobs = list(service.jobs(_state(state), label, source, limit))
    if as_json:
        typer.echo(json.dumps([job.model_dump(mode="json") for job in jobs], indent=2))
    elif jobs:
        _print_table(jobs)
    else:
        typer.echo("no such jobs")


@app.command()
def show(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All that is known of a job. Exit code 1 if it failed or was cancelled."""
    with service_client(url, config, data) as service:
        record = service.job(_whole_id(service, job))
    _print(record, as_json=as_json)
    raise typer.Exit(_exit_code(record))


def _possible_height(height: float | None) -> float | None:
    """The height as it is.

    Raises:
        typer.BadParameter: nobody is so tall; the message says what may have been meant.
    """
    from neuropose_ray.schemas.fitting import require_metres

    try:
        return None if height is None else require_metres(height)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


@app.command()
def submit(
    videos: Annotated[
        list[str], typer.Argument(help="Video files; s3:// and https:// URIs that the service may read.")
    ],
    workflow: Annotated[str, typer.Option(help="A name of the service's workflows.")] = STANDARD_NAME,
    priority: Annotated[int, typer.Option(min=0, max=10, help="10 is done first.")] = 5,
    label: Annotated[list[str] | None, typer.Option(help="name=value; as often as wanted.")] = None,
    model: Annotated[str | None, typer.Option(help="A pose model of those that the service has.")] = None,
    height: Annotated[
        float | None,
        typer.Option(
            help="The person's height in metres: without it there are no true millimetres.", callback=_possible_height
        ),
    ] = None,
    fov: Annotated[
        float | None,
        typer.Option(help="Of the camera, in degrees over the longer side of the frame.", min=1, max=179),
    ] = None,
    calibration: Annotated[Path | None, typer.Option(help="A Pose2Sim calibration file (TOML).")] = None,
    calibration_camera: Annotated[
        str | None, typer.Option(help="Its camera. [default: the one named like the video, or the only one]")
    ] = None,
    overlay: Annotated[
        bool | None, typer.Option(help="Make the video with skeletons, or none. [default: as the workflow says]")
    ] = None,
    blur_faces: Annotated[
        bool | None, typer.Option(help="Hide faces in overlay and report. [default: as the workflow says]")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until it has ended.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Wait, and fetch the results into this folder.")
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Upload videos as one job. With --wait or --out, exit code 1 if it does not complete.

    Example: neuropose-ray jobs submit walk.mp4 --height 1.75 --label patient=p07 --out results
    """
    options = _options(
        model=model,
        height_m=height,
        field_of_view_degrees=fov,
        calibration=None if calibration is None else _text(calibration),
        calibration_camera=calibration_camera,
        overlay=overlay,
        blur_faces=blur_faces,
    )
    files = [Path(video) for video in videos if "://" not in video]
    uris = [video for video in videos if "://" in video]
    labels = dict(_label(text) for text in label or ())
    with service_client(url, config, data) as service:
        with _bytes_bar("upload") as on_progress:
            job = service.submit(
                files,
                uris=uris,
                workflow=workflow,
                priority=priority,
                labels=labels,
                options=options,
                on_progress=on_progress,
            )
        if wait or out is not None:
            if not as_json:
                typer.echo(f"job {job.id}", err=True)
            job = _watched(service, job.id)
        if out is not None and job.state == "completed":
            _fetch(service, job, out)
    if as_json:
        typer.echo(job.model_dump_json(indent=2))
    else:
        typer.echo("\n".join(_lines(job)) if job.state in ENDED else job.id)
    raise typer.Exit(_exit_code(job))


@app.command()
def watch(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show a job's progress until it has ended. Exit code 1 if it does not complete."""
    with service_client(url, config, data) as service:
        record = _watched(service, _whole_id(service, job))
    _print(record, as_json=as_json)
    raise typer.Exit(_exit_code(record))


@app.command()
def cancel(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Stop a job that waits or runs. The job, its inputs and what it has made are kept; `remove` deletes them."""
    with service_client(url, config, data) as service:
        _print(service.cancel(_whole_id(service, job)), as_json=as_json)


@app.command()
def remove(
    job: JobName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    url: Url = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Delete a job that has ended, with its inputs and results. Exit code 2 if you decline.

    A job that waits or runs is not touched: `cancel` it first.

    Example: neuropose-ray jobs remove 1c9f04ab
    """
    with service_client(url, config, data) as service:
        known = service.job(_whole_id(service, job))
        if known.state not in ENDED:
            raise JobStateError(f"the job is {known.state}", where=known.id, hint="`jobs cancel` it first")
        if not yes and not typer.confirm(f"Delete job {known.id} with {len(known.artifacts)} result files?"):
            raise typer.Exit(_DECLINED)
        service.remove(known.id)
    typer.echo(f"removed {known.id}")


@app.command()
def retry(
    job: JobName,
    step: Annotated[
        str | None,
        typer.Option(help="Do this step and those after it again, also of a completed job.", show_default=False),
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Queue a failed or cancelled job again; it goes on with what is not done.

    Example: neuropose-ray jobs retry 1c9f04ab --step report
    """
    with service_client(url, config, data) as service:
        _print(service.retry(_whole_id(service, job), _step(step)), as_json=as_json)


@app.command()
def logs(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """What happened to a job, a line each."""
    with service_client(url, config, data) as service:
        lines = service.log(_whole_id(service, job))
    typer.echo(json.dumps(lines, indent=2) if as_json else "\n".join(lines))


@app.command()
def results(
    job: JobName,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")],
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Fetch all that a completed job has made.

    Example: neuropose-ray jobs results 1c9f04ab --out results
    """
    with service_client(url, config, data) as service:
        record = service.job(_whole_id(service, job))
        if record.state != "completed":
            raise RequestError(f"the job is {record.state}, it has no results", where=record.id)
        paths = _fetch(service, record, out)
    typer.echo(json.dumps([str(path) for path in paths], indent=2) if as_json else f"{len(paths)} files in {out}")


def _whole_id(service: ServiceClient, given: str) -> str:
    """The id that begins so; where it is whole already the service is not asked."""
    if len(given) >= 32:
        return given
    matches = [job.id for job in service.jobs(limit=_LOOKED_THROUGH) if job.id.startswith(given)]
    if len(matches) == 1:
        return matches[0]
    what = "no job's id begins so" if not matches else f"{len(matches)} jobs' ids begin so"
    raise RequestError(what, where=given, hint="see `neuropose-ray jobs list`")


def _state(given: str | None) -> JobState | None:
    states: tuple[JobState, ...] = ("queued", "running", *ENDED)
    if given is None:
        return None
    for state in states:
        if state == given:
            return state
    raise SettingsError(f"there is no state {given!r}", where="--state", hint=f"one of {', '.join(states)}")


def _options(**given: object) -> JobOptions:
    from pydantic import ValidationError

    try:
        return JobOptions.model_validate(given)
    except ValidationError as error:
        fault = error.errors()[0]
        names = {"height_m": "height", "field_of_view_degrees": "fov"}
        where = f"--{names.get(str(fault['loc'][0]), str(fault['loc'][0])).replace('_', '-')}"
        raise SettingsError(
            str(fault["msg"]).removeprefix("Value error, "), where=where, hint="see `jobs submit --help`"
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise InputNotFoundError(reason, where=str(path), hint="check --calibration") from error


def _step(given: str | None) -> StepKind | None:
    kinds = get_args(StepKind)
    if given is not None and given not in kinds:
        raise SettingsError(f"there is no step {given!r}", where="--step", hint=f"one of {', '.join(kinds)}")
    return cast("StepKind | None", given)


def _label(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise SettingsError(f"{given!r} is not name=value", where="--label", hint="such as patient=p07")
    return name, value


def _exit_code(job: Job) -> int:
    return 1 if job.state in ("failed", "cancelled") else 0


def _print(job: Job, *, as_json: bool) -> None:
    typer.echo(job.model_dump_json(indent=2) if as_json else "\n".join(_lines(job)))


def _lines(job: Job) -> list[str]:
    percent = f", {job.progress.percent:.0f} %" if job.state == "running" else ""
    stage = f" ({job.progress.stage})" if job.progress.stage else ""
    lines = [f"job {job.id}: {job.state}{stage}{percent}"]
    lines.append(f"workflow {job.workflow}, priority {job.priority}, from {job.folder or job.source}")
    if job.progress.waits_for is not None:
        lines.append(f"waits for {job.progress.waits_for}")
    lines.append(f"inputs: {', '.join(job.inputs)}")
    if job.labels:
        lines.append("labels: " + ", ".join(f"{name}={value}" for name, value in sorted(job.labels.items())))
    times = [("submitted", job.submitted_at), ("started", job.started_at), ("ended", job.ended_at)]
    lines.append(", ".join(f"{what} {at.astimezone():%Y-%m-%d %H:%M:%S}" for what, at in times if at is not None))
    if job.attempts > 1:
        lines.append(f"started {job.attempts} times")
    if job.error is not None:
        lines.append(f"error: {job.error.code}: {job.error.message}")
        again = "`... retry` queues it again"
        if job.source == "inbox":
            again = f"{job.folder} is done again when it is moved from failed/ back to in/"
        lines.append(f"`neuropose-ray jobs logs {job.id[:_SHORT]}` says more; {again}")
    lines += [f"no result: {each.input or ''}: {each.message}" for each in job.warnings]
    lines += [f"{each.path} ({each.size_bytes / 1e6:.1f} MB)" for each in job.artifacts]
    return lines


def _print_table(jobs: Iterable[Job]) -> None:
    from rich.console import Console

    from neuropose_ray.cli.tables import TextTable, print_table

    rows = []
    for job in jobs:
        stage = f" {job.progress.stage}" if job.progress.stage else ""
        took = "" if job.started_at is None or job.ended_at is None else _seconds(job)
        inputs = job.inputs[0] if len(job.inputs) == 1 else f"{job.inputs[0]} and {len(job.inputs) - 1} more"
        rows.append((
            job.id[:_SHORT], job.state, f"{job.progress.percent:.0f} %{stage}", inputs, job.folder or job.source,
            f"{job.submitted_at.astimezone():%m-%d %H:%M:%S}", took,
        ))  # fmt: skip
    headings = ("job", "state", "progress", "inputs", "from", "submitted", "took")
    print_table(Console(), TextTable(headings, tuple(rows)))


def _seconds(job: Job) -> str:
    assert job.started_at is not None
    assert job.ended_at is not None
    return duration((job.ended_at - job.started_at).total_seconds())


def _watched(service: ServiceClient, job_id: str) -> Job:
    """Follow a job to its end: a bar on a terminal, a line at each step elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console, last_line, job = Console(stderr=True), "", None
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(job_id[:_SHORT], total=100)
        for job in service.events(job_id):
            what = " ".join(part for part in (job.state, job.progress.stage, job.progress.input) if part)
            if job.progress.waits_for is not None:
                what = f"{what} waits for {job.progress.waits_for}"
            bar.update(task, completed=job.progress.percent, description=what)
            if what != last_line and not console.is_terminal:
                console.print(f"{job.progress.percent:.0f} % {what}", markup=False)
            last_line = what
    return service.job(job_id)


def _fetch(service: ServiceClient, job: Job, out: Path) -> list[Path]:
    with _bytes_bar("results") as on_progress:
        return service.download(job, out, on_progress)


@contextmanager
def _bytes_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of bytes on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task, shown = bar.add_task(what, total=None), 0.0

        def advance(done: int, total: int) -> None:
            nonlocal shown
            if time.monotonic() - shown > 0.1 or done == total:
                shown = time.monotonic()
                bar.update(task, completed=done, total=total)

        yield advance
