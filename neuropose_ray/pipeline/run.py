"""The whole way of many videos, from inputs to ``summary.json``, on one screen."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from neuropose_ray.errors import EngineError, NeuroposeRayError, OutputError
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.assembly.result_mirror import ResultStore
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome, RunContext
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.discovery import FoundVideo, discover
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.planning.planner import (
    ChunkQueue,
    Planner,
    VideoAssembler,
    named_videos,
    plan_videos,
    planner_for,
    result_of,
    with_result,
)
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.lease import Lease, held_lease
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter
from neuropose_ray.pipeline.state.progress import ProgressReporter
from neuropose_ray.pipeline.state.run_layout import manifest_folder, state_folder
from neuropose_ray.pipeline.state.run_state import ProgressRecorder
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, now, write_summary
from neuropose_ray.schemas.result_files import METRICS_FILE

#: Videos that are being assembled at once, for each worker, before the run waits for them: short videos may come
#: faster than they are assembled, and each takes memory and, on a cluster, a process.
_ASSEMBLED_PER_WORKER = 4


def run(
    inputs: Sequence[Path],
    out: Path,
    *,
    settings: RunSettings,
    spec: PoseModelSpec,
    engine: Engine,
    progress: ProgressReporter,
    wait: bool = False,
    store: ResultStore | None = None,
) -> RunSummary:
    """Process all videos below ``inputs`` into ``out``; what an earlier run finished is not done again.

    Args:
        inputs: video files, image folders, still images, and folders of these.
        out: gets one folder for each video, and ``summary.json``.
        settings: everything that changes the numbers, and the limits on attempts.
        spec: the pose model.
        engine: who does the work; closed by the caller.
        progress: told of every step.
        wait: for another run in ``out`` to end, instead of refusing.
        store: an object store that gets what ``out`` has, and from which ``out`` is filled where it is empty.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video.
        RunLockedError: another run writes into ``out``.
        OutputError: ``out`` cannot be written.
        ModelError: the pose model cannot be loaded.
    """
    started_at, begin = now(), time.perf_counter()
    # 1. What is there.
    inputs_found = discover(inputs, out)
    # 2. This run alone works here, and writes down how far it is.
    with (
        held_lease(state_folder(out), wait=wait, on_wait=progress.waiting) as lease,
        ManifestWriter(manifest_folder(out)) as writer,
        ProgressRecorder(
            state_folder(out), model=spec.name, engine=engine.name, workers=engine.workers, inputs=len(inputs_found)
        ) as recorder,
    ):
        known = Manifest.read(writer.folder)
        videos = named_videos(inputs_found, known)
        if store is not None:
            store.restore(video.name for video in videos)
        planner = planner_for(settings, spec, out, engine.workers)
        # 3. What is finished, and the chunks of the rest.
        plan = _plan(videos, known, planner, engine, lease, writer, recorder, progress)
        queue = ChunkQueue(plan)
        recorder.computing(plan, len(queue))
        with _AssemblyTracker(plan, VideoAssembler(planner.assembly, store), engine, writer, recorder) as tracker:
            progress.start(len(queue), plan.total("frames", "planned") - tracker.kept.total("frames", "planned"))
            # 4. The only line that computes; a video whose last chunk is done is assembled beside the other chunks.
            for outcome in tracker.process(planner.assembly.context, queue):
                lease.check()
                progress.advance(outcome)
                recorder.chunk(outcome)
                tracker.note(outcome)
            recorder.assembling()
            # 5. Files that are made again from the poses in them.
            for done in tracker.assemble_kept_poses():
                lease.check()
                progress.assembling_again(done, len(tracker.kept))
            # 6. What became of every input, exactly once.
            results = tuple(progress.assembling(tracker.results()))
        lease.check()
        summary = RunSummary(
            model=spec.name,
            model_sha256=spec.sha256,
            engine=engine.name,
            started_at=started_at,
            seconds=time.perf_counter() - begin,
            frames_computed=recorder.frames_computed,
            videos=results,
            not_videos=inputs_found.not_videos,
            notes=inputs_found.notes,
            earlier_videos=tuple(_earlier(known, results, out)),
        )
        write_summary(summary, out)
        writer.compact()
        if store is not None:
            store.store_videos(video.name for video in results)  # also what an earlier run could not store
            store.store_summary()
    return summary


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


def _earlier(known: Manifest, results: Sequence[VideoResult], out: Path) -> Iterator[VideoResult]:
    """The videos that earlier runs have finished and this one was not asked for, whose results are still there."""
    names = {result.name for result in results}
    for row in known:
        is_finished = row.name not in names and row.state in ("completed", "partial")
        if is_finished and (out / row.name / METRICS_FILE).exists():
            yield result_of(row, computed=False)


def _plan(
    videos: Sequence[FoundVideo],
    known: Manifest,
    planner: Planner,
    engine: Engine,
    lease: Lease,
    writer: ManifestWriter,
    recorder: ProgressRecorder,
    progress: ProgressReporter,
) -> Manifest:
    """The rows of this run's inputs, in their order; what is new in them goes to the disk as it comes."""

    def rows() -> Iterator[ManifestRow]:
        done = 0
        for planned in plan_videos(videos, known, planner, engine):
            lease.check()
            before = known.rows([row.name for row in planned])
            writer.add(row for row, old in zip(planned, before, strict=True) if row != old)
            recorder.planned(planned)
            done += len(planned)
            progress.planning(done, len(videos))
            yield from planned

    manifest = Manifest.of(rows())
    writer.flush()
    return manifest


@dataclass(slots=True)
class _AssemblyTracker:
    """Which chunks of which videos are outstanding, and what became of the rest.

    Whatever ends its block, none of its work goes on after it: what waits is given up, what has begun is waited for.
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
        """Begin."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let nothing go on, however often the user interrupts: the folder may be another run's afterwards."""
        with _no_interrupts():
            begun = [future for _, future in self._assembled if not future.cancel()]
            self._work.close()
            wait(begun)

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Iterator[ChunkOutcome]:
        """Do all chunks."""
        return self._work.enter_context(closing(self.engine.process(context, chunks))) if chunks else iter(())

    def note(self, outcome: ChunkOutcome) -> None:
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
