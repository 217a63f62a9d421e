"""Where the service keeps what, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import OutputError


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
    def record(self) -> Path:
        """What the running service says of itself: address, process, start."""
        return self.root / "service.json"

    def job(self, job_id: str) -> JobFolder:
        """The folder of a job."""
        return JobFolder(self.jobs / job_id)

    def create(self) -> None:
        """Make what is missing, for this user's eyes alone: videos of patients lie here.

        Raises:
            OutputError: no permission, no space, or a file is in the way.
        """
        for folder in (self.root, self.inbox, self.outbox, self.failed, self.jobs, self.incoming):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise OutputError(
                    error.strerror or str(error), where=str(folder), hint="choose another data_dir"
                ) from error


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
