"""``summary.json``: every input of a run, exactly once, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass

from neuropose_ray import __version__
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics
from neuropose_ray.pipeline.chunks.commit import ErrorRecord, error_record
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.result_files import SUMMARY_FILE
from neuropose_ray.words import counted


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class VideoResult:
    """One input: ``completed``, ``partial`` (some frames are missing) or ``failed`` (there is no result).

    A run ends with one for each of its inputs in memory, and a model would take five times as much of it.
    """

    input: str
    name: str
    state: Literal["completed", "partial", "failed"]
    frames: int = 0
    tracks: int = 0
    computed: bool = True
    notes: tuple[str, ...] = ()
    errors: tuple[ErrorRecord, ...] = ()

    @classmethod
    def from_json(cls, text: str) -> VideoResult:
        """What :meth:`to_json` gave.

        Raises:
            pydantic.ValidationError: something else.
        """
        return _RESULT.validate_json(text)

    def to_json(self) -> str:
        """The video's result in one line."""
        return _RESULT.dump_json(self).decode()

    @classmethod
    def of(cls, name: str, path: str, metrics: VideoMetrics, *, computed: bool) -> VideoResult:
        """A video that has files; ``computed`` is false where an earlier run made them."""
        return cls(
            input=path,
            name=name,
            state="partial" if metrics.errors else "completed",
            frames=metrics.frames,
            tracks=metrics.tracks,
            computed=computed,
            notes=metrics.notes,
            errors=metrics.errors,
        )

    @classmethod
    def failure(cls, name: str, path: str, errors: Sequence[ErrorRecord | BaseException]) -> VideoResult:
        """A video without a result."""
        records = tuple(error if isinstance(error, ErrorRecord) else error_record(error) for error in errors)
        return cls(input=path, name=name, state="failed", errors=records)


_RESULT = TypeAdapter(VideoResult)
#: Inputs without a whole result that a printed summary names.
_PRINTED_VIDEOS = 10


class RunSummary(FrozenModel):
    """One batch execution over many videos."""

    version: str = __version__
    model: str
    model_sha256: str
    engine: str
    started_at: datetime
    seconds: float
    frames_computed: int
    rate: float | None = Field(
        default=None, description="frames of a second that were analysed, at most; null where it was all of them"
    )
    videos: tuple[VideoResult, ...]
    not_videos: tuple[str, ...]
    notes: tuple[str, ...] = ()
    earlier_videos: tuple[VideoResult, ...] = Field(
        default=(), description="with results in the same folder, but no inputs of this execution"
    )

    def count(self, state: str) -> int:
        """Videos in a state."""
        return sum(video.state == state for video in self.videos)

    @property
    def all_well(self) -> bool:
        """Whether every input has a whole result."""
        return all(video.state == "completed" for video in self.videos)

    def totals(self) -> list[str]:
        """The run in two lines: videos by their state, and frames with the rate."""
        counts = ", ".join(f"{self.count(state)} {state}" for state in ("completed", "partial", "failed"))
        rate = self.frames_computed / max(self.seconds, 1e-9)
        analysed = "" if self.rate is None else f", at most {self.rate:g} a second analysed"
        return [
            f"{counted(len(self.videos), 'video')}: {counts}",
            f"{counted(self.frames_computed, 'frame')} computed in {self.seconds:.1f} s "
            f"({rate:.0f}/s, {self.engine} engine){analysed}",
        ]

    def __str__(self) -> str:
        """Return :meth:`totals`, and the first inputs without a whole result, each with its error."""
        troubled = [video for video in self.videos if video.state != "completed"]
        errors = [
            f"{video.state}: {video.name}: {'; '.join(error.message for error in video.errors)}"
            for video in troubled[:_PRINTED_VIDEOS]
        ]
        more = len(troubled) - len(errors)
        return "\n".join([*self.totals(), *errors, *([f"and {more} more in {SUMMARY_FILE}"] if more else [])])

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Yield what a run was, without its videos, of which there may be a hundred thousand."""
        yield from ((name, getattr(self, name)) for name in ("model", "engine", "seconds", "frames_computed"))
        yield "videos", len(self.videos)


def write_summary(summary: RunSummary, out: Path) -> None:
    """Write ``summary.json``, indented: people open it.

    Raises:
        OutputError: no space or no permission.
    """
    atomic_write_bytes(out / SUMMARY_FILE, summary.model_dump_json(indent=2).encode())


def now() -> datetime:
    """The present time in UTC, ISO 8601."""
    return datetime.now(UTC)
