"""Which folders of the inbox have become which jobs, in files that a killed process leaves right.

A folder is taken in two steps: a token with the new job's id is written into it, then the ledger notes the drop with
its whole request; only then is the job submitted. A token whose id is not in the ledger means nothing: the folder is
taken under a new id, and under the old one nothing was ever submitted. What is in the ledger is submitted, again and
again under its one id, until the job has ended. So a drop is one job, whenever the process dies.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import Field, ValidationError

from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.jobs import JobId, JobRequest

logger = logging.getLogger(__name__)

#: In a taken folder; who removes it has the folder taken again.
TOKEN_FILE = ".neuropose-ray-job"


class DroppedVideo(FrozenModel):
    """A video of a folder, or a picture of a frame folder, as it was when the folder was taken."""

    file: str = Field(description="its name in the folder")
    input: str = Field(description="its name in the job; of a picture FOLDER/PICTURE")
    size_bytes: int
    modified_ns: int


class Outcome(FrozenModel):
    """How the job of a drop ended, its results delivered."""

    started_at: datetime
    completed_at: datetime
    results: str
    warning: str | None = None


class DropRecord(FrozenModel):
    """One folder, dropped once; kept as long as its job has not ended, or its folder lies in the inbox."""

    folder: str
    request: JobRequest
    videos: tuple[DroppedVideo, ...]
    outcome: Outcome | None = None

    @property
    def id(self) -> JobId:
        """The identifier of the job."""
        return self.request.id

    def covers(self, videos: tuple[DroppedVideo, ...]) -> bool:
        """Whether the folder has no video now that is new or changed; those that were removed since do not count."""
        known = {(video.file, video.size_bytes, video.modified_ns) for video in self.videos}
        return all((video.file, video.size_bytes, video.modified_ns) in known for video in videos)

    def original(self, name: str | None) -> str | None:
        """The file of an input."""
        return next((video.file for video in self.videos if video.input == name), name)


class DropStore:
    """All drops, each in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def is_new(self) -> bool:
        """Whether this data folder has never had a ledger."""
        return not self._folder.exists()

    def create(self) -> None:
        """Make its folder, and remove what a killed process has not finished."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in self._folder.glob(".*.tmp"):
            path.unlink(missing_ok=True)

    def drops(self) -> Iterator[DropRecord]:
        """All that can be read."""
        for path in sorted(self._folder.glob("*.json")):
            try:
                yield DropRecord.model_validate_json(path.read_bytes())
            except (OSError, ValidationError) as error:
                logger.warning("%s is passed over: %s", path, error)

    def put(self, drop: DropRecord) -> None:
        """Note a drop, or what has become of it.

        Raises:
            OutputError: the file system refuses.
        """
        atomic_write_bytes(self._path(drop.id), drop.model_dump_json(by_alias=True).encode())

    def remove(self, job_id: str) -> None:
        """Remove a drop from the store."""
        self._path(job_id).unlink(missing_ok=True)

    def _path(self, job_id: str) -> Path:
        return self._folder / f"{job_id}.json"


def token_of(folder: Path) -> str | None:
    """The job id in a folder's token, None where there is none."""
    try:
        return (folder / TOKEN_FILE).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None


def is_token(name: str) -> bool:
    """Whether a file's name is the token's, or that of one which a killed process has not finished."""
    return name == TOKEN_FILE or (name.startswith(f".{TOKEN_FILE}.") and name.endswith(".tmp"))


def write_token(folder: Path, job_id: str) -> None:
    """Mark a folder as taken.

    Raises:
        OutputError: the file system refuses.
    """
    remove_token(folder)
    atomic_write_bytes(folder / TOKEN_FILE, f"{job_id}\n".encode())


def remove_token(folder: Path) -> None:
    """Let a folder be as it was dropped."""
    with suppress(OSError):
        for path in folder.iterdir():
            if is_token(path.name):
                path.unlink()
