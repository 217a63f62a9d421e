"""Jobs as text: all that is known of one, and a table of several."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from neuropose_ray.cli.console import duration

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import Job, JobStep

#: Shown of an id; enough to tell a lab's jobs apart.
SHORT_ID = 8


def exit_code(job: Job) -> int:
    """The exit code that a job stands for: 1 where it failed or was cancelled, else 0."""
    return 1 if job.state in ("failed", "cancelled") else 0


def print_job(job: Job, *, as_json: bool) -> None:
    """Print all that is known of a job, as lines or as JSON."""
    typer.echo(job.model_dump_json(indent=2) if as_json else "\n".join(job_lines(job)))


def job_lines(job: Job) -> list[str]:
    """All that is known of a job, a line each, and of a failed one what to do next."""
    percent = f", {job.progress.percent:.0f} %" if job.state == "running" else ""
    stage = f" ({job.progress.stage})" if job.progress.stage else ""
    lines = [f"job {job.id}: {job.state}{stage}{percent}"]
    lines.append(f"workflow {job.workflow}, priority {job.priority}, from {job.folder or job.source}")
    if job.progress.waits_for is not None:
        lines.append(f"waits for {job.progress.waits_for}")
    if job.progress.eta is not None:
        left_s = (job.progress.eta - datetime.now(UTC)).total_seconds()
        lines.append(f"ends in about {duration(max(1.0, left_s))}")
    if job.steps:
        lines.append("steps: " + ", ".join(map(_step_text, job.steps)))
    if job.last_error is not None:
        lines.append(f"is tried again after {job.last_error.code}: {job.last_error.message}")
    if job.batch is not None:
        lines.append(f"of batch {job.batch}")
    lines.append(f"inputs: {', '.join(job.inputs)}")
    if job.labels:
        lines.append("labels: " + ", ".join(f"{name}={value}" for name, value in sorted(job.labels.items())))
    times = [("submitted", job.submitted_at), ("started", job.started_at), ("ended", job.ended_at)]
    times += [] if job.deadline is None or job.ended_at is not None else [("deadline", job.deadline)]
    lines.append(", ".join(f"{what} {at.astimezone():%Y-%m-%d %H:%M:%S}" for what, at in times if at is not None))
    if job.attempts > 1:
        lines.append(f"started {job.attempts} times")
    if job.error is not None:
        lines.append(f"error: {job.error.code}: {job.error.message}")
        again = "`... retry` queues it again"
        if job.source == "inbox":
            again = f"{job.folder} is done again when it is moved from failed/ back to in/"
        lines.append(f"`neuropose-ray jobs logs {job.id[:SHORT_ID]}` says more; {again}")
    if job.webhook is not None:
        webhook = job.webhook
        attempts = f" after {webhook.attempts} attempts" if webhook.attempts > 1 else ""
        error = f": {webhook.last_error}" if webhook.last_error and webhook.state != "delivered" else ""
        lines.append(f"webhook to {webhook.receiver}: {webhook.state}{attempts}{error}")
    lines += [f"no result: {warning.input or ''}: {warning.message}" for warning in job.warnings]
    lines += [f"{file.path} ({file.size_bytes / 1e6:.1f} MB)" for file in job.artifacts]
    return lines


def _step_text(step: JobStep) -> str:
    tries = f" (try {step.attempts})" if step.attempts > 1 and step.state in ("running", "retrying") else ""
    return f"{step.kind} {step.state}{tries}"


def print_jobs(jobs: Iterable[Job]) -> None:
    """Print jobs as a table, a row each."""
    from rich.console import Console

    from neuropose_ray.cli.tables import TextTable, print_table

    rows = []
    for job in jobs:
        stage = f" {job.progress.stage}" if job.progress.stage else ""
        took = "" if job.started_at is None or job.ended_at is None else _seconds(job)
        inputs = job.inputs[0] if len(job.inputs) == 1 else f"{job.inputs[0]} and {len(job.inputs) - 1} more"
        rows.append((
            job.id[:SHORT_ID], job.state, f"{job.progress.percent:.0f} %{stage}", inputs, job.folder or job.source,
            f"{job.submitted_at.astimezone():%m-%d %H:%M:%S}", took,
        ))  # fmt: skip
    headings = ("job", "state", "progress", "inputs", "from", "submitted", "took")
    print_table(Console(), TextTable(headings, tuple(rows)))


def _seconds(job: Job) -> str:
    assert job.started_at is not None
    assert job.ended_at is not None
    return duration((job.ended_at - job.started_at).total_seconds())
