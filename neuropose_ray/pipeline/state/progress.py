"""What a run tells whoever watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.state.summary import VideoResult


class ProgressReporter(Protocol):
    """What a run calls, in this order."""

    def waiting(self, line: str) -> None:
        """Another run has the folder; told again and again until it ends, and an error raised here ends the wait."""
        ...

    def planning(self, done: int, inputs: int) -> None:
        """So many of the inputs were looked at."""
        ...

    def start(self, chunks: int, frames: int) -> None:
        """All that has to be computed is known."""
        ...

    def advance(self, outcome: ChunkOutcome) -> None:
        """A chunk is done, or was found done, or failed."""
        ...

    def assembling_again(self, done: int, videos: int) -> None:
        """So many of the videos whose poses were kept have new files."""
        ...

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        """Hand the results on, one by one, as the videos are whole."""
        ...


class NullReporter:
    """A reporter that shows nothing."""

    def waiting(self, line: str) -> None:
        """Ignore the event, as nobody is told."""

    def planning(self, done: int, inputs: int) -> None:
        """Ignore the event, as nobody is told."""

    def start(self, chunks: int, frames: int) -> None:
        """Ignore the event, as nobody is told."""

    def advance(self, outcome: ChunkOutcome) -> None:
        """Ignore the event, as nobody is told."""

    def assembling_again(self, done: int, videos: int) -> None:
        """Ignore the event, as nobody is told."""

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        """Hand the results on."""
        return iter(results)
