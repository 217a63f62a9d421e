"""Why each stage of a run of curation ran, or did not: out of its ledger, and a look at its files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from neuropose_ray.curation import LEDGER_FILE, WHOLE_RUN, StageRun, read_ledger
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.curation.staging import is_undamaged
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.words import counted

#: What stages that look at all streams together are listed under.
ALL_STREAMS = "all streams"


class StageState(FrozenModel):
    """The last time that a stage was due."""

    stage: str
    state: Literal["succeeded", "failed", "skipped"]
    reason: str
    frames_decoded: int
    seconds: float
    attempts: int
    error: str | None
    ended_at: str
    key: str
    depends_on: dict[str, str]


class FileState(FrozenModel):
    """A file that stages made."""

    path: str
    sha256: str
    size: int
    state: Literal["whole", "damaged", "gone"]


class StreamState(FrozenModel):
    """A stream, or all of them together."""

    stream: str
    path: str
    frames: int
    notes: tuple[str, ...]
    stages: tuple[StageState, ...]
    files: tuple[FileState, ...]


class JournalEntry(FrozenModel):
    """Something that happened."""

    at: str
    stream: str
    stage: str
    event: str
    detail: str


class Inspection(FrozenModel):
    """What is known of a run of curation."""

    streams: tuple[StreamState, ...]
    events: tuple[JournalEntry, ...]

    @property
    def all_well(self) -> bool:
        """Whether no stage failed the last time, and every file is whole."""
        stages = (stage.state != "failed" for stream in self.streams for stage in stream.stages)
        files = (file.state == "whole" for stream in self.streams for file in stream.files)
        return all(stages) and all(files)

    def lines(self) -> list[str]:
        """All of it for people."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        for stream in self.streams:
            of = f" ({stream.path}, {counted(stream.frames, 'frame')})" if stream.path else ""
            yield f"{stream.stream}{of}"
            for stage in stream.stages:
                verb = {"succeeded": "ran", "skipped": "skipped", "failed": "failed"}[stage.state]
                decoded = f", {counted(stage.frames_decoded, 'frame')} decoded" if stage.frames_decoded else ""
                yield f"  {stage.stage}: {verb}: {stage.reason}{decoded}"
                yield from (f"    {line}" for line in (stage.error or "").splitlines())
            yield from (f"  {file.path}: {file.state}" for file in stream.files)
            yield from (f"  note: {note}" for note in stream.notes)
        if self.events:
            yield "events, the latest first"
        for event in self.events:
            what = " ".join(part for part in (event.stream, event.stage, event.event, event.detail) if part)
            yield f"  {event.at[:19]} {what}"


def inspect_run(out: Path, *, stream: str | None = None, events: int = 10) -> Inspection:
    """What the ledger of a run's folder says; nothing is written.

    Args:
        out: the run's folder.
        stream: this one alone.
        events: at most so many.

    Raises:
        InputNotFoundError: nothing was curated here, or there is no such stream.
        FileFormatError: the ledger is damaged.
        FutureSchemaError: a newer version wrote it.
    """
    content = read_ledger(state_folder(out) / LEDGER_FILE, stream=stream, events=events)
    known = {entry.name: entry for entry in content.streams}
    of_streams: dict[str, list[StageRun]] = {}
    for done in content.stage_runs:
        of_streams.setdefault(done.stream, []).append(done)
    if stream is not None and stream not in of_streams:
        raise InputNotFoundError("there is no such stream", where=str(out / stream), hint="see `curate inspect OUT`")
    states = [
        StreamState(
            stream=name or ALL_STREAMS,
            path=known[name].path if name in known else "",
            frames=known[name].frames if name in known else 0,
            notes=known[name].notes if name in known else (),
            stages=tuple(_stage(done) for done in stages),
            files=tuple(
                FileState(
                    path=file.path,
                    sha256=file.sha256,
                    size=file.size,
                    state=_state(out, file.path, is_undamaged(out, file)),
                )
                for file in content.artifacts
                if file.stream == name
            ),
        )
        for name, stages in sorted(of_streams.items(), key=lambda item: (item[0] == WHOLE_RUN, item[0]))
    ]
    journal = tuple(
        JournalEntry(at=event.at, stream=event.stream, stage=event.stage, event=event.event, detail=event.detail)
        for event in content.events
    )
    return Inspection(streams=tuple(states), events=journal)


def _stage(done: StageRun) -> StageState:
    return StageState(
        stage=done.key.stage,
        state=done.state,
        reason=done.reason,
        frames_decoded=done.frames_decoded,
        seconds=done.seconds,
        attempts=done.attempts,
        error=done.error,
        ended_at=done.ended_at,
        key=done.key.digest,
        depends_on=dict(done.key.parts),
    )


def _state(out: Path, path: str, is_whole: bool) -> Literal["whole", "damaged", "gone"]:
    if is_whole:
        return "whole"
    return "damaged" if (out / path).exists() else "gone"
