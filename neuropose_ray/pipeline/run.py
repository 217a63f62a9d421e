"""The whole way of many videos, from inputs to ``summary.json``, on one screen."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.assembly.assembly_tracker import AssemblyTracker
from neuropose_ray.pipeline.assembly.result_mirror import ResultStore
from neuropose_ray.pipeline.assembly.video_assembler import VideoAssembler
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.discovery import FoundVideo, discover
from neuropose_ray.pipeline.planning.planner import (
    ChunkQueue,
    Planner,
    named_videos,
    plan_videos,
    planner_for,
)
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.lease import Lease, held_lease
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter
from neuropose_ray.pipeline.state.manifest_results import result_of
from neuropose_ray.pipeline.state.progress import ProgressReporter
from neuropose_ray.pipeline.state.run_layout import manifest_folder, state_folder
from neuropose_ray.pipeline.state.run_state import ProgressRecorder
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, now, write_summary
from neuropose_ray.schemas.result_files import METRICS_FILE


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
        with AssemblyTracker(plan, VideoAssembler(planner.assembly, store), engine, writer, recorder) as tracker:
            progress.start(len(queue), plan.total("frames", "planned") - tracker.kept.total("frames", "planned"))
            # 4. The only line that computes; a video whose last chunk is done is assembled beside the other chunks.
            for outcome in tracker.process(planner.assembly.context, queue):
                lease.check()
                progress.advance(outcome)
                recorder.chunk(outcome)
                tracker.record(outcome)
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
            rate=settings.video.rate,
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
