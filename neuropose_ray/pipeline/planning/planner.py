"""From inputs to rows of the manifest: what is finished already, and into which chunks the rest is cut.

Batches of inputs are planned beside each other by an engine. The driver gets a row for each input; the plans
themselves, with the times of all frames, wait on the disk for the workers.

What an earlier run knew of an input is believed as long as nothing speaks against it:

* the input: one look at the file's entry (of a folder, at every image's), see ``signature.py``;
* settings, model, camera and the versions of the program's stages: one digest for the whole run;
* the results: a look at the entries of the three files that a finished video must have;
* a plan that waits for workers: a look at the head of its file, which holds a checksum. Whoever reads a damaged
  rest notices: the video fails, and the next run plans it again.

Where anything differs, the input is read through once without decoding (of several names of one file in a batch the
first), its content's digest decides whether the results that lie there are its own, and the digest of
``predictions.parquet`` whether they are whole. Where they are its own but were made with other settings or by another
version of tracking, fit or files, the poses in them are taken and the rest is made again; see ``video_poses.py``.
Results whose keys say nothing of poses, as those of versions that made keys of source code, are computed again.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, islice
from pathlib import Path
from typing import overload

from neuropose_ray.errors import EngineError, FileFormatError, NeuroposeRayError, OutputError
from neuropose_ray.fitting import FittingSettings
from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline.assembly.assemble import Assembly
from neuropose_ray.pipeline.assembly.video_assembler import finished_row
from neuropose_ray.pipeline.chunks.handover import Handover
from neuropose_ray.pipeline.chunks.products import ChunkProduct
from neuropose_ray.pipeline.chunks.worker import RunContext
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.inputs.cameras import calibration_digest
from neuropose_ray.pipeline.inputs.discovery import Discovery, FoundVideo
from neuropose_ray.pipeline.inputs.naming import UnnamedInput
from neuropose_ray.pipeline.inputs.signature import Signature, signature_of, signature_of_outputs
from neuropose_ray.pipeline.inputs.source_record import own_name, path_of, uri_of, write_source
from neuropose_ray.pipeline.planning.plan import ChunkRef, VideoPlan, digest_of, plan_video, poses_versions
from neuropose_ray.pipeline.planning.plan_file import plan_checksum, read_plan, write_plan
from neuropose_ray.pipeline.planning.rate import AnalysisRate
from neuropose_ray.pipeline.planning.skipping import skipped_times, without
from neuropose_ray.pipeline.settings import CameraSettings, RunSettings
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.manifest_results import with_result
from neuropose_ray.pipeline.state.summary import VideoResult
from neuropose_ray.schemas.frame_table import FrameFlag
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.video import VideoInfo, VideoSource, open_source, probe

#: Inputs per task: enough that a task's own cost does not count, few enough that every core of a cluster gets some.
_LARGEST_BATCH = 64

#: What is planned at a time: inputs, each with what an earlier run knew of it.
Batch = Sequence[tuple[FoundVideo, ManifestRow | None]]


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans inputs one after the other, in any process that sees them and the output.

    Attributes:
        assembly: how a video is put together, and where.
        camera: what is known of the camera.
        chunk_frames: about how many frames a chunk gets; one session of the pose model at the least.
        image_fps: frames per second of image folders; None: the default.
        request: identifies these settings, the model and the versions of the code.
        keep: write plans for workers; a dry run writes nothing.
        skipped: flags of frames in which no poses are looked for.
        rate: how many frames of a second are analysed at most; None for all.
    """

    assembly: Assembly
    camera: CameraSettings
    chunk_frames: int
    image_fps: float | None
    request: str
    keep: bool = True
    skipped: tuple[FrameFlag, ...] = ()
    rate: AnalysisRate | None = None

    def __call__(self, batch: Batch) -> list[ManifestRow]:
        """A row for each input, in their order.

        Raises:
            OutputError: a plan cannot be written.
        """
        probes = _Probes()
        return [self._row(video, known, probes) for video, known in batch]

    def _row(self, video: FoundVideo, known: ManifestRow | None, probes: _Probes) -> ManifestRow:
        try:
            path = video.path
            signature = signature_of(path)
            if known is not None and (row := self._still_true(video, known, signature)):
                return row
            source, spec = open_source(path, fps=self.image_fps), self.assembly.context.pose_model
            read = partial(probes.of, signature)
            plan = plan_video(video, source, spec, self.camera, self.chunk_frames, self.rate, read)
            uri = uri_of(video.location)
            name = own_name(self.assembly.context.out, video.name, uri, plan.info.sha256)
            plan = self.assembly.with_products(replace(plan, name=name))
            if self.skipped:
                analysed = frozenset(plan.info.timestamps_s[plan.is_analysed(plan.info.timestamps_s)].tolist())
                folder = self.assembly.context.out / name
                plan = without(plan, skipped_times(folder, self.skipped, analysed.__contains__))
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return failed_row(video, [error])
        return self._row_of(plan, video, uri, signature)

    def _row_of(self, plan: VideoPlan, video: FoundVideo, uri: str, signature: Signature) -> ManifestRow:
        row = self._planned(video, uri, plan, signature)
        metrics = self.assembly.finished(plan)
        if metrics is None and self.assembly.kept_poses(plan) is not None:
            row = replace(row, chunks=0, frames_marked=row.frames)
        if self.keep:
            folder, source = self.assembly.context.out / plan.name, plan.info.source
            write_source(folder, source, sha256=plan.info.sha256, signature=signature.text)
            if metrics is None:
                path = self.assembly.context.plan_path(plan.name)
                write_plan(path, plan)
                row = replace(row, outputs=plan_checksum(path))
        return row if metrics is None else finished_row(row, self.assembly, metrics, computed=False)

    def _still_true(self, video: FoundVideo, known: ManifestRow, signature: Signature) -> ManifestRow | None:
        """The row where neither the input nor what it asks for nor what was made of it has changed, else None."""
        if (known.request, known.signature) != (self.request, signature.text):
            return None
        if known.state in ("completed", "partial"):
            same = known.outputs == signature_of_outputs(self.assembly.files(video.name))
            return replace(known, path=_path(video)) if same and Path(known.path).name == video.path.name else None
        if known.state == "planned" and known.chunks:
            path = self.assembly.context.plan_path(video.name)
            if not known.outputs or known.outputs != plan_checksum(path) or known.uri != uri_of(video.location):
                return None
            marked = 0
            if self.assembly.context.store(video.name).is_begun:
                try:
                    marked = self._marked(read_plan(path))
                except FileFormatError:
                    return None
            return replace(known, path=_path(video), frames_marked=marked)
        return None  # a failed input may be whole by now; whether poses are kept is seen in their files

    def _planned(self, video: FoundVideo, uri: str, plan: VideoPlan, signature: Signature) -> ManifestRow:
        times = plan.info.timestamps_s
        return ManifestRow(
            name=plan.name,
            path=_path(video),
            state="planned",
            uri=uri,
            signature=signature.text,
            request=self.request,
            size_bytes=signature.size_bytes,
            mtime_ns=signature.mtime_ns,
            sha256=plan.info.sha256,
            frames=plan.info.frame_count,
            duration_s=float(times[-1] - times[0]) if len(times) else 0.0,
            chunks=len(plan.chunks),
            frames_marked=self._marked(plan),
            plan_key=self.assembly.plan_key(plan),
        )

    def _marked(self, plan: VideoPlan) -> int:
        marked = self.assembly.context.store(plan.name).marked(plan.keys)
        return sum(plan.chunks[index].frames for index in marked)


@dataclass(slots=True)
class _Probes:
    """What was read of the inputs of one batch; of a file with several names once."""

    _infos: dict[str, VideoInfo] = field(default_factory=dict)

    def of(self, signature: Signature, source: VideoSource) -> VideoInfo:
        """What a probe of a source gives.

        Args:
            signature: of the source, taken before this call, so that a change of the file since is another signature.
            source: to be probed.
        """
        if not signature.shared:
            return probe(source)
        if signature.shared not in self._infos:
            self._infos[signature.shared] = probe(source)
        return replace(self._infos[signature.shared], source=source)


def named_videos(inputs: Discovery, known: Manifest) -> tuple[FoundVideo, ...]:
    """The inputs, each with the name that it has or gets.

    An input whose file is gone gives its name to one that would have the same and is as large; whether that is the
    same video is seen in its content.
    """

    def was_moved(name: str, unnamed: UnnamedInput) -> bool:
        row = known.row(name)
        try:
            size_bytes = path_of(unnamed.uri).stat().st_size
        except OSError:
            return False
        return not os.path.lexists(path_of(row.uri)) and (unnamed.is_folder or size_bytes == row.size_bytes)

    return inputs.videos(known.owners(), was_moved)


def plan_videos(
    videos: Sequence[FoundVideo], known: Manifest, planner: Planner, engine: Engine
) -> Iterator[list[ManifestRow]]:
    """The rows of all inputs, in their order, batch by batch.

    An input that ends the process of its task is planned alone in a second try, and failed after that.

    Raises:
        OutputError: a plan cannot be written.
    """
    size = max(1, min(_LARGEST_BATCH, len(videos) // (4 * engine.workers)))
    batches = list(_batches(videos, size))
    for names, planned in zip(batches, engine.map(planner, _known(batches, known), "plan_videos"), strict=True):
        if not isinstance(planned, EngineError):
            yield planned
            continue
        alone = _known([[video] for video in names], known)
        for video, retried in zip(names, engine.map(planner, alone, "plan_video_alone"), strict=True):
            yield [failed_row(video, [retried])] if isinstance(retried, EngineError) else retried


def _batches(videos: Sequence[FoundVideo], size: int) -> Iterator[Sequence[FoundVideo]]:
    left = iter(videos)
    while some := list(islice(left, size)):
        yield some


def _known(batches: Iterable[Sequence[FoundVideo]], known: Manifest) -> Iterator[Batch]:
    for videos in batches:
        yield list(zip(videos, known.rows([video.name for video in videos]), strict=True))


def planner_for(settings: RunSettings, spec: PoseModelSpec, out: Path, workers: int, *, keep: bool = True) -> Planner:
    """The planner that the settings ask for.

    Args:
        settings: of the run.
        spec: the pose model.
        out: the run's output.
        workers: models in memory at once.
        keep: as in :class:`Planner`.
    """
    video = settings.video
    products: tuple[ChunkProduct, ...] = ()
    if settings.curate:
        from neuropose_ray.pipeline.curation.frame_metrics import FrameMetrics

        products = (FrameMetrics.default(settings.curation),)
    limits = (video.decode_threads, settings.engine.max_attempts)
    context = RunContext(spec, out.resolve(), *limits, products, handover=Handover())
    image_fps = video.image_fps if "image_fps" in video.model_fields_set else None
    assembly = Assembly(context, settings.tracking, _fitting(settings, spec), workers, video.capture_fps, image_fps)
    parts = (
        spec.fingerprint(), repr(spec.field_of_view_degrees), settings.camera.model_dump_json(),
        calibration_digest(settings.camera), str(video.chunk_frames), repr(image_fps), assembly.settings_key(),
        poses_versions(),
    )  # fmt: skip
    flags = settings.skipped_flags
    rate = None if video.rate is None else AnalysisRate(video.rate, video.capture_fps)
    thresholds = (*flags, settings.curation.model_dump_json()) if flags else ()  # decide which frames have a flag
    request = digest_of(*parts, *thresholds, *(() if rate is None else (rate.key,)))
    return Planner(assembly, settings.camera, video.chunk_frames, image_fps, request, keep, flags, rate)


def _fitting(settings: RunSettings, spec: PoseModelSpec) -> FittingSettings | None:
    """The fit's settings for this model, or None where nothing is to be fitted."""
    wanted = spec.name == "blazepose" if settings.fit is None else settings.fit
    if not wanted:
        return None
    if spec.name != "metrabs":
        return settings.fitting
    # A network that knows the camera has depth along its axis, and better than the prior, which never saw its errors.
    suited = {"model_axes": "camera", "depth_prior": "off"}
    given = settings.fitting.model_fields_set
    return settings.fitting.model_copy(update={name: value for name, value in suited.items() if name not in given})


class ChunkQueue(Sequence[ChunkRef]):
    """The chunks of all planned videos, in order: names are made when asked for, and only videos take memory."""

    def __init__(self, rows: Iterable[ManifestRow]) -> None:
        planned = [(row.name, row.chunks) for row in rows if row.state == "planned"]
        self._names = [name for name, _ in planned]
        self._ends = list(accumulate(chunks for _, chunks in planned))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> ChunkRef: ...
    @overload
    def __getitem__(self, index: slice) -> list[ChunkRef]: ...
    def __getitem__(self, index: int | slice) -> ChunkRef | list[ChunkRef]:
        """The chunk at an index, or the chunks of a slice."""
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        video = bisect_right(self._ends, index)
        return ChunkRef(self._names[video], index - (self._ends[video - 1] if video else 0))


def failed_row(video: FoundVideo, errors: Sequence[BaseException]) -> ManifestRow:
    """The row of an input that cannot be planned."""
    row = ManifestRow(video.name, _path(video), "failed", uri_of(video.location))
    return with_result(row, VideoResult.failure(row.name, row.path, errors))


def _path(video: FoundVideo) -> str:
    return utf8_text(str(video.path))
