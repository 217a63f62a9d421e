"""What a run asks of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import ParamSpec, Protocol, TypeVar

from neuropose_ray.pipeline.plan import ChunkTask
from neuropose_ray.pipeline.worker import ChunkOutcome, ChunkWork

P = ParamSpec("P")
R = TypeVar("R")


class Engine(Protocol):
    """Workers with a model each, here or on a cluster."""

    name: str
    workers: int

    def process(self, work: ChunkWork, tasks: Sequence[ChunkTask]) -> Iterator[ChunkOutcome]:
        """Do all chunks, in any order; outcomes come as they are ready, each exactly once."""
        ...

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else beside the chunks."""
        ...

    def close(self) -> None:
        """Stop the workers; unfinished chunks are left for another run."""
        ...
