"""`neuropose-ray jobs`: the jobs of a running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli import batches
from neuropose_ray.cli.batch_submission import batch_of_option, finish_batch, submit_batch
from neuropose_ray.cli.console import require_yes
from neuropose_ray.cli.job_arguments import (
    calibration_text,
    label_of,
    options_of,
    state_of,
    step_of,
    webhook_of,
    whole_id,
)
from neuropose_ray.cli.job_inputs import SubmittedInput, submitted_inputs
from neuropose_ray.cli.job_progress import bytes_bar, fetch, watched
from neuropose_ray.cli.job_text import exit_code, job_lines, print_job, print_jobs
from neuropose_ray.cli.service_options import AsJson, Config, Data, Url, service_client
from neuropose_ray.errors import JobStateError, RequestError
from neuropose_ray.schemas.job_names import ENDED, STANDARD_NAME
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import Job
    from neuropose_ray.service import Progress

app = typer.Typer(no_args_is_help=True, help="The jobs of a running service.")
app.add_typer(batches.app, name="batches")

JobName = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, or its beginning.", show_default=False)]


@app.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help="queued, running, completed, failed or cancelled.")] = None,
    label: Annotated[str | None, typer.Option(help="name=value, or a name alone.")] = None,
    source: Annotated[str | None, typer.Option(help="http or inbox.")] = None,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="Of this batch.")] = None,
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
        jobs = list(service.jobs(state_of(state), label, source, limit, batch))
    if as_json:
        typer.echo(json.dumps([job.model_dump(mode="json") for job in jobs], indent=2))
    elif jobs:
        print_jobs(jobs)
    else:
        typer.echo("no such jobs")


@app.command()
def show(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """All that is known of a job. Exit code 1 if it failed or was cancelled."""
    with service_client(url, config, data) as service:
        record = service.job(whole_id(service, job))
    print_job(record, as_json=as_json)
    raise typer.Exit(exit_code(record))


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
        list[str],
        typer.Argument(
            help="Video files, folders of them, folders of numbered pictures; s3:// and https:// URIs that the "
            "service may read."
        ),
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
    capture_fps: Annotated[
        float | None,
        typer.Option(help="Frames per second at which videos were taken that are stored slowed down, such as 240."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="Look for poses in at most so many frames a second; those between are interpolated."),
    ] = None,
    overlay: Annotated[
        bool | None, typer.Option(help="Make the video with skeletons, or none. [default: as the workflow says]")
    ] = None,
    blur_faces: Annotated[
        bool | None, typer.Option(help="Hide faces in overlay and report. [default: as the workflow says]")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Told when the job has ended; see service.webhooks.hosts.")
    ] = None,
    webhook_secret: Annotated[
        str | None,
        typer.Option(
            envvar="NEUROPOSE_RAY_WEBHOOK_SECRET",
            help="Signs the message. [default: the service's secret]",
            show_default=False,
        ),
    ] = None,
    deadline: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=0.001, max=366 * 86_400, help="A job that has not ended by then fails, and stops."
        ),
    ] = None,
    one_job: Annotated[
        bool, typer.Option("--one-job", help="All videos in one job. [default: a job for each, as a batch]")
    ] = False,
    batch: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Go on with this batch: what has a job gets no second one. [default: a new batch]",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show progress until it has ended.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Wait, and fetch the results into this folder; of a batch, a folder for each job."
        ),
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Upload a video as a job, or several as a batch, a job for each. Prints the id of the job, or of the batch.

    A video that the service refuses stops none of the others. With --wait or --out, exit code 1 if a job does not
    complete. `jobs batches` lists batches, shows one, and cancels its jobs together.

    Example: neuropose-ray jobs submit walk.mp4 --height 1.75 --label patient=p07 --out results

    Example: neuropose-ray jobs submit trials/ --label study=2026 --wait
    """
    options = options_of(
        model=model,
        height_m=height,
        field_of_view_degrees=fov,
        calibration=None if calibration is None else calibration_text(calibration),
        calibration_camera=calibration_camera,
        capture_fps=capture_fps,
        rate=rate,
        overlay=overlay,
        blur_faces=blur_faces,
    )
    labels = dict(label_of(text) for text in label or ())
    job_webhook = webhook_of(webhook, webhook_secret)
    inputs = submitted_inputs(videos)
    with service_client(url, config, data) as service:

        def submit_together(videos: list[SubmittedInput], on_progress: Progress, **known: str) -> Job:
            return service.submit(
                [video.path for video in videos if video.path is not None],
                uris=[video.uri for video in videos if video.uri is not None],
                workflow=workflow,
                priority=priority,
                labels=labels,
                options=options,
                webhook=job_webhook,
                deadline_s=deadline,
                on_progress=on_progress,
                **known,
            )

        if batch is not None or (len(inputs) > 1 and not one_job):
            chosen = batch_of_option(batch)
            taken = submit_batch(
                inputs, chosen, lambda video, name, key, report: submit_together([video], report, batch=name, key=key)
            )
            refused = len(inputs) - len(taken)
            raise typer.Exit(
                finish_batch(service, chosen, taken, refused=refused, wait=wait, out=out, as_json=as_json)
            )
        with bytes_bar("upload") as on_progress:
            job = submit_together(inputs, on_progress)
        if wait or out is not None:
            if not as_json:
                typer.echo(f"job {job.id}", err=True)
            job = watched(service, job.id)
        if out is not None and job.state == "completed":
            fetch(service, job, out)
    if as_json:
        typer.echo(job.model_dump_json(indent=2))
    else:
        typer.echo("\n".join(job_lines(job)) if job.state in ENDED else job.id)
    raise typer.Exit(exit_code(job))


@app.command()
def watch(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show a job's progress until it has ended. Exit code 1 if it does not complete."""
    with service_client(url, config, data) as service:
        record = watched(service, whole_id(service, job))
    print_job(record, as_json=as_json)
    raise typer.Exit(exit_code(record))


@app.command()
def cancel(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Stop a job that waits or runs. The job, its inputs and what it has made are kept; `remove` deletes them."""
    with service_client(url, config, data) as service:
        print_job(service.cancel(whole_id(service, job)), as_json=as_json)


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
        known = service.job(whole_id(service, job))
        if known.state not in ENDED:
            raise JobStateError(f"the job is {known.state}", where=known.id, hint="`jobs cancel` it first")
        require_yes(f"Delete job {known.id} with {len(known.artifacts)} result files?", yes=yes)
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
        print_job(service.retry(whole_id(service, job), step_of(step)), as_json=as_json)


@app.command()
def logs(job: JobName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """What happened to a job, a line each."""
    with service_client(url, config, data) as service:
        lines = service.log(whole_id(service, job))
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
        record = service.job(whole_id(service, job))
        if record.state != "completed":
            raise RequestError(f"the job is {record.state}, it has no results", where=record.id)
        paths = fetch(service, record, out)
    typer.echo(
        json.dumps([str(path) for path in paths], indent=2) if as_json else f"{counted(len(paths), 'file')} in {out}"
    )
