"""Batches as text: all that is known of one, and a table of several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuropose_ray.cli.job_text import SHORT_ID
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.schemas.batches import Batch


def batch_exit_code(batch: Batch) -> int:
    """The exit code that a batch stands for: 1 where a job of it failed or was cancelled, else 0."""
    return 1 if batch.counts.get("failed") or batch.counts.get("cancelled") else 0


def batch_counts(batch: Batch) -> str:
    """How many of its jobs are in which state."""
    return ", ".join(f"{count} {state}" for state, count in batch.counts.items() if count)


def batch_lines(batch: Batch) -> list[str]:
    """All that is known of a batch, a line each, and what to do next."""
    jobs = sum(batch.counts.values())
    lines = [
        f"batch {batch.id}: {batch.state}, {batch.percent:.0f} %",
        f"{counted(jobs, 'job')}: {batch_counts(batch)}",
    ]
    times = [("submitted", batch.submitted_at), ("ended", batch.ended_at)]
    lines.append(", ".join(f"{what} {at.astimezone():%Y-%m-%d %H:%M:%S}" for what, at in times if at is not None))
    for failure in batch.failures:
        why = "" if failure.error is None else f": {failure.error.code}: {failure.error.message}"
        lines.append(f"failed: {', '.join(failure.inputs)} (job {failure.job[:SHORT_ID]}){why}")
    return lines


def print_batches(batches: Iterable[Batch]) -> None:
    """Print batches as a table, a row each."""
    from rich.console import Console

    from neuropose_ray.cli.tables import TextTable, print_table

    rows = tuple(
        (
            batch.id[:SHORT_ID],
            batch.state,
            f"{batch.percent:.0f} %",
            str(sum(batch.counts.values())),
            batch_counts(batch),
            f"{batch.submitted_at.astimezone():%m-%d %H:%M:%S}",
        )
        for batch in batches
    )
    print_table(Console(), TextTable(("batch", "state", "progress", "jobs", "of these", "submitted"), rows))
