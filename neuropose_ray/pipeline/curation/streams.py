"""The streams of a run: whether their numbers are there already, and the chunks of the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from neuropose_ray.curation import FIRST_TIME, UNCHANGED, Artifact, StageKey, StageRun, Stream, sequence_of
from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.pipeline.chunks.commit import ErrorRecord, error_record
from neuropose_ray.pipeline.chunks.worker import RunContext
from neuropose_ray.pipeline.curation.frame_metrics import FrameMetrics, plan_frames
from neuropose_ray.pipeline.curation.frame_rows import frame_rows, header_of, numbers_key
from neuropose_ray.pipeline.curation.staging import is_undamaged, stage_frames
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.inputs.signature import Signature, signature_of
from neuropose_ray.pipeline.inputs.source_record import own_name, read_source, uri_of, write_source
from neuropose_ray.pipeline.planning.plan_file import read_plan, write_plan
from neuropose_ray.schemas.frame_table import FRAMES_FILE
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE
from neuropose_ray.video import VideoSource, is_image_name, open_source

#: Why frames are not measured again that nobody but the file itself knows of.
ALREADY_MEASURED = "frames.parquet holds these numbers already"


@dataclass(frozen=True, slots=True)
class KnownStream:
    """What the ledger says of a stream.

    Attributes:
        stream: what it was when it was last seen.
        numbers: the last time that its frames were measured.
        frames_file: its table of frames.
    """

    stream: Stream
    numbers: StageRun | None = None
    frames_file: Artifact | None = None


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """One input of a run, before its frames are measured.

    Attributes:
        name: of its folder.
        path: where it lies, for people.
        state: ``done`` where its numbers are there, ``chunks`` where they are to be made, ``failed``.
        reason: why its frames are measured, or why not.
        stream: what is known of it; None where it failed.
        key: what its numbers depend on; None where it failed.
        chunks: that are to be measured.
        is_damaged: whether a file of it was not what the ledger says.
        error: why it failed.
    """

    name: str
    path: str
    state: Literal["done", "chunks", "failed"]
    reason: str
    stream: Stream | None = None
    key: StageKey | None = None
    chunks: int = 0
    is_damaged: bool = False
    error: ErrorRecord | None = None


@dataclass(frozen=True, slots=True)
class StreamPlanner:
    """Plans inputs one after the other, in any process that sees them and the output.

    Attributes:
        context: of the run.
        product: what is measured; its settings say what a frame folder must be.
        chunk_frames: about how many frames a chunk gets.
        image_fps: frames per second of frame folders; None: the default.
    """

    context: RunContext
    product: FrameMetrics
    chunk_frames: int
    image_fps: float | None

    def __call__(self, batch: Sequence[tuple[FoundVideo, KnownStream | None]]) -> list[PlannedStream]:
        """A plan for each input, in their order.

        Raises:
            OutputError: a plan cannot be written.
        """
        return [self._planned(video, known) for video, known in batch]

    def _planned(self, video: FoundVideo, known: KnownStream | None) -> PlannedStream:
        try:
            signature = signature_of(video.path)
            source = open_source(video.path, fps=self.image_fps)
            self._check_sequence(source)
            if known is not None and known.stream.signature == signature.text and (same := self._unchanged(known)):
                return same
            return self._probed(video, source, signature, known)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return failed_stream(video, error)

    def _check_sequence(self, source: VideoSource) -> None:
        ingest = self.product.settings.ingest
        if ingest.strict_sequence and source.kind == "images" and source.path.is_dir():
            names = [entry.name for entry in source.path.iterdir() if _is_picture(entry)]
            sequence_of(names, ingest, str(source.path)).require_strict(str(source.path))

    def _unchanged(self, known: KnownStream) -> PlannedStream | None:
        """The plan where neither the input nor what it asks for nor what was made of it has changed, else None."""
        stream = known.stream
        key = self.product.key(stream.sha256, stream.stream_index, self.image_fps)
        if known.numbers is None or known.numbers.key.digest != key.digest or known.frames_file is None:
            return None
        if not is_undamaged(self.context.out, known.frames_file):
            return None
        return PlannedStream(stream.name, stream.path, "done", UNCHANGED, stream, key)

    def _probed(
        self, video: FoundVideo, source: VideoSource, signature: Signature, known: KnownStream | None
    ) -> PlannedStream:
        plan = plan_frames(video.name, source, self.product, self.chunk_frames)
        name = self._name(video, plan.info.sha256)
        plan = replace(plan, name=name)
        folder, info = self.context.out / name, plan.info
        times = info.timestamps_s
        stream = Stream(
            name=name,
            path=utf8_text(str(video.path)),
            uri=uri_of(video.location),
            kind=source.kind,
            signature=signature.text,
            sha256=info.sha256,
            stream_index=info.stream_index,
            frames=info.frame_count,
            duration_s=float(times[-1] - times[0]) if len(times) else 0.0,
            notes=info.notes,
        )
        key = self.product.key(info.sha256, info.stream_index, self.image_fps)
        write_source(folder, source, sha256=info.sha256, signature=signature.text)
        known = known if known is not None and known.stream.name == name else None
        is_damaged = self._is_damaged(known)
        if not is_damaged and numbers_key(folder / FRAMES_FILE) == key.digest:
            return PlannedStream(name, stream.path, "done", ALREADY_MEASURED, stream, key)
        write_plan(self.context.plan_path(name), plan)
        reason = _reason(known, key, is_damaged=is_damaged)
        return PlannedStream(name, stream.path, "chunks", reason, stream, key, len(plan.chunks), is_damaged)

    def _name(self, video: FoundVideo, sha256: str) -> str:
        """The folder of a video: that of what lay at its place before, unless this has poses of its own."""
        folder = self.context.out / video.name
        record = read_source(folder)
        has_poses = any((folder / file).exists() for file in (PREDICTIONS_FILE, METRICS_FILE))
        if record is not None and record.uri == uri_of(video.location) and not has_poses:
            return video.name
        return own_name(self.context.out, video.name, uri_of(video.location), sha256)

    def _is_damaged(self, known: KnownStream | None) -> bool:
        """Whether the table that the ledger knows is another one, or gone."""
        return (
            known is not None
            and known.frames_file is not None
            and not is_undamaged(self.context.out, known.frames_file)
        )


@dataclass(frozen=True, slots=True)
class AssembledStream:
    """A stream whose frames are in its table.

    Attributes:
        artifact: the table, which waits under another name until the ledger knows of it.
        errors: what is missing, and why.
        failed_chunks: that were given up.
    """

    artifact: Artifact
    errors: tuple[ErrorRecord, ...]
    failed_chunks: int


@dataclass(frozen=True, slots=True)
class StreamAssembler:
    """Puts the chunks of a stream together, in any process that sees them."""

    context: RunContext
    product: FrameMetrics
    image_fps: float | None

    def __call__(self, name: str, failed: tuple[ErrorRecord, ...] = ()) -> AssembledStream | ErrorRecord:
        """The table of a stream; why there is none where not one frame could be decoded.

        Args:
            name: of the stream.
            failed: what is said of the chunks that are missing.

        Raises:
            OutputError: no space or no permission.
        """
        try:
            plan = read_plan(self.context.plan_path(name))
            table, errors = frame_rows(self.context.store(name), plan, self.product)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return failed[0] if failed else error_record(error)
        header = header_of(plan, self.product, self.image_fps)
        if failed:  # nobody is to take it for a whole one
            header = header.model_copy(update={"numbers_key": ""})
        artifact = stage_frames(self.context.out, name, table, header)
        return AssembledStream(artifact, (*failed, *errors), len(failed))


def failed_stream(video: FoundVideo, error: BaseException) -> PlannedStream:
    """An input that cannot be planned."""
    record = error_record(error)
    return PlannedStream(video.name, utf8_text(str(video.path)), "failed", record.message, error=record)


def _is_picture(path: Path) -> bool:
    return is_image_name(path) and not path.name.startswith(".")


def _reason(known: KnownStream | None, key: StageKey, *, is_damaged: bool) -> str:
    if known is None or known.numbers is None:
        return FIRST_TIME
    changes = key.changes_since(known.numbers.key)
    if is_damaged:
        changes = (*changes, f"{FRAMES_FILE} is gone or not what was written")
    return "; ".join(changes) or f"{FRAMES_FILE} holds other numbers"
