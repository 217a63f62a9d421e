"""What a run asks of an engine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future
from typing import ParamSpec, Protocol, TypeVar

from neuropose_ray.errors import EngineError
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, RunContext
from neuropose_ray.pipeline.planning.plan import ChunkRef

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Engine(Protocol):
    """Workers with a model each, here or on a cluster."""

    name: str
    workers: int

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Generator[ChunkOutcome, None, None]:
        """Do all chunks, in any order; outcomes come as they are ready, each exactly once.

        Closed early, it lets no chunk go on that can be stopped.

        The plan of every video lies at ``context.plan_path(video)``; the sequence makes its items when asked for.
        """
        ...

    def map(
        self, function: Callable[[T], R], items: Iterable[T], name: str
    ) -> Generator[R | EngineError, None, None]:
        """The function of every item, in their order, several at a time; few items are ahead of what is taken.

        An item that ended the process which worked on it gives an error in its place.

        Args:
            function: what is done in a thread or in another process.
            items: taken one by one, as there is room for them.
            name: what the work is called where it is watched.
        """
        ...

    def submit(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run something else beside the chunks."""
        ...

    def close(self) -> None:
        """Stop the workers; unfinished chunks are left for another run."""
        ...
