"""`curation.json`: every stream of a run exactly once, with what was found in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from neuropose_ray import __version__
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.curation.conclusions import StreamCounts
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.result_files import CURATION_FILE
from neuropose_ray.words import counted

#: Streams that a printed summary names.
_PRINTED = 20
#: Of each, errors that are printed.
_PRINTED_ERRORS = 3


class StreamResult(FrozenModel):
    """One stream: ``completed``, ``partial`` (some frames could not be decoded) or ``failed`` (there is no table)."""

    input: str
    name: str
    state: Literal["completed", "partial", "failed"]
    measured: bool = Field(description="whether its frames were decoded in this run")
    reason: str = Field(description="why they were, or why not")
    counts: StreamCounts | None = None
    notes: tuple[str, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()


class CurationSummary(FrozenModel):
    """One run of curation over many streams."""

    version: str = __version__
    engine: str
    started_at: datetime
    seconds: float
    frames_decoded: int
    duplicate_groups: int = Field(description="over all streams of the folder")
    streams: tuple[StreamResult, ...]
    not_videos: tuple[str, ...] = ()
    notes: tuple[str, ...] = Field(default=(), description="what was odd about the inputs")

    @property
    def all_well(self) -> bool:
        """Whether every input has a whole table of frames."""
        return all(stream.state == "completed" for stream in self.streams)

    def count(self, state: str) -> int:
        """Streams in a state."""
        return sum(stream.state == state for stream in self.streams)

    def __str__(self) -> str:
        """Return the run in a few lines: streams by their state, frames, and what was found in each."""
        counts = ", ".join(f"{self.count(state)} {state}" for state in ("completed", "partial", "failed"))
        lines = [
            f"{counted(len(self.streams), 'stream')}: {counts}",
            f"{self._work()}, {counted(self.duplicate_groups, 'group')} of near-duplicates",
            *(line for stream in self.streams[:_PRINTED] for line in _lines(stream)),
        ]
        more = len(self.streams) - _PRINTED
        lines += [f"and {more} more in {CURATION_FILE}"] if more > 0 else []
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def _work(self) -> str:
        if not self.frames_decoded:
            return "nothing was decoded"
        rate = self.frames_decoded / max(self.seconds, 1e-9)
        return (
            f"{counted(self.frames_decoded, 'frame')} decoded in {self.seconds:.1f} s ({rate:.0f}/s, {self.engine} "
            "engine)"
        )


def _lines(stream: StreamResult) -> Iterator[str]:
    """What was found in a stream, and below it what could not be read."""
    if stream.counts is None:
        yield f"{stream.name}: failed: {'; '.join(error.message for error in stream.errors)}"
        return
    flags = [f"{number} {flag.replace('_', ' ')}" for flag, number in stream.counts.flags.items()]
    idle = f", idle for {stream.counts.idle_s:.1f} s" if stream.counts.idle_intervals else ""
    yield f"{stream.name}: {counted(stream.counts.frames, 'frame')}: {', '.join(flags) or 'nothing found'}{idle}"
    yield from (f"  note: {note}" for note in stream.notes)
    yield from (f"  {error.message}" for error in stream.errors[:_PRINTED_ERRORS])
    if len(stream.errors) > _PRINTED_ERRORS:
        yield f"  and {len(stream.errors) - _PRINTED_ERRORS} more in {CURATION_FILE}"


def write_curation(summary: CurationSummary, out: Path) -> None:
    """Write ``curation.json``, indented: people open it.

    Raises:
        OutputError: no space or no permission.
    """
    atomic_write_bytes(out / CURATION_FILE, summary.model_dump_json(indent=2).encode())
