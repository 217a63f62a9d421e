"""Results of chunks on their way to the assembly of their video, where both are in one process.

They are on the disk as well, as those of every chunk: a run that is killed has lost nothing by it. Short videos are
one chunk each, and reading a file that was just written takes a tenth of the time that such a video costs.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable

if TYPE_CHECKING:
    from neuropose_ray.pipeline.chunks.commit import ChunkMarker

#: Some hundred videos of a few seconds; more wait only where assembling them takes longer than their poses.
_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class CommittedChunk:
    """A chunk's results as its files have them.

    Attributes:
        marker: what was seen on the way.
        table: the poses.
        header: what they are.
    """

    marker: ChunkMarker
    table: PoseTable
    header: PredictionsHeader


class Handover:
    """Results that wait in memory to be taken once; the oldest go, to be read from their files, where they are many.

    A copy in another process, as of a run on Ray, keeps nothing.

    Args:
        most_bytes: of poses.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._waiting: dict[tuple[Path, str], CommittedChunk] = {}
        self._changed = threading.Lock()

    def __reduce__(self) -> tuple[type[Handover], tuple[int]]:
        return Handover, (0,)

    def give(self, folder: Path, key: str, chunk: CommittedChunk) -> None:
        """Let the chunk of a key in a folder of chunks be taken."""
        with self._changed:
            self._remove(folder, key)
            self._waiting[folder, key] = chunk
            self._bytes += chunk.table.nbytes
            while self._bytes > self._most_bytes:
                self._remove(*next(iter(self._waiting)))

    def take(self, folder: Path, key: str) -> CommittedChunk | None:
        """The chunk, once, or None where it is to be read from its files."""
        with self._changed:
            return self._remove(folder, key)

    def _remove(self, folder: Path, key: str) -> CommittedChunk | None:
        chunk = self._waiting.pop((folder, key), None)
        self._bytes -= 0 if chunk is None else chunk.table.nbytes
        return chunk
