"""What the ledger of curation keeps: streams, stages that ran or did not, files that they made, and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from neuropose_ray.curation.keys import StageKey

#: The stream under whose name stages stand that look at a whole run.
WHOLE_RUN: Final = ""

State = Literal["succeeded", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Stream:
    """One video or frame folder.

    Attributes:
        name: of its folder below the output.
        path: where it lies, for people.
        uri: the same with links resolved.
        kind: ``file`` or ``images``.
        signature: changes when the input does.
        sha256: of its content.
        stream_index: which of the file's streams.
        frames: that it promises.
        duration_s: from the first to the last.
        notes: what is to be known of it, a sentence each.
    """

    name: str
    path: str
    uri: str
    kind: str
    signature: str
    sha256: str
    stream_index: int
    frames: int
    duration_s: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRun:
    """One time that a stage was due.

    Attributes:
        stream: its name, :data:`WHOLE_RUN` for all together.
        key: what the result depends on.
        state: what became of it.
        reason: why it ran, or why not.
        frames_decoded: by it.
        attempts: that it took.
        error: what went wrong, also with a part alone, and below it the end of a traceback.
        seconds: that it took.
        ended_at: ISO 8601.
    """

    stream: str
    key: StageKey
    state: State
    reason: str
    frames_decoded: int = 0
    attempts: int = 1
    error: str | None = None
    seconds: float = 0.0
    ended_at: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a stage made.

    Attributes:
        path: relative to the run's folder.
        sha256: of its content.
        size: bytes.
        stream: whose it is; :data:`WHOLE_RUN` for all together.
        stage: that made it last.
    """

    path: str
    sha256: str
    size: int
    stream: str = WHOLE_RUN
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened."""

    at: str
    stream: str
    stage: str
    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class LedgerContent:
    """What a ledger says, read without writing to it."""

    streams: tuple[Stream, ...]
    stage_runs: tuple[StageRun, ...]
    events: tuple[Event, ...]
    artifacts: tuple[Artifact, ...]
