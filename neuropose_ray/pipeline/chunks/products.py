"""What is computed of a chunk's frames beside poses, in the same pass over them, and committed for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from neuropose_ray.pipeline.chunks.frames import FrameBatch
from neuropose_ray.pipeline.planning.plan import ChunkTask

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")


class ProductObserver(Protocol):
    """Sees the frames of one chunk, from its first to its last."""

    def observe(self, batch: FrameBatch) -> None:
        """Take some consecutive frames of the chunk, with their luma."""
        ...

    def table(self) -> pa.Table:
        """What was computed, once all frames were seen."""
        ...


class ChunkProduct(Protocol):
    """One kind of numbers of every chunk; small enough to travel to every worker."""

    @property
    def name(self) -> str:
        """What plans and keys call it."""
        ...

    def fingerprint(self) -> str:
        """All that decides about the numbers besides the video."""
        ...

    def observer(self, task: ChunkTask) -> ProductObserver:
        """An observer of one chunk."""
        ...


class Follower:
    """A product that is computed in the same pass as another one: its error ends neither the pass nor the other.

    Args:
        product: what is computed.
        task: of which chunk.
    """

    def __init__(self, product: ChunkProduct, task: ChunkTask) -> None:
        self.name = product.name
        self.key = task.key_of(product.name)
        self.error: Exception | None = None
        self._observer = self._tried(lambda: product.observer(task))

    def observe(self, batch: FrameBatch) -> None:
        """Look at frames, as long as nothing went wrong."""
        if self._observer is not None and self.error is None:
            observer = self._observer
            self._tried(lambda: observer.observe(batch))

    def table(self) -> pa.Table | None:
        """What was computed; None where something went wrong."""
        if self._observer is None or self.error is not None:
            return None
        return self._tried(self._observer.table)

    def _tried(self, call: Callable[[], T]) -> T | None:
        try:
            return call()
        except Exception as error:  # noqa: BLE001  a metric is code of users; what it raises is data
            self.error = error
            return None
