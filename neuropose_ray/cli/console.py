"""What commands print: progress, results, and errors of one line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from neuropose_ray.pipeline.discovery import FoundVideo
from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.pipeline.summary import RunSummary, VideoResult
from neuropose_ray.pipeline.worker import ChunkOutcome

#: Without a terminal, a line of progress at most this often.
LINE_EVERY_S = 10.0


class RunProgress:
    """Progress of a run on standard error: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bar: Bar | None = None
        self._done = self._total = self._failed = 0
        self._begin = self._last_line = time.perf_counter()

    def planning(self, videos: Sequence[FoundVideo]) -> Iterator[FoundVideo]:
        """Count the videos while they are probed."""
        with self._console.status("") as status:
            for number, video in enumerate(videos, 1):
                status.update(f"looking at {number} of {len(videos)}: {video.path.name}")
                yield video

    def start(self, todo: Sequence[ChunkTask]) -> None:
        """Show how much there is."""
        self._total = sum(task.chunk.frames for task in todo)
        self._begin = self._last_line = time.perf_counter()
        if not todo:
            self._console.print("nothing to compute: all results are there")
        elif self._console.is_terminal:
            columns = (
                TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("frames"),
                TextColumn("{task.fields[rate]}"), TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
            )  # fmt: skip
            self._bar = Bar(*columns, console=self._console)
            self._bar.add_task("poses", total=self._total, rate="")
            self._bar.start()
        else:
            self._console.print(f"{self._total} frames in {len(todo)} chunks")

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
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def print_summary(summary: RunSummary, out: str) -> None:
    """What a run gave, in a few lines."""
    console = Console(stderr=True)
    counts = ", ".join(f"{summary.count(state)} {state}" for state in ("completed", "partial", "failed"))
    rate = summary.frames_computed / max(summary.seconds, 1e-9)
    console.print(f"{len(summary.videos)} videos: {counts}")
    console.print(
        f"{summary.frames_computed} frames computed in {summary.seconds:.1f} s "
        f"({rate:.0f}/s, {summary.engine} engine)"
    )
    console.print(f"results: {out}", soft_wrap=True)


def print_error(message: str) -> None:
    """One line on standard error."""
    Console(stderr=True).print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)
    sys.stderr.flush()
