"""`neuropose-ray status`: how far a run is, or how the service does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from neuropose_ray.cli.console import duration
from neuropose_ray.cli.service_options import Config, Data, Url, service_client
from neuropose_ray.cli.service_status import service_lines
from neuropose_ray.errors import InputNotFoundError

if TYPE_CHECKING:
    from neuropose_ray.pipeline import RunStatus

#: Failures that are shown here; --json has more, summary.json all.
_SHOWN_FAILURES = 10


def status(
    out: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            help="What was --out of `neuropose-ray process`, or its --work-folder if it had one; without it the "
            "service is asked.",
            show_default=False,
        ),
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    videos: Annotated[
        bool,
        typer.Option("--videos", help="List all videos with results, where each lies now, and what is out of date."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the status, or the list, as JSON.")] = False,
) -> None:
    """How a run is: from its own files alone, while it goes on, after it died, and long after it ended.

    Without a run, how the service is: its queue, running jobs, replicas and disk.

    Exit code 0 for a run that goes on or has finished and for a service that is ready, 1 otherwise. With --videos it
    is 1 where a video is no longer found: neither where it was nor moved along with its results.

    Example: neuropose-ray status results
    """
    if out is None:
        _service_status(url, data, config, as_json=as_json)
    from neuropose_ray.pipeline import output_folder, status_of

    folder, _ = output_folder(str(out))
    if videos:
        _list_videos(folder, as_json=as_json)
    run = status_of(folder)
    typer.echo(run.model_dump_json(indent=2) if as_json else "\n".join(_lines(run)))
    raise typer.Exit(0 if run.state in ("running", "finished") else 1)


def _service_status(url: str | None, data: Path | None, config: Path | None, *, as_json: bool) -> NoReturn:
    with service_client(url, config, data) as service:
        report = service.status()
    lines = service_lines(report, datetime.now(UTC))
    typer.echo(report.model_dump_json(indent=2) if as_json else "\n".join(lines))
    raise typer.Exit(0 if report.ready else 1)


def _list_videos(folder: Path, *, as_json: bool) -> NoReturn:
    """Every video with results, whichever run made them."""
    from neuropose_ray.pipeline import known_videos

    known = list(known_videos(folder))
    if not known:
        hint = "give the folder that was --out of `neuropose-ray process`"
        raise InputNotFoundError("no video has results in this folder", where=str(folder), hint=hint)
    if as_json:
        typer.echo(json.dumps([video.model_dump(mode="json") for video in known], indent=2))
    for video in () if as_json else known:
        lost = "not found" if video.path_before is None else f"no longer at {video.path_before}"
        older = f"; made from older predictions: {', '.join(video.outdated)}" if video.outdated else ""
        typer.echo(f"{video.name}: {video.state or 'results'}; {video.path or lost}{older}")
    raise typer.Exit(0 if all(video.path is not None for video in known) else 1)


def _lines(run: RunStatus) -> list[str]:
    percent = "" if run.percent is None else f", {run.percent:.1f} %"
    phase = f" ({run.phase})" if run.state in ("running", "dead") else ""
    lines = [f"{run.state}{phase}{percent}"]
    if run.holder is not None:
        sign = "" if run.last_sign_s is None else f", last sign of life {run.last_sign_s:.0f} s ago"
        lines.append(f"by {run.holder}{sign}")
    if run.error is not None:
        lines.append(f"stopped by: {run.error}")
    if run.phase == "planning":
        lines.append(f"inputs: {run.planned} of {run.inputs} looked at")
    lines.append(
        f"videos: {run.inputs}; {run.completed} completed, {run.partial} partial, {run.failed} failed, "
        f"{run.waiting} waiting"
    )
    rate = "" if run.frames_per_s is None else f", {run.frames_per_s:.1f} a second"
    lines.append(f"frames: {run.frames_done} of {run.frames}; {run.frames_computed} computed by this run{rate}")
    if run.chunks:
        lines.append(f"chunks: {run.chunks_done} of {run.chunks} done, {run.chunks_failed} failed")
    workers = "" if run.workers is None else f", {run.workers} workers"
    lines.append(f"{run.model} on the {run.engine} engine{workers}")
    if run.remaining_s is not None and run.ends_at is not None:
        ends_at = run.ends_at.astimezone()
        lines.append(
            f"about {duration(run.remaining_s)} left, until {ends_at:%Y-%m-%d %H:%M}, if it goes on as it did"
        )
    if run.state in ("stopped", "dead"):
        lines.append("the same command goes on from what is finished")
    for failure in run.failures[:_SHOWN_FAILURES]:
        chunk = "" if failure.chunk is None else f", chunk {failure.chunk}"
        lines.append(f"failed: {failure.video}{chunk}: {failure.message}")
    if len(run.failures) > _SHOWN_FAILURES:
        lines.append(f"and {len(run.failures) - _SHOWN_FAILURES} failures more; see --json or summary.json")
    return lines
