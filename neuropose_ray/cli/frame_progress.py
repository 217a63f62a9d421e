"""How far the overlays of videos are: bars on a terminal, lines elsewhere, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from neuropose_ray.render import Progress


@contextmanager
def frame_progress() -> Iterator[Callable[[str], Progress]]:
    """Give a progress to each name, a bar on a terminal, else a line now and then.

    They may be told of frames in several threads.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda name: _lines(console, name)
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("frames"),
    )
    with Bars(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:

        def of(name: str) -> Progress:
            task = bars.add_task(name, total=None, visible=False)

            def report(done: int, total: int) -> None:
                bars.update(task, completed=done, total=total, visible=done < total)

            return report

        yield of


def _lines(console: Console, name: str) -> Progress:
    from neuropose_ray.pipeline import LINE_EVERY_S

    last_line = time.perf_counter()

    def report(done: int, total: int) -> None:
        nonlocal last_line
        now = time.perf_counter()
        if now - last_line >= LINE_EVERY_S:
            last_line = now
            console.print(f"{name}: {done} of {total} frames", markup=False, highlight=False, soft_wrap=True)

    return report
