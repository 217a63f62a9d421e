"""`neuropose-ray status`: how far a run is, or how the service does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from neuropose_ray.cli.console import duration
from neuropose_ray.cli.service_options import Config, Data, Url, service_client
from neuropose_ray.cli.service_status import service_lines
from neuropose_ray.pipeline.assembly.result_mirror import output_folder
from neuropose_ray.pipeline.state.status import RunStatus, status_of

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
    as_json: Annotated[bool, typer.Option("--json", help="Print the status as JSON.")] = False,
) -> None:
    """How a run is: from its own files alone, while it goes on, after it died, and long after it ended.

    Without a run, how the service is: its queue, running jobs, replicas and disk.

    Exit code 0 for a run that goes on or has finished and for a service that is ready, 1 otherwise.

    Example: neuropose-ray status results
    """
    if out is None:
        _service_status(url, data, config, as_json=as_json)
    folder, _ = output_folder(str(out))
    seen = status_of(folder)
    typer.echo(seen.model_dump_json(indent=2) if as_json else "\n".join(_lines(seen)))
    raise typer.Exit(0 if seen.state in ("running", "finished") else 1)


def _service_status(url: str | None, data: Path | None, config: Path | None, *, as_json: bool) -> NoReturn:
    with service_client(url, config, data) as service:
        report = service.status()
    lines = service_lines(report, datetime.now(UTC))
    typer.echo(report.model_dump_json(indent=2) if as_json else "\n".join(lines))
    raise typer.Exit(0 if report.ready else 1)


def _lines(seen: RunStatus) -> list[str]:
    percent = "" if seen.percent is None else f", {seen.percent:.1f} %"
    phase = f" ({seen.phase})" if seen.state in ("running", "dead") else ""
    lines = [f"{seen.state}{phase}{percent}"]
    if seen.holder is not None:
        sign = "" if seen.last_sign_s is None else f", last sign of life {seen.last_sign_s:.0f} s ago"
        lines.append(f"by {seen.holder}{sign}")
    if seen.error is not None:
        lines.append(f"stopped by: {seen.error}")
    if seen.phase == "planning":
        lines.append(f"inputs: {seen.planned} of {seen.inputs} looked at")
    lines.append(
        f"videos: {seen.inputs}; {seen.completed} completed, {seen.partial} partial, {seen.failed} failed, "
        f"{seen.waiting} waiting"
    )
    rate = "" if seen.frames_per_s is None else f", {seen.frames_per_s:.1f} a second"
    lines.append(f"frames: {seen.frames_done} of {seen.frames}; {seen.frames_computed} computed by this run{rate}")
    if seen.chunks:
        lines.append(f"chunks: {seen.chunks_done} of {seen.chunks} done, {seen.chunks_failed} failed")
    workers = "" if seen.workers is None else f", {seen.workers} workers"
    lines.append(f"{seen.model} on the {seen.engine} engine{workers}")
    if seen.remaining_s is not None and seen.ends_at is not None:
        ends_at = seen.ends_at.astimezone()
        lines.append(
            f"about {duration(seen.remaining_s)} left, until {ends_at:%Y-%m-%d %H:%M}, if it goes on as it did"
        )
    if seen.state in ("stopped", "dead"):
        lines.append("the same command goes on from what is finished")
    for failure in seen.failures[:_SHOWN_FAILURES]:
        chunk = "" if failure.chunk is None else f", chunk {failure.chunk}"
        lines.append(f"failed: {failure.video}{chunk}: {failure.message}")
    if len(seen.failures) > _SHOWN_FAILURES:
        lines.append(f"and {len(seen.failures) - _SHOWN_FAILURES} failures more; see --json or summary.json")
    return lines
