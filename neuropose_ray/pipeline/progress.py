"""What a run tells whoever watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from neuropose_ray.pipeline.discovery import FoundVideo
from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.pipeline.summary import VideoResult
from neuropose_ray.pipeline.worker import ChunkOutcome


class Progress(Protocol):
    """Called in this order by a run."""

    def planning(self, videos: Sequence[FoundVideo]) -> Iterator[FoundVideo]:
        """Hand the videos on, one by one, as they are probed."""
        ...

    def start(self, todo: Sequence[ChunkTask]) -> None:
        """All that has to be computed is known."""
        ...

    def advance(self, outcome: ChunkOutcome) -> None:
        """A chunk is done, or was found done, or failed."""
        ...

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        """Hand the results on, one by one, as the videos are whole."""
        ...


class Silent:
    """Nobody watches."""

    def planning(self, videos: Sequence[FoundVideo]) -> Iterator[FoundVideo]:
        """Hand the videos on."""
        return iter(videos)

    def start(self, todo: Sequence[ChunkTask]) -> None:
        """Nothing to show."""

    def advance(self, outcome: ChunkOutcome) -> None:
        """Nothing to show."""

    def assembling(self, results: Iterable[VideoResult]) -> Iterator[VideoResult]:
        """Hand the results on."""
        return iter(results)
