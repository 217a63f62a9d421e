"""Decoding and measuring the frames of streams, chunk by chunk, and putting whole streams into tables."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from typing import Self

from neuropose_ray.curation import Ledger, StageKey, StageRun
from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.pipeline.chunks.commit import ChunkStore, ErrorRecord, error_record
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.curation.frame_metrics import FRAME_METRICS
from neuropose_ray.pipeline.curation.staging import publish
from neuropose_ray.pipeline.curation.streams import AssembledStream, PlannedStream, StreamAssembler
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.state.lease import Lease
from neuropose_ray.pipeline.state.progress import ProgressReporter

#: Streams that are put together at once, for each worker, before the run waits for them.
_ASSEMBLED_PER_WORKER = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of the streams whose frames were to be measured.

    Attributes:
        tables: by the name of each stream, its table, or why there is none.
        frames_decoded: by this run.
    """

    tables: dict[str, AssembledStream | ErrorRecord]
    frames_decoded: int


def measure(
    planned: Sequence[PlannedStream],
    assembler: StreamAssembler,
    engine: Engine,
    ledger: Ledger,
    progress: ProgressReporter,
    lease: Lease,
) -> Measured:
    """Decode and measure what is planned, stream by stream into tables.

    Args:
        planned: all inputs; those without chunks are passed over.
        assembler: makes the table of a stream.
        engine: does the chunks and the tables.
        ledger: gets every table that is whole.
        progress: told of every chunk.
        lease: of the run's folder.

    Raises:
        OutputError: no space or no permission.
        RunLockedError: another run took the folder.
    """
    for plan in planned:
        if plan.state == "done":  # a run was killed when its table was there, and its chunks too
            _clear(assembler.context.store(plan.name))
    waiting = {plan.name: plan for plan in planned if plan.state == "chunks"}
    queue = [ChunkRef(plan.name, index) for plan in waiting.values() for index in range(plan.chunks)]
    progress.start(len(queue), sum(plan.stream.frames for plan in waiting.values() if plan.stream is not None))
    with _Assemblies(waiting, assembler, engine, ledger) as assemblies, ExitStack() as work:
        for outcome in work.enter_context(closing(engine.process(assembler.context, queue))) if queue else ():
            lease.check()
            progress.advance(outcome)
            assemblies.record(outcome)
        assemblies.finish()
    return Measured(assemblies.results, assemblies.frames_decoded)


@dataclass(slots=True)
class _Assemblies:
    """Streams on their way from chunks to tables; only whole ones reach the ledger."""

    waiting: dict[str, PlannedStream]
    assembler: StreamAssembler
    engine: Engine
    ledger: Ledger
    results: dict[str, AssembledStream | ErrorRecord] = field(default_factory=dict)
    frames_decoded: int = 0
    _left: dict[str, int] = field(default_factory=dict)
    _failed: dict[str, list[ErrorRecord]] = field(default_factory=dict)
    _decoded: Counter[str] = field(default_factory=Counter)
    _under_way: deque[tuple[str, Future[AssembledStream | ErrorRecord]]] = field(default_factory=deque)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for _, future in self._under_way:
            future.cancel()

    def record(self, outcome: ChunkOutcome) -> None:
        """Count a chunk; the last one of a stream lets its table be made."""
        name = outcome.video
        if outcome.state == "done":
            self.frames_decoded += outcome.frames
            self._decoded[name] += outcome.frames
        if outcome.error is not None:
            self._failed.setdefault(name, []).append(outcome.error)
        self._left[name] = self._left.get(name, self.waiting[name].chunks) - 1
        if not self._left[name]:
            failed = tuple(self._failed.get(name, ()))
            self._under_way.append((name, self.engine.submit(self.assembler, name, failed)))
        most = _ASSEMBLED_PER_WORKER * self.engine.workers
        while self._under_way and (self._under_way[0][1].done() or len(self._under_way) > most):
            self._take()

    def finish(self) -> None:
        """Wait for the tables that are being made."""
        while self._under_way:
            self._take()

    def _take(self) -> None:
        name, future = self._under_way.popleft()
        try:
            made = future.result()
        except OutputError:
            raise
        except NeuroposeRayError as error:  # the process that made it died
            made = error_record(error)
        self.results[name] = made
        plan, decoded = self.waiting[name], self._decoded[name]
        key = plan.key or StageKey(FRAME_METRICS, {})
        if isinstance(made, ErrorRecord):
            failure = StageRun(name, key, "failed", plan.reason, decoded, made.attempts, made.text())
            self.ledger.add_stage_run(failure)
            return
        failure_text = None
        if made.failed_chunks:
            failure_text = made.errors[0].text()
            # Their tries are counted on the disk; the next run tries them again where there are some left.
            key = StageKey(FRAME_METRICS, {**key.parts, "chunks that failed": str(made.failed_chunks)})
        done = StageRun(name, key, "succeeded", plan.reason, decoded, error=failure_text)
        self.ledger.add_stage_run(done, [made.artifact])
        publish(self.assembler.context.out, made.artifact)
        if not made.failed_chunks:
            _clear(self.assembler.context.store(name))


def _clear(store: ChunkStore) -> None:
    """Remove the chunks of a stream whose table is there."""
    store.clear()
    with suppress(OSError):  # chunks of poses may wait beside them
        store.folder.parent.rmdir()
