"""A job followed to its end, and files on their way to and from the service, with a bar on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.cli.batch_text import batch_counts
from neuropose_ray.cli.job_text import SHORT_ID
from neuropose_ray.schemas.job_names import ENDED

if TYPE_CHECKING:
    from neuropose_ray.schemas.batches import Batch
    from neuropose_ray.schemas.jobs import Job
    from neuropose_ray.service import ServiceClient

#: Between two looks at a batch, of which each looks at all its jobs.
_LOOK_S = 2.0


def watched(service: ServiceClient, job_id: str) -> Job:
    """Follow a job to its end: a bar on a terminal, a line at each step elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console, last_line, job = Console(stderr=True), "", None
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(job_id[:SHORT_ID], total=100)
        for job in service.events(job_id):
            what = " ".join(part for part in (job.state, job.progress.stage, job.progress.input) if part)
            if job.progress.waits_for is not None:
                what = f"{what} waits for {job.progress.waits_for}"
            if job.last_error is not None:
                what = f"{what}, tried again after {job.last_error.code}"
            bar.update(task, completed=job.progress.percent, description=what)
            if what != last_line and not console.is_terminal:
                console.print(f"{job.progress.percent:.0f} % {what}", markup=False)
            last_line = what
    return service.job(job_id)


def watched_batch(service: ServiceClient, batch_id: str) -> Batch:
    """Follow a batch until all its jobs have ended: a bar on a terminal, a line at each change elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console, last_line = Console(stderr=True), ""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(batch_id[:SHORT_ID], total=100)
        while True:
            batch = service.batch(batch_id, wait_s=0.0 if not last_line else _LOOK_S)
            what = batch_counts(batch)
            bar.update(task, completed=batch.percent, description=what)
            if what != last_line and not console.is_terminal:
                console.print(f"{batch.percent:.0f} % {what}", markup=False)
            last_line = what
            if batch.state in ENDED:
                return batch


def fetch(service: ServiceClient, job: Job, out: Path) -> list[Path]:
    """Fetch all files that a job has made into a folder; their paths.

    Raises:
        OutputError: the folder cannot be written.
    """
    with bytes_bar("results") as on_progress:
        return service.download(job, out, on_progress)


@contextmanager
def bytes_bar(what: str) -> Iterator[Callable[[int, int], None]]:
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
