"""Where the service keeps what, in one folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import DiskFullError, OutputError
from neuropose_ray.schemas.atomic import is_disk_full

#: In the folder of an upload: locked (flock) by the process that receives it, as long as that lives.
UPLOAD_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder of one service; ``in``, ``out`` and ``failed`` are the inbox."""

    root: Path

    @property
    def inbox(self) -> Path:
        """Folders dropped here become jobs."""
        return self.root / "in"

    @property
    def outbox(self) -> Path:
        """Results of the inbox, and its ``status.json``."""
        return self.root / "out"

    @property
    def failed(self) -> Path:
        """Folders whose job failed."""
        return self.root / "failed"

    @property
    def jobs(self) -> Path:
        """A folder for each job."""
        return self.root / "jobs"

    @property
    def incoming(self) -> Path:
        """Uploads that are not whole yet; abandoned ones are removed. On the same disk: they are renamed."""
        return self.root / "incoming"

    @property
    def database(self) -> Path:
        """The queue, where it is not in PostgreSQL."""
        return self.root / "service.sqlite"

    @property
    def mode(self) -> Path:
        """Whether jobs are paused or drained; outlives the process."""
        return self.root / "mode.json"

    @property
    def drops(self) -> Path:
        """Which folders of the inbox have become which jobs."""
        return self.root / "drops"

    @property
    def status_file(self) -> Path:
        """What became of the inbox's folders."""
        return self.outbox / "status.json"

    @property
    def lock(self) -> Path:
        """Held (flock) by the one service of this folder."""
        return self.root / ".neuropose.lock"

    @property
    def tokens(self) -> Path:
        """Who may use the service; changed while it runs."""
        return self.root / "tokens.json"

    @property
    def audit(self) -> Path:
        """Who did what, a line of JSON each."""
        return self.root / "audit.jsonl"

    @property
    def refusals(self) -> Path:
        """Who was refused what, a line of JSON each; what a client repeats is counted."""
        return self.root / "refusals.jsonl"

    @property
    def ray_token(self) -> Path:
        """The token that the service's own Ray asks for; who can read it can run code as the service's user."""
        return self.root / "ray_token"

    @property
    def live(self) -> Path:
        """Live streams: their registry, accepted decisions, and what rules keep in files."""
        return self.root / "live"

    @property
    def logs(self) -> Path:
        """What the parts of the service log, a file for each process."""
        return self.root / "logs"

    @property
    def record(self) -> Path:
        """What the running service says of itself: address, process, start."""
        return self.root / "service.json"

    def job(self, job_id: str) -> JobFolder:
        """The folder of a job."""
        return JobFolder(self.jobs / job_id)

    def create(self) -> None:
        """Make what is missing, for this user's eyes alone: videos of patients lie here.

        A folder that is there and empty is made private too. One that a service has used keeps its permissions, and
        so do the inbox's folders, which a lab may share; what is secret in it is private whatever they are.

        Raises:
            OutputError: no permission, no space, or a file is in the way.
        """
        with _refusals_named(self.root):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(self.root.iterdir()):
                self.root.chmod(0o700)
        for folder in (self.inbox, self.outbox, self.failed):
            with _refusals_named(folder):
                folder.mkdir(mode=0o700, exist_ok=True)
        for folder in (self.jobs, self.incoming, self.live):
            with _refusals_named(folder):
                folder.mkdir(mode=0o700, exist_ok=True)
                _make_private(folder, 0o700)

    def create_database(self) -> None:
        """Make the file of the queue's database: SQLite gives the files beside it the same permissions.

        Raises:
            OutputError: no permission, no space, or a folder is in the way.
        """
        with _refusals_named(self.database):
            os.close(os.open(self.database, os.O_RDWR | os.O_CREAT, 0o600))
            for file in self.root.glob(f"{self.database.name}*"):
                _make_private(file, 0o600)


def _make_private(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(mode)


@contextmanager
def _refusals_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = DiskFullError if is_disk_full(error) else OutputError
        raise kind(error.strerror or str(error), where=str(path), hint="choose another data_dir") from error


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder of one job."""

    root: Path

    @property
    def uploads(self) -> Path:
        """Its uploaded inputs; kept until the job is removed."""
        return self.root / "uploads"

    @property
    def fetched(self) -> Path:
        """Copies of inputs that URLs name."""
        return self.root / "fetched"

    @property
    def frames(self) -> Path:
        """The pictures of inputs that are archives, each in a folder of the archive's name."""
        return self.root / "frames"

    @property
    def results(self) -> Path:
        """The output folder of its run: ``<name>/predictions.parquet`` and the rest, and ``summary.json``."""
        return self.root / "results"

    @property
    def calibration(self) -> Path:
        """The calibration of its camera, where it was submitted with one."""
        return self.root / "calibration.toml"

    @property
    def log(self) -> Path:
        """What happened to it, a line each."""
        return self.root / "job.log"
