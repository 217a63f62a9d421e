"""`neuropose-ray jobs batches`: jobs that were submitted together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.batch_text import batch_exit_code, batch_lines, print_batches
from neuropose_ray.cli.job_arguments import whole_batch_id
from neuropose_ray.cli.job_progress import fetch, watched_batch
from neuropose_ray.cli.service_options import AsJson, Config, Data, Url, service_client
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.schemas.batches import Batch

app = typer.Typer(no_args_is_help=True, help="Jobs that were submitted together, by one id.")

BatchName = Annotated[
    str, typer.Argument(metavar="BATCH", help="A batch's id, or its beginning.", show_default=False)
]


@app.command("list")
def list_batches(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Batches, newest first.

    Example: neuropose-ray jobs batches list
    """
    with service_client(url, config, data) as service:
        batches = list(service.batches(limit))
    if as_json:
        typer.echo(json.dumps([batch.model_dump(mode="json") for batch in batches], indent=2))
    elif batches:
        print_batches(batches)
    else:
        typer.echo("no batches")


@app.command()
def show(
    batch: BatchName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False
) -> None:
    """A batch in numbers, and why which of its jobs failed. Exit code 1 if one failed or was cancelled.

    `neuropose-ray jobs list --batch BATCH` lists its jobs.
    """
    with service_client(url, config, data) as service:
        _end_with(service.batch(whole_batch_id(service, batch)), as_json=as_json)


@app.command()
def watch(
    batch: BatchName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Show a batch's progress until all its jobs have ended. Exit code 1 if one does not complete."""
    with service_client(url, config, data) as service:
        _end_with(watched_batch(service, whole_batch_id(service, batch)), as_json=as_json)


@app.command()
def cancel(
    batch: BatchName, url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False
) -> None:
    """Stop all jobs of a batch that wait or run; what they have made is kept."""
    with service_client(url, config, data) as service:
        _print(service.cancel_batch(whole_batch_id(service, batch)), as_json=as_json)


@app.command()
def results(
    batch: BatchName,
    out: Annotated[Path, typer.Option("--out", "-o", help="Gets a folder for each job, called as the job.")],
    url: Url = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Fetch all that the completed jobs of a batch have made.

    Example: neuropose-ray jobs batches results 1c9f04ab --out results
    """
    with service_client(url, config, data) as service:
        whole = whole_batch_id(service, batch)
        known = service.batch(whole)
        jobs = list(service.jobs(state="completed", batch=whole, limit=sum(known.counts.values())))
        files = sum(len(fetch(service, service.job(job.id), out / job.id)) for job in jobs)
    typer.echo(f"{counted(files, 'file')} of {counted(len(jobs), 'job')} in {out}")


def _end_with(batch: Batch, *, as_json: bool) -> None:
    _print(batch, as_json=as_json)
    raise typer.Exit(batch_exit_code(batch))


def _print(batch: Batch, *, as_json: bool) -> None:
    typer.echo(batch.model_dump_json(indent=2) if as_json else "\n".join(batch_lines(batch)))
