"""How far a run is, counted as it goes on, and written down for whoever asks from outside."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError

from neuropose_ray.errors import OutputError, RunLockedError
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.summary import VideoResult
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel

PROGRESS_FILE = "progress.json"

#: Failures are told with their reasons up to this many; all of them are in ``summary.json`` at the end.
_TOLD_FAILURES = 100
#: Rewriting a small file once a second is nothing to a disk, and soon enough for people.
_WRITE_EVERY_S = 1.0

Phase = Literal["planning", "computing", "assembling", "finished", "stopped"]


class Failure(FrozenModel):
    """A video, or a chunk of one, without a result."""

    video: str
    chunk: int | None = None
    stage: str
    message: str
    attempts: int


class RunState(FrozenModel):
    """``progress.json``: how far a run is. Frames are counted as containers promise them."""

    phase: Phase
    model: str
    engine: str
    workers: int
    started_at: datetime
    updated_at: datetime
    inputs: int
    planned: int = Field(default=0, description="inputs that were looked at")
    completed: int = 0
    partial: int = 0
    failed: int = 0
    waiting: int = Field(default=0, description="videos whose chunks are not all done, or that are being assembled")
    chunks: int = Field(default=0, description="chunks that this run has to see to")
    chunks_done: int = 0
    chunks_failed: int = 0
    frames: int = Field(default=0, description="of all videos, whenever they are or were done")
    frames_done: int = 0
    frames_computed: int = Field(default=0, description="by this run; as many as were in the files")
    computing_s: float = Field(default=0.0, description="since this run began to compute")
    failures: tuple[Failure, ...] = ()
    error: str | None = Field(default=None, description="what stopped the run")

    @property
    def percent(self) -> float | None:
        """The share of all frames that is done; None while it is not known how many there are."""
        if self.phase == "planning":
            return None
        return 100.0 * self.frames_done / self.frames if self.frames else 100.0

    @property
    def frames_per_s(self) -> float | None:
        """Frames per second of this run, None before its first chunk is done."""
        return self.frames_computed / self.computing_s if self.frames_computed and self.computing_s else None

    @property
    def remaining_s(self) -> float | None:
        """Seconds of computing left when this was written, None where that cannot be told."""
        if self.phase != "computing" or self.frames_per_s is None:
            return None
        return (self.frames - self.frames_done) / self.frames_per_s


class ProgressRecorder:
    """Counts what a run does, and keeps ``progress.json`` up to date.

    Args:
        folder: the run's own.
        model, engine, workers: who does the work.
        inputs: how many there are.
    """

    def __init__(self, folder: Path, *, model: str, engine: str, workers: int, inputs: int) -> None:
        now = datetime.now(UTC)
        self._path = folder / PROGRESS_FILE
        self._state = RunState(
            phase="planning",
            model=model,
            engine=engine,
            workers=workers,
            started_at=now,
            updated_at=now,
            inputs=inputs,
        )
        self._counts: Counter[str] = Counter()
        self._failures: list[Failure] = []
        self._parts: dict[str, float] = {}
        self._frames_done = 0.0
        self._begin = self._written = time.monotonic()
        self.write()

    def __enter__(self) -> Self:
        """Count until the block ends."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Say that the run is finished, or what stopped it."""
        if error is None:
            self._enter("finished")
            return
        if isinstance(error, RunLockedError):
            return  # the file is another run's by now
        reason = "interrupted" if isinstance(error, KeyboardInterrupt) else " ".join(str(error).split())
        with suppress(OutputError):  # a full disk does not hide what ended the block
            self._enter("stopped", reason or type(error).__name__)

    @property
    def frames_computed(self) -> int:
        """Frames computed by this run."""
        return self._counts["frames_computed"]

    def planned(self, rows: list[ManifestRow]) -> None:
        """Some inputs were looked at."""
        self._counts["planned"] += len(rows)
        for row in rows:
            self._counts["waiting" if row.state == "planned" else row.state] += 1
            self._tell(row)
        self._write_now_and_then()

    def computing(self, manifest: Manifest, chunks: int) -> None:
        """All that has to be computed is known."""
        self._frames_done = manifest.total("frames", "completed", "partial") + manifest.total(
            "frames_marked", "planned"
        )
        self._parts = {
            row.name: (row.frames - row.frames_marked) / row.chunks
            for row in manifest
            if row.chunks and row.state == "planned"
        }
        self._begin = time.monotonic()
        frames = manifest.total("frames", "completed", "partial", "planned")
        self._state = self._state.model_copy(update={"phase": "computing", "chunks": chunks, "frames": frames})
        self.write()

    def chunk(self, outcome: ChunkOutcome) -> None:
        """A chunk is done, was found done, or failed."""
        self._counts["chunks_failed" if outcome.state == "failed" else "chunks_done"] += 1
        self._counts["frames_computed"] += outcome.frames if outcome.state == "done" else 0
        # Every chunk counts for an equal part of what its video still lacked: so the sum is whole in the end,
        # also where a container promised more frames than it had.
        self._frames_done += self._parts[outcome.video]
        if outcome.error is not None:
            self._fail(outcome.video, outcome.index, outcome.error)
        self._write_now_and_then()

    def finished(self, row: ManifestRow) -> None:
        """A video was assembled, or failed."""
        self._counts["waiting"] -= 1
        self._counts[row.state] += 1
        if not any(failure.video == row.name for failure in self._failures):
            self._tell(row)
        self._write_now_and_then()

    def assembling(self) -> None:
        """The last chunk is done."""
        self._enter("assembling")

    def _enter(self, phase: Phase, error: str | None = None) -> None:
        self.write()
        self._state = self._state.model_copy(update={"phase": phase, "error": error})
        self.write()

    def _tell(self, row: ManifestRow) -> None:
        if row.state == "failed":
            for error in VideoResult.from_json(row.result).errors:
                self._fail(row.name, None, error)

    def _fail(self, video: str, chunk: int | None, error: ErrorRecord) -> None:
        if len(self._failures) < _TOLD_FAILURES:
            record = error.model_dump(include={"stage", "message", "attempts"})
            self._failures.append(Failure(video=video, chunk=chunk, **record))

    def _write_now_and_then(self) -> None:
        if time.monotonic() - self._written >= _WRITE_EVERY_S:
            self.write()

    def write(self) -> None:
        """Bring ``progress.json`` up to date.

        Raises:
            OutputError: no space or no permission.
        """
        self._written = time.monotonic()
        computing = self._state.phase == "computing"
        self._state = self._state.model_copy(
            update={
                **self._counts,
                "updated_at": datetime.now(UTC),
                "frames_done": min(round(self._frames_done), self._state.frames),
                "computing_s": self._written - self._begin if computing else self._state.computing_s,
                "failures": tuple(self._failures),
            }
        )
        atomic_write_bytes(self._path, self._state.model_dump_json().encode())


def read_run_state(folder: Path) -> RunState | None:
    """What ``progress.json`` says, None where there is none or it is damaged."""
    try:
        return RunState.model_validate_json((folder / PROGRESS_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
