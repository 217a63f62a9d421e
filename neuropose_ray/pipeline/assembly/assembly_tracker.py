"""Which videos of a run wait for their chunks, which are being assembled, and what became of each."""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import Self

from neuropose_ray.errors import EngineError, NeuroposeRayError, OutputError
from neuropose_ray.pipeline.assembly.video_assembler import VideoAssembler
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, RunContext
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter
from neuropose_ray.pipeline.state.manifest_results import result_of, with_result
from neuropose_ray.pipeline.state.run_state import ProgressRecorder
from neuropose_ray.pipeline.state.summary import VideoResult

#: Videos that are being assembled at once, for each worker, before the run waits for them: short videos may come
#: faster than they are assembled, and each takes memory and, on a cluster, a process.
_ASSEMBLED_PER_WORKER = 4


@dataclass(slots=True)
class AssemblyTracker:
    """The videos of a run on their way from chunks to files: what is outstanding, and what became of the rest.

    A context manager. Whatever ends its block, none of its work goes on after it: what waits is given up, what has
    begun is waited for.

    Attributes:
        plan: the rows of all inputs of the run.
        assembler: makes the files of a video.
        engine: does the chunks and the assembly.
        writer: gets the row of every video that is done.
        recorder: counts them.
        kept: the rows of videos whose poses are there and whose files are to be made again.
    """

    plan: Manifest
    assembler: VideoAssembler
    engine: Engine
    writer: ManifestWriter
    recorder: ProgressRecorder
    kept: Manifest = field(init=False)
    _outstanding: dict[str, int] = field(default_factory=dict)
    _failed: dict[str, list[ErrorRecord]] = field(default_factory=dict)
    _assembled: deque[tuple[ManifestRow, Future[ManifestRow]]] = field(default_factory=deque)
    _results: dict[str, VideoResult] = field(default_factory=dict)
    _work: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self.kept = self.plan.with_kept_poses()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Let nothing go on, however often the user interrupts: the folder may be another run's afterwards."""
        with _no_interrupts():
            begun = [future for _, future in self._assembled if not future.cancel()]
            self._work.close()
            wait(begun)

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Iterator[ChunkOutcome]:
        """The outcomes of all chunks, in the order in which they end."""
        return self._work.enter_context(closing(self.engine.process(context, chunks))) if chunks else iter(())

    def record(self, outcome: ChunkOutcome) -> None:
        """Count a chunk as done; the last one of a video lets the video be assembled."""
        name = outcome.video
        if outcome.error is not None:
            self._failed.setdefault(name, []).append(outcome.error)
        left = (self._outstanding.get(name) or self.plan.row(name).chunks) - 1
        self._outstanding[name] = left
        if not left:
            del self._outstanding[name]
            row, failed = self.plan.row(name), tuple(self._failed.pop(name, ()))
            self._assembled.append((row, self.engine.submit(self.assembler, row, failed)))
        most = _ASSEMBLED_PER_WORKER * self.engine.workers
        while self._assembled and (self._assembled[0][1].done() or len(self._assembled) > most):
            self._finish()

    def assemble_kept_poses(self) -> Iterator[int]:
        """Make the files of videos whose poses are kept, several at a time; how many are done."""
        outcomes = self._work.enter_context(
            closing(self.engine.map(self.assembler, self.kept, "assemble_video_again"))
        )
        for done, (planned, row) in enumerate(zip(self.kept, outcomes, strict=True), 1):
            if isinstance(row, EngineError):
                row = with_result(planned, VideoResult.failure(planned.name, planned.path, [row]))
            self._take(row)
            yield done

    def results(self) -> Iterator[VideoResult]:
        """What became of every input, in their order, each as soon as it is known."""
        for row in self.plan:
            if row.state != "planned":
                yield result_of(row, computed=False)
                continue
            while row.name not in self._results:
                self._finish()
            yield self._results.pop(row.name)

    def _finish(self) -> None:
        """Take the video that waits longest for being assembled."""
        planned, assembled = self._assembled.popleft()
        try:
            row = assembled.result()
        except OutputError:
            raise
        except NeuroposeRayError as error:  # the process that assembled it died
            row = with_result(planned, VideoResult.failure(planned.name, planned.path, [error]))
        self._take(row)

    def _take(self, row: ManifestRow) -> None:
        """Write down what became of a video."""
        self.writer.add([row])
        self.recorder.finished(row)
        self._results[row.name] = result_of(row, computed=True)


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Let Ctrl-C do nothing for the time of the block; it reaches the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
