"""The progress of a download on a terminal, or as lines in a log."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from neuropose_ray.models.weights.settings import Progress, no_progress


@contextmanager
def download_progress(model: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A bar on a terminal, else a log line for every tenth of the way; nothing where ``quiet``."""
    if quiet:
        yield no_progress
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _log_tenths(model)
        return
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(model, total=None)
        yield lambda received, total: bar.update(task, completed=received, total=total)


def _log_tenths(model: str) -> Progress:
    logger = logging.getLogger(__name__)
    tenths_logged = 0

    def report(received: int, total: int | None) -> None:
        nonlocal tenths_logged
        tenths = 10 * received // total if total else 0
        if tenths > tenths_logged:
            tenths_logged = tenths
            logger.info("%s: %d of %d MB", model, received // 10**6, (total or 0) // 10**6)

    return report
