"""`curation.json`: every stream of a run exactly once, with what was found in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from neuropose_ray import __version__
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.curation.conclusions import StreamCounts
from neuropose_ray.pipeline.state.summary import counted
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.result_files import CURATION_FILE

#: Streams that a printed summary names.
_PRINTED = 20


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
        rate = self.frames_decoded / max(self.seconds, 1e-9)
        lines = [
            f"{counted(len(self.streams), 'stream')}: {counts}",
            f"{counted(self.frames_decoded, 'frame')} decoded in {self.seconds:.1f} s ({rate:.0f}/s, {self.engine} "
            f"engine), {counted(self.duplicate_groups, 'group')} of near-duplicates",
            *(_line(stream) for stream in self.streams[:_PRINTED]),
        ]
        more = len(self.streams) - _PRINTED
        return "\n".join([*lines, *([f"and {more} more in {CURATION_FILE}"] if more > 0 else [])])


def _line(stream: StreamResult) -> str:
    if stream.counts is None:
        return f"{stream.name}: failed: {'; '.join(error.message for error in stream.errors)}"
    found = [f"{number} {flag.replace('_', ' ')}" for flag, number in stream.counts.flags.items()]
    idle = f", idle for {stream.counts.idle_s:.1f} s" if stream.counts.idle_intervals else ""
    return f"{stream.name}: {counted(stream.counts.frames, 'frame')}: {', '.join(found) or 'nothing found'}{idle}"


def write_curation(summary: CurationSummary, out: Path) -> None:
    """Write ``curation.json``, indented: people open it.

    Raises:
        OutputError: no space or no permission.
    """
    atomic_write_bytes(out / CURATION_FILE, summary.model_dump_json(indent=2).encode())
