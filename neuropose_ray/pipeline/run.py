"""The whole way of many videos, from inputs to ``summary.json``, on one screen."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from neuropose_ray.errors import NeuroposeRayError, OutputError, RunLockedError
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.pipeline.assemble import Assembly, VideoMetrics
from neuropose_ray.pipeline.commit import ErrorRecord
from neuropose_ray.pipeline.discovery import FoundVideo, discover
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.plan import ChunkTask, VideoPlan, plan_video
from neuropose_ray.pipeline.progress import Progress
from neuropose_ray.pipeline.summary import RunSummary, VideoResult, now, write_summary
from neuropose_ray.pipeline.worker import ChunkOutcome, ChunkWork
from neuropose_ray.settings import Settings

LOCK_FILE = ".neuropose-ray.lock"


def run(
    inputs: Sequence[Path],
    out: Path,
    *,
    settings: Settings,
    spec: ModelSpec,
    engine: Engine,
    progress: Progress,
) -> RunSummary:
    """Process all videos below ``inputs`` into ``out``; what an earlier run finished is not done again.

    Args:
        inputs: video files, image folders, still images, and folders of these.
        out: gets one folder for each video, and ``summary.json``.
        settings: everything that changes the numbers, and the limits on attempts.
        spec: the pose model.
        engine: who does the work; closed by the caller.
        progress: told of every step.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video.
        RunLockedError: another run writes into ``out``.
        OutputError: ``out`` cannot be written.
        ModelError: the pose model cannot be loaded.
    """
    started_at, begin = now(), time.perf_counter()
    given_fps = settings.video.image_fps if "image_fps" in settings.video.model_fields_set else None
    found = discover(inputs, given_fps, out)
    with _locked(out):
        work = ChunkWork(spec, out.resolve(), settings.video.decode_threads, settings.engine.max_attempts)
        assembly = Assembly(work, settings.tracking, _fitting(settings, spec), engine.workers)
        ledger = _Ledger(assembly, engine)
        for video in progress.planning(found.videos):  # 1. what is there, and what an earlier run finished
            ledger.plan(video, spec, settings)
        progress.start(ledger.todo)
        for outcome in engine.process(work, ledger.todo) if ledger.todo else ():  # 2. the only line that computes
            progress.advance(outcome)
            ledger.note(outcome)  # 3. a video whose last chunk is done is assembled beside the other chunks
        results = tuple(progress.assembling(ledger.results(found.videos)))
        summary = RunSummary(
            model=spec.name,
            model_sha256=spec.weights.sha256,
            engine=engine.name,
            started_at=started_at,
            seconds=time.perf_counter() - begin,
            frames_computed=ledger.frames_computed,
            videos=results,
            not_videos=tuple(map(str, found.not_videos)),
        )
        write_summary(summary, out)
    return summary


def _fitting(settings: Settings, spec: ModelSpec) -> FittingSettings | None:
    """The fit's settings for this model, or None where nothing is to be fitted."""
    wanted = spec.name == "blazepose" if settings.fit is None else settings.fit
    if not wanted:
        return None
    if spec.name == "metrabs" and "model_axes" not in settings.fitting.model_fields_set:
        return settings.fitting.model_copy(update={"model_axes": "camera"})
    return settings.fitting


@dataclass(slots=True)
class _Ledger:
    """Which chunks of which videos are outstanding, and what became of the rest."""

    assembly: Assembly
    engine: Engine
    todo: list[ChunkTask] = field(default_factory=list)
    frames_computed: int = 0
    _plans: dict[str, VideoPlan] = field(default_factory=dict)
    _finished: dict[str, VideoMetrics] = field(default_factory=dict)
    _unreadable: dict[str, NeuroposeRayError] = field(default_factory=dict)
    _outstanding: Counter[str] = field(default_factory=Counter)
    _failed: dict[str, list[ErrorRecord]] = field(default_factory=dict)
    _assembled: dict[str, Future[VideoMetrics]] = field(default_factory=dict)

    def plan(self, video: FoundVideo, spec: ModelSpec, settings: Settings) -> None:
        try:
            if video.source is None:
                raise video.error or AssertionError("an input without source has an error")
            plan = plan_video(video, video.source, spec, settings.camera, settings.video.chunk_frames)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            self._unreadable[video.name] = error
            return
        if metrics := self.assembly.finished(plan):
            self._finished[video.name] = metrics
            return
        self._plans[video.name] = plan
        self._outstanding[video.name] = len(plan.chunks)
        self.todo += [ChunkTask(plan, index) for index in range(len(plan.chunks))]

    def note(self, outcome: ChunkOutcome) -> None:
        self._outstanding[outcome.video] -= 1
        if outcome.state == "done":
            self.frames_computed += outcome.frames
        if outcome.error is not None:
            self._failed.setdefault(outcome.video, []).append(outcome.error)
        if not self._outstanding[outcome.video]:
            failed = tuple(self._failed.get(outcome.video, ()))
            self._assembled[outcome.video] = self.engine.submit(self.assembly, self._plans[outcome.video], failed)

    def results(self, videos: Sequence[FoundVideo]) -> Iterator[VideoResult]:
        for video in videos:
            if video.name in self._unreadable:
                yield VideoResult.failure(video, [self._unreadable[video.name]])
            elif video.name in self._finished:
                yield VideoResult.of(video, self._finished[video.name], computed=False)
            else:
                yield self._assembly_result(video)

    def _assembly_result(self, video: FoundVideo) -> VideoResult:
        try:
            return VideoResult.of(video, self._assembled[video.name].result(), computed=True)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return VideoResult.failure(video, self._failed.get(video.name) or [error])


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """One run at a time in an output folder, which is made if it is not there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = FileLock(out / LOCK_FILE)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLockedError(
            "another run is writing into this folder", where=str(out), hint="wait for it, or choose another --out"
        ) from error
    except OSError as error:
        raise OutputError(error.strerror or str(error), where=str(out), hint="choose another --out") from error
    try:
        yield
    finally:
        lock.release()
