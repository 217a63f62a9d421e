"""The progress of a run on a terminal, or as lines in a log."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.console import Console

from neuropose_ray.words import counted

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.status import Status

    from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
    from neuropose_ray.pipeline.state.summary import VideoResult

#: Without a terminal, a line of progress at most this often.
LINE_EVERY_S = 10.0


class TerminalReporter:
    """Progress of a run on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, *, quiet: bool = False, what: str = "poses") -> None:
        """Show nothing yet.

        Args:
            quiet: show nothing at all.
            what: is computed: "poses", or "frames", which are measured.
        """
        self._what = what
        self._console = Console(stderr=True, quiet=quiet)
        self._bar: Bar | None = None
        self._status: Status | None = None
        self._waits = ""
        self._done = self._total = self._failed = 0
        self._begin = self._last_line = time.perf_counter()

    def waiting(self, line: str) -> None:
        """Say for whom this run waits, once."""
        if line != self._waits:
            self._console.print(line, markup=False, soft_wrap=True)
        self._waits = line

    def planning(self, done: int, inputs: int) -> None:
        """Count the inputs while they are looked at; a log gets no line of it, and loads nothing for a spinner."""
        if not self._console.is_terminal:
            return
        if self._status is None:
            self._status = self._console.status("")
            self._status.start()
        self._status.update(f"looking at {inputs} inputs: {done} done")

    def start(self, chunks: int, frames: int) -> None:
        """Show how much there is."""
        self.close()
        self._done, self._total, self._failed = 0, frames, 0
        self._begin = self._last_line = time.perf_counter()
        if not chunks:
            self._console.print("no frames to measure" if self._what == "frames" else "no frames to compute")
        elif self._console.is_terminal:
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                TextColumn,
                TimeElapsedColumn,
                TimeRemainingColumn,
            )
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"),
                TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
            )  # fmt: skip
            self._bar = Bar(*columns, console=self._console)
            self._bar.add_task(self._what, total=self._total, rate="")
            self._bar.start()
        else:
            self._console.print(f"{counted(self._total, 'frame')} in {counted(chunks, 'chunk')}")

    def advance(self, outcome: ChunkOutcome) -> None:
        """Move on by one chunk."""
        self._done += outcome.frames
        self._failed += outcome.state == "failed"
        now = time.perf_counter()
        rate = self._done / max(now - self._begin, 1e-9)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, rate=f"{rate:.0f}/s")
        elif self._done and now - self._last_line >= LINE_EVERY_S:
            self._last_line = now
            left = (self._total - self._done) / rate
            self._console.print(f"{self._done} of {self._total} frames, {rate:.0f}/s, {left:.0f} s left")

    def assembling_again(self, done: int, videos: int) -> None:
        """Count the videos that are tracked, fitted and written again from their poses."""
        if self._bar is not None:
            self.close()
        line = f"made again from the poses of an earlier run: {done} of {counted(videos, 'video')}"
        if self._console.is_terminal:
            if self._status is None:
                self._status = self._console.status("")
                self._status.start()
            self._status.update(line)
        elif done == videos or time.perf_counter() - self._last_line >= LINE_EVERY_S:
            self._last_line = time.perf_counter()
            self._console.print(line)

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        """Say what became of each video as soon as it is whole."""
        self.close()
        for result in results:
            for error in result.errors:
                colour = "red" if result.state == "failed" else "yellow"
                self._console.print(f"[{colour}]{result.state}[/] ", end="")
                self._console.print(f"{result.name}: {error.message}", markup=False, soft_wrap=True)
            yield result

    def close(self) -> None:
        """Give the terminal back."""
        if self._status is not None:
            self._status.stop()
            self._status = None
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
