"""The whole way of curation, from inputs to ``curation.json``, on one screen."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from neuropose_ray.curation import (
    FIRST_TIME,
    LEDGER_FILE,
    UNCHANGED,
    WHOLE_RUN,
    Artifact,
    CurationSettings,
    Ledger,
    MetricRegistry,
    StageKey,
    StageRun,
    State,
    Stream,
)
from neuropose_ray.errors import EngineError, NeuroposeRayError, OutputError
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import RunContext
from neuropose_ray.pipeline.curation.conclusions import CONCLUSIONS, Conclusion, Conclusions, ConclusionTask
from neuropose_ray.pipeline.curation.duplicates import (
    DUPLICATES,
    DUPLICATES_FILE,
    DuplicateFinder,
    StreamGroups,
    duplicates_key,
    groups_of_streams,
)
from neuropose_ray.pipeline.curation.frame_metrics import FRAME_METRICS, FrameMetrics
from neuropose_ray.pipeline.curation.measuring import measure
from neuropose_ray.pipeline.curation.staging import artifact_of, finish_publishing, is_undamaged, publish, staged
from neuropose_ray.pipeline.curation.streams import (
    AssembledStream,
    KnownStream,
    PlannedStream,
    StreamAssembler,
    StreamPlanner,
    failed_stream,
)
from neuropose_ray.pipeline.curation.summary import CurationSummary, StreamResult, write_curation
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.discovery import Discovery, FoundVideo, discover
from neuropose_ray.pipeline.planning.planner import named_videos
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.pipeline.state.lease import Lease, held_lease
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.progress import ProgressReporter
from neuropose_ray.pipeline.state.run_layout import CHUNKS_FOLDER, manifest_folder, state_folder
from neuropose_ray.pipeline.state.summary import now
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.frame_table import FRAMES_FILE, IDLE_FILE
from neuropose_ray.video import VideoSettings
from neuropose_ray.words import counted


def curate(
    inputs: Sequence[Path],
    out: Path,
    *,
    settings: CurationSettings,
    engine: Engine,
    progress: ProgressReporter,
    registry: MetricRegistry | None = None,
    video: VideoSettings = VideoSettings(),
    max_attempts: int = EngineSettings().max_attempts,
    wait: bool = False,
) -> CurationSummary:
    """Measure all frames of videos and frame folders, and say what is wrong with them, nothing twice.

    No pose model is loaded. Where the folder holds poses of a stream, its people are counted from them.

    Args:
        inputs: video files, folders of numbered images, still images, and folders of these.
        out: gets one folder for each stream, and ``curation.json``; it may be the folder of a run with poses.
        settings: what is measured, and thresholds.
        engine: who does the work; closed by the caller.
        progress: told of every step.
        registry: what is measured; None: the built-in metrics.
        video: threads of decoders, and the frame rate of frame folders.
        max_attempts: tries of one chunk.
        wait: for another run in ``out`` to end, instead of refusing.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video.
        RunLockedError: another run writes into ``out``.
        OutputError: ``out`` cannot be written.
    """
    started_at, begin = now(), time.perf_counter()
    product = FrameMetrics(settings, registry or MetricRegistry.default(settings))
    context = RunContext(
        None, out.resolve(), video.decode_threads, max_attempts, (product,), f"{CHUNKS_FOLDER}/curation"
    )
    image_fps = video.image_fps if "image_fps" in video.model_fields_set else None
    # 1. What is there.
    discovery = discover(inputs, out)
    # 2. This run alone works here, and journals what it does.
    with (
        held_lease(state_folder(out), wait=wait, on_wait=progress.waiting) as lease,
        Ledger(state_folder(out) / LEDGER_FILE, uuid.uuid4().hex) as ledger,
    ):
        ledger.add_event("run began", f"{counted(len(discovery), 'input')}, {engine.name} engine")
        for artifact in ledger.artifacts():
            finish_publishing(context.out, artifact)
        # 3. Whose frames are measured already, and the chunks of the rest.
        planner = StreamPlanner(context, product, settings.batch_size, image_fps)
        planned = _plan(discovery, ledger, planner, engine, progress, lease)
        # 4. The only line that decodes.
        measured = measure(planned, StreamAssembler(context, product, image_fps), engine, ledger, progress, lease)
        # 5. What frames have in common, over all streams of the folder.
        groups, group_count = _duplicates(context.out, settings, ledger, engine)
        lease.check()
        # 6. What follows from numbers and thresholds.
        conclusions = _conclude(Conclusions(context.out, settings, product.registry), groups, ledger, engine, lease)
        summary = CurationSummary(
            engine=engine.name,
            started_at=started_at,
            seconds=time.perf_counter() - begin,
            frames_decoded=measured.frames_decoded,
            duplicate_groups=group_count,
            streams=tuple(_result(plan, measured.tables, conclusions) for plan in planned),
            not_videos=discovery.not_videos,
            notes=discovery.notes,
        )
        write_curation(summary, out)
        ledger.forget(runs=_KEPT_RUNS, days=_KEPT_DAYS)
        ledger.add_event("run ended", f"{counted(measured.frames_decoded, 'frame')} decoded")
    return summary


#: Entries of the ledger that are kept of each stage of each stream, and for how long events are.
_KEPT_RUNS, _KEPT_DAYS = 20, 90.0
#: Inputs that one task plans.
_BATCH = 16


def _plan(
    discovery: Discovery,
    ledger: Ledger,
    planner: StreamPlanner,
    engine: Engine,
    progress: ProgressReporter,
    lease: Lease,
) -> list[PlannedStream]:
    """A plan for each input, in their order; what needs no measuring is in the ledger afterwards."""
    streams = ledger.streams()
    videos = named_videos(discovery, _known_inputs(planner.context.out, streams.values()))

    def known(video: FoundVideo) -> KnownStream | None:
        stream = streams.get(video.name)
        if stream is None:
            return None
        frames_file = ledger.artifact(f"{stream.name}/{FRAMES_FILE}")
        return KnownStream(stream, ledger.last_success(stream.name, FRAME_METRICS), frames_file)

    size = max(1, min(_BATCH, len(videos) // (4 * engine.workers)))
    starts = range(0, len(videos), size)
    batches = [[(video, known(video)) for video in videos[start : start + size]] for start in starts]
    planned: list[PlannedStream] = []
    for batch, plans in zip(batches, engine.map(planner, batches, "plan_streams"), strict=True):
        lease.check()
        if isinstance(plans, EngineError):
            plans = [failed_stream(video, plans) for video, _ in batch]
        for plan in plans:
            _note_plan(plan, planner.context.out, ledger)
        planned += plans
        progress.planning(len(planned), len(videos))
    return planned


def _note_plan(plan: PlannedStream, out: Path, ledger: Ledger) -> None:
    if plan.is_damaged:
        ledger.add_event("artifact damaged", FRAMES_FILE, stream=plan.name, stage=FRAME_METRICS)
    if plan.stream is not None:
        ledger.add_stream(plan.stream)
        ledger.replace_streams(plan.stream)
    if plan.state == "failed":
        error = None if plan.error is None else plan.error.text()
        key = StageKey(FRAME_METRICS, {})
        ledger.add_stage_run(StageRun(plan.name, key, "failed", "its frames cannot be measured", error=error))
    elif plan.state == "done" and plan.key is not None:
        last = ledger.last_success(plan.name, FRAME_METRICS)
        if last is None or last.key.digest != plan.key.digest:  # measured beside poses: the file says how
            path = out / plan.name / FRAMES_FILE
            made = Artifact(f"{plan.name}/{FRAMES_FILE}", file_sha256(path), path.stat().st_size)
            ledger.add_stage_run(StageRun(plan.name, plan.key, "succeeded", plan.reason), [made])
        else:
            ledger.add_stage_run(StageRun(plan.name, plan.key, "skipped", plan.reason))


def _known_inputs(out: Path, streams: Iterable[Stream]) -> Manifest:
    """The inputs whose folders are there, by runs with poses and by runs of curation."""
    known = list(Manifest.read(manifest_folder(out)))
    names = {row.name for row in known}
    rows = [ManifestRow(stream.name, stream.path, "planned", stream.uri) for stream in streams]
    return Manifest.of([*(row for row in rows if row.name not in names), *known])


def _duplicates(
    out: Path, settings: CurationSettings, ledger: Ledger, engine: Engine
) -> tuple[dict[str, StreamGroups], int]:
    """The groups of near-duplicates of every stream of the folder, and how many there are."""
    numbers = {
        name: done.key.digest
        for name in ledger.streams()
        if (done := ledger.last_success(name, FRAME_METRICS)) is not None and (out / name / FRAMES_FILE).exists()
    }
    key, last = duplicates_key(settings.duplicates, numbers), ledger.last_success(WHOLE_RUN, DUPLICATES)
    path, known = out / DUPLICATES_FILE, ledger.artifact(DUPLICATES_FILE)
    is_whole = known is not None and is_undamaged(out, known)
    if last is not None and last.key.digest == key.digest and is_whole:
        ledger.add_stage_run(StageRun(WHOLE_RUN, key, "skipped", UNCHANGED))
    else:
        reason = FIRST_TIME if last is None else "; ".join(key.changes_since(last.key)) or "its file is gone"
        try:
            engine.submit(DuplicateFinder(out, settings.duplicates), sorted(numbers), staged(path)).result()
        except OutputError:
            raise
        except NeuroposeRayError as error:
            ledger.add_stage_run(StageRun(WHOLE_RUN, key, "failed", reason, error=str(error)))
            return {}, 0
        made = artifact_of(out, PurePosixPath(DUPLICATES_FILE))
        ledger.add_stage_run(StageRun(WHOLE_RUN, key, "succeeded", reason), [made])
        publish(out, made)
    groups = groups_of_streams(path)
    return groups, len({group_id for stream in groups.values() for _, group_id, _, _ in stream.rows})


def _conclude(
    stage: Conclusions, groups: dict[str, StreamGroups], ledger: Ledger, engine: Engine, lease: Lease
) -> dict[str, Conclusion]:
    """What follows from the numbers of every stream of the folder, by its name."""
    tasks = []
    for name in ledger.streams():
        numbers = ledger.last_success(name, FRAME_METRICS)
        if numbers is not None and (stage.out / name / FRAMES_FILE).exists():
            last = ledger.last_success(name, CONCLUSIONS)
            made = [ledger.artifact(f"{name}/{file}") for file in (FRAMES_FILE, IDLE_FILE)]
            # A table that was measured again lacks the columns, whatever it is called.
            files = tuple(file if file is not None and file.stage == CONCLUSIONS else None for file in made)
            of_stream = groups.get(name, StreamGroups())
            tasks.append(
                ConclusionTask(name, numbers.key.digest, of_stream, None if last is None else last.key, files)
            )
    concluded: dict[str, Conclusion] = {}
    for task, done in zip(tasks, engine.map(stage, tasks, "conclude_stream"), strict=True):
        lease.check()
        if isinstance(done, EngineError):
            key = StageKey(CONCLUSIONS, {})
            done = Conclusion(task.stream, key, "its process died", error=str(done))
        state: State = "failed" if done.error is not None else "succeeded" if done.artifacts else "skipped"
        ledger.add_stage_run(StageRun(task.stream, done.key, state, done.reason, error=done.error), done.artifacts)
        for artifact in done.artifacts:
            publish(stage.out, artifact)
        concluded[task.stream] = done
    return concluded


def _result(
    plan: PlannedStream, measured: dict[str, AssembledStream | ErrorRecord], conclusions: dict[str, Conclusion]
) -> StreamResult:
    notes = () if plan.stream is None else plan.stream.notes
    made, concluded = measured.get(plan.name), conclusions.get(plan.name)
    errors: tuple[ErrorRecord, ...] = () if plan.error is None else (plan.error,)
    if isinstance(made, ErrorRecord):
        errors = (made,)
    elif made is not None:
        errors = made.errors
    if concluded is not None and concluded.error is not None:
        errors = (*errors, ErrorRecord(stage=CONCLUSIONS, type="CurationError", message=concluded.error))
    counts = (
        None if plan.state == "failed" or isinstance(made, ErrorRecord) or concluded is None else concluded.counts
    )
    is_partial = bool(errors) or (counts is not None and "unreadable" in counts.flags)
    return StreamResult(
        input=plan.path,
        name=plan.name,
        state="failed" if counts is None else "partial" if is_partial else "completed",
        measured=made is not None,
        reason=plan.reason,
        counts=counts,
        notes=notes,
        errors=errors,
    )
