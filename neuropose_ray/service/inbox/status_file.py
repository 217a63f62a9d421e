"""``out/status.json``: what became of each folder, in NeuroPose's fields, for its tools and for people.

A snapshot: nothing is decided by it, so that a damaged one costs nothing but its history.
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel, Utf8Str
from neuropose_ray.schemas.jobs import Job
from neuropose_ray.service.inbox.drops import DropRecord, Outcome

logger = logging.getLogger(__name__)

_Count = Annotated[int, Field(ge=0)]


class StatusEntry(FrozenModel):
    """One folder. A queued job is ``processing`` at 0 percent: NeuroPose knows no queue."""

    status: Literal["processing", "completed", "failed"]
    started_at: datetime
    completed_at: datetime | None = None
    results_path: Utf8Str | None = None
    error: Utf8Str | None = Field(
        default=None, description="of a completed job the videos without a result, of one that waits for what"
    )
    current_video: Utf8Str | None = None
    frames_processed: _Count | None = None
    frames_total: _Count | None = None
    videos_completed: _Count | None = None
    videos_total: _Count | None = None
    percent_complete: Annotated[float, Field(ge=0, le=100)] | None = None
    last_update: datetime | None = None

    @classmethod
    def waiting(cls, drop: DropRecord) -> StatusEntry:
        """A folder that was taken, and of whose job nothing is known yet."""
        return cls(
            status="processing",
            started_at=drop.request.submitted_at,
            videos_completed=0,
            videos_total=len(drop.videos),
            percent_complete=0.0,
        )

    @classmethod
    def unfinished(cls, since: datetime, what: str) -> StatusEntry:
        """A folder or video that is not taken yet, for it is not whole."""
        return cls(status="processing", started_at=since, error=f"waits for {what}", percent_complete=0.0)

    @classmethod
    def processing(cls, drop: DropRecord, job: Job) -> StatusEntry:
        """A folder whose job waits or runs."""
        return cls(
            status="processing",
            started_at=job.started_at or job.submitted_at,
            current_video=drop.original(job.progress.input),
            frames_processed=job.progress.frames_done,
            frames_total=job.progress.frames_total,
            videos_completed=job.progress.inputs_done,
            videos_total=len(drop.videos),
            percent_complete=job.progress.percent,
            last_update=job.progress.updated_at,
        )

    @classmethod
    def completed(cls, drop: DropRecord, outcome: Outcome) -> StatusEntry:
        """A folder whose results are there."""
        return cls(
            status="completed",
            started_at=outcome.started_at,
            completed_at=outcome.completed_at,
            results_path=outcome.results,
            error=outcome.warning,
            videos_completed=len(drop.videos),
            videos_total=len(drop.videos),
            percent_complete=100.0,
            last_update=outcome.completed_at,
        )

    @classmethod
    def failed(cls, started_at: datetime, ended_at: datetime, error: str) -> StatusEntry:
        """A folder that was moved to ``failed``."""
        return cls(status="failed", started_at=started_at, completed_at=ended_at, error=error)


_ENTRIES = TypeAdapter(dict[str, StatusEntry])


def load_status(path: Path) -> dict[str, StatusEntry]:
    """The entries of a status file, also of NeuroPose's own.

    Raises:
        InputNotFoundError: there is none.
        FileFormatError: it is damaged.
    """
    try:
        return _ENTRIES.validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no status file", where=str(path)) from error
    except (OSError, ValidationError) as error:
        raise FileFormatError("not a status file", where=str(path)) from error


class StatusFile:
    """Keeps the file as the entries are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, StatusEntry] = {}
        self._written: bytes | None = None

    def load(self) -> dict[str, StatusEntry]:
        """Begin with what an earlier process has written."""
        try:
            self._entries = load_status(self._path)
        except InputNotFoundError:
            pass
        except FileFormatError as error:
            logger.warning("%s; it is written anew", error)
        return dict(self._entries)

    def has_completed(self, folder: str) -> bool:
        """Whether a folder's results are there."""
        entry = self._entries.get(folder)
        return entry is not None and entry.status == "completed"

    def set(self, folder: str, entry: StatusEntry | None) -> None:
        """Say something else of a folder; None: nothing any more."""
        if entry is None:
            self._entries.pop(folder, None)
        else:
            self._entries[folder] = entry

    def write(self) -> None:
        """Replace the file where something has changed.

        Raises:
            OutputError: the file system refuses.
        """
        content = _ENTRIES.dump_json(self._entries, indent=2)
        if content != self._written:
            atomic_write_bytes(self._path, content)
            self._written = content
