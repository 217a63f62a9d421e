"""Where the results of chunks wait until their video is whole: written once, found again after any crash.

Nothing here waits for the disk. Whatever process is killed, its files stay; after a power cut some of the last half
minute may be gone or damaged, which their digest and their form tell, so that those chunks are computed again.
"""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field, ValidationError

from neuropose_ray.errors import ModelError, NeuroposeRayError
from neuropose_ray.pipeline.chunks.handover import CommittedChunk, Handover
from neuropose_ray.schemas.arrow_files import read_arrow, write_arrow
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.immutable import FrozenModel, utf8_text
from neuropose_ray.schemas.parquet_files import as_stored, read_predictions, write_predictions
from neuropose_ray.schemas.poses import PoseTable

if TYPE_CHECKING:
    import pyarrow as pa


class ErrorRecord(FrozenModel):
    """Something that went wrong, as data."""

    stage: str
    type: str
    message: str
    attempts: int = 1
    traceback: tuple[str, ...] = Field(
        default=(), description="the end of the traceback of an error that nobody foresaw, a line of it in each"
    )

    def text(self) -> str:
        """The message, and the end of the traceback below it."""
        return "\n".join([self.message, *self.traceback])


#: Lines of a traceback that are kept, and letters of a line.
_TRACEBACK_LINES, _TRACEBACK_LETTERS = 8, 200


def error_record(error: BaseException, attempts: int = 1) -> ErrorRecord:
    """An exception as data. One of the program's own says where it is from; of others the traceback does."""
    stages = {
        "video_unreadable": "open", "input_not_found": "open", "video_decode": "decode", "decoder_lost": "decode",
        "output": "write",
    }  # fmt: skip
    stage = "model" if isinstance(error, ModelError) else stages.get(getattr(error, "code", ""), "process")
    message = utf8_text(" ".join(str(error).split())) or "no message"
    tail = () if isinstance(error, NeuroposeRayError) else _traceback_tail(error)
    return ErrorRecord(stage=stage, type=type(error).__name__, message=message, attempts=attempts, traceback=tail)


def _traceback_tail(error: BaseException) -> tuple[str, ...]:
    frames = traceback.format_tb(error.__traceback__)
    lines = [line.rstrip() for entry in frames for line in entry.splitlines() if line.strip(" ^~")]
    return tuple(utf8_text(line[:_TRACEBACK_LETTERS]) for line in lines[-_TRACEBACK_LINES:])


class OpenAttempt(FrozenModel):
    """A try that began and has not said how it ended."""

    alone: bool = Field(description="no other chunk was in flight in its process")
    run: str | None = Field(
        description="the run that outlives the death of the process that tries; None: that process is the run's own"
    )


class AttemptHistory(FrozenModel):
    """What is known of the tries of a chunk."""

    model_config = ConfigDict(populate_by_name=True)  # aliases are the names in the files

    count: int = Field(default=0, description="tries that failed for a reason of the chunk's own")
    error: ErrorRecord | None = Field(default=None, description="what the last of them said")
    open: OpenAttempt | None = Field(default=None, description="written before a try, gone when it says how it ended")
    isolate_next: bool = Field(
        default=False, alias="suspect", description="a try left no word: the next one is made alone"
    )

    @property
    def last_error(self) -> ErrorRecord:
        """Why it failed; a try that left no word was killed, or killed its process."""
        died = ErrorRecord(
            stage="process", type="WorkerDiedError", message="its process died without a word", attempts=self.count
        )
        return self.error or died

    def start(self, *, alone: bool, run: str | None) -> AttemptHistory:
        """The attempts of a chunk, of which one has begun."""
        return self.model_copy(update={"open": OpenAttempt(alone=alone, run=run)})

    def failed(self, error: ErrorRecord) -> AttemptHistory:
        """A try ended with an error."""
        return AttemptHistory(count=self.count + 1, error=error)

    def suspected(self) -> AttemptHistory:
        """The same tries, and the next one is made alone."""
        return self.model_copy(update={"open": None, "isolate_next": True})

    def resolve(self, run: str | None) -> AttemptHistory:
        """Judge a try that left no word.

        It counts where nothing but the chunk can have ended its process: where it was alone, and where the run went
        on. A driver or a cluster that was killed took its chunks along; one chunk of several in a process may have
        died of another. Either is tried again, alone. A run in one process dies with its chunk, so there every lone
        death counts: it cannot be told from a kill from outside.

        Args:
            run: the present run, as in :class:`OpenAttempt`.
        """
        if self.open is None:
            return self
        if self.open.alone and self.open.run in (None, run):
            return AttemptHistory(count=self.count + 1, isolate_next=True)
        return self.suspected()


class ChunkMarker(FrozenModel):
    """Says that a chunk is done, and what was seen on the way. Its file exists only beside whole results."""

    key: str
    sha256: str
    frames: int
    persons: int
    errors: tuple[ErrorRecord, ...]
    wait_s: float
    call_s: tuple[float, ...]
    call_frames: tuple[int, ...]
    seconds: float
    model_load_s: float | None
    peak_rss_mb: float
    device: str
    runtime: str


@dataclass(frozen=True, slots=True)
class ChunkStore:
    """The chunks of one video: ``KEY.parquet``, then ``KEY.json`` with its digest; ``KEY.attempts`` before both.

    Poses of a chunk, and each other product of it, have keys of their own, so that one is there without the other.

    Attributes:
        folder: of the chunks.
        handover: gets poses that are committed to be handed over; None: all are read from their files.
    """

    folder: Path
    handover: Handover | None = field(default=None, compare=False)

    def committed(self, key: str) -> ChunkMarker | None:
        """The marker of a chunk whose results are there and undamaged, else None."""
        try:
            marker = ChunkMarker.model_validate_json(self._path(key, "json").read_bytes())
            good = marker.key == key and marker.sha256 == file_sha256(self._path(key, "parquet"))
        except (OSError, ValidationError):
            return None
        return marker if good else None

    def marked(self, keys: Sequence[str]) -> list[int]:
        """Places of the keys that have a marker; whether their results are whole is seen when they are used."""
        markers = self._markers()
        return [index for index, key in enumerate(keys) if f"{key[:32]}.json" in markers] if markers else []

    @property
    def is_begun(self) -> bool:
        """Whether any chunk has a marker."""
        return bool(self._markers())

    def _markers(self) -> set[str]:
        try:
            return {name for name in os.listdir(self.folder) if name.endswith(".json")}  # noqa: PTH208  names alone
        except OSError:
            return set()

    def commit(
        self, table: PoseTable, header: PredictionsHeader, marker: ChunkMarker, *, hand_over: bool = False
    ) -> ChunkMarker:
        """Write poses, then the marker that vouches for them; what is known of the chunk's tries is forgotten.

        Should its results be damaged later, the try that made them left no word, as one that killed its process.

        Args:
            table: the poses.
            header: what they are.
            marker: what was seen on the way.
            hand_over: whether they are taken soon, in this process.

        Raises:
            OutputError: no space or no permission.
        """
        marker = self._commit(lambda path: write_predictions(path, table, header, durable=False), marker)
        if hand_over and self.handover is not None:
            self.handover.give(self.folder, marker.key, CommittedChunk(marker, as_stored(table), header))
        return marker

    def commit_table(self, table: pa.Table, marker: ChunkMarker) -> ChunkMarker:
        """Write a table of numbers that are no poses, then its marker; as :meth:`commit`.

        Raises:
            OutputError: no space or no permission.
        """
        return self._commit(lambda path: write_arrow(path, table, durable=False), marker)

    def _commit(self, write: Callable[[Path], object], marker: ChunkMarker) -> ChunkMarker:
        path = self._path(marker.key, "parquet")
        write(path)
        marker = marker.model_copy(update={"sha256": file_sha256(path)})
        atomic_write_bytes(self._path(marker.key, "json"), marker.model_dump_json().encode(), durable=False)
        with suppress(OSError):
            self._path(marker.key, "attempts").unlink()
        return marker

    def take(self, key: str) -> CommittedChunk | None:
        """A committed chunk, handed over or else read from its files; None where it has none that are undamaged.

        Raises:
            FileFormatError: it was damaged since it was looked at.
        """
        if self.handover is not None and (chunk := self.handover.take(self.folder, key)) is not None:
            return chunk
        marker = self.committed(key)
        return None if marker is None else CommittedChunk(marker, *self.read(key))

    def read(self, key: str) -> tuple[PoseTable, PredictionsHeader]:
        """The results of a committed chunk, and what they say of their video and model.

        Raises:
            InputNotFoundError: they are gone.
            FileFormatError: they are damaged.
        """
        return read_predictions(self._path(key, "parquet"))

    def read_table(self, key: str) -> pa.Table:
        """The numbers of a committed chunk that are no poses.

        Raises:
            InputNotFoundError: they are gone.
            FileFormatError: they are damaged.
        """
        return read_arrow(self._path(key, "parquet"))

    def attempts(self, key: str) -> AttemptHistory:
        """The tries of a chunk so far."""
        try:
            return AttemptHistory.model_validate_json(self._path(key, "attempts").read_bytes())
        except (OSError, ValidationError):
            return AttemptHistory()

    def note(self, key: str, attempts: AttemptHistory) -> None:
        """Write down a try before it starts, so that one which kills its process is known, or how it ended.

        Raises:
            OutputError: no space or no permission.
        """
        content = attempts.model_dump_json(by_alias=True).encode()
        atomic_write_bytes(self._path(key, "attempts"), content, durable=False)

    def clear(self) -> None:
        """Remove everything: the video is assembled."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / f"{key[:32]}.{suffix}"
