"""What an archive will become in the inbox: one job for each video, all of it decided before anything is written."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import ArchiveEmptyError, ArchiveTooLargeError, JobCollisionError
from neuropose_ray.service.inbox.archives import Member, Source
from neuropose_ray.service.inbox.names import file_name, is_video_file, job_name
from neuropose_ray.service.settings import ArchiveSettings

_RESOURCE_FORKS = "__MACOSX"


@dataclass(frozen=True, slots=True)
class PlannedJob:
    """A folder of the inbox with one video."""

    name: str
    file: str
    member: Member


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """All jobs of an archive, and what is left out since it is no video."""

    jobs: tuple[PlannedJob, ...]
    skipped: tuple[str, ...]

    @property
    def total_bytes(self) -> int:
        """The size of all videos together, in bytes, as the archive declares them."""
        return sum(job.member.size for job in self.jobs)


def plan_ingest(source: Source, where: Path, limits: ArchiveSettings, inbox: Path, *, force: bool) -> IngestPlan:
    """Go through an archive once.

    Args:
        source: the opened archive or folder.
        where: its path, for errors.
        limits: on bytes; members are counted while they are listed.
        inbox: where jobs of the same name may lie.
        force: let new jobs take the place of those.

    Raises:
        ArchiveInvalidError: damaged or hostile.
        ArchiveTooLargeError: the videos together are declared larger than the limit.
        ArchiveEmptyError: there is no video.
        JobCollisionError: two videos give one name, or the inbox has jobs of these names; all are listed.
    """
    jobs: list[PlannedJob] = []
    skipped: list[str] = []
    total = 0
    for member in source.members():
        path = "/".join(member.parts)
        hidden = any(part.startswith(".") or part == _RESOURCE_FORKS for part in member.parts)
        if hidden or not is_video_file(member.parts[-1]):
            skipped.append(path)
            continue
        total += member.size
        if total > limits.max_uncompressed_bytes:
            raise ArchiveTooLargeError(
                f"its videos are larger than {limits.max_uncompressed_bytes} bytes", where=str(where), hint="split it"
            )
        jobs.append(PlannedJob(job_name(member.parts), file_name(member.parts[-1]), member))
    if not jobs:
        raise ArchiveEmptyError(
            f"no video files in it ({len(skipped)} other files)", where=str(where), hint="give one with videos"
        )
    _refuse_twins(jobs, where)
    if not force:
        _refuse_present(jobs, where, inbox)
    return IngestPlan(tuple(jobs), tuple(skipped))


def _refuse_twins(jobs: list[PlannedJob], where: Path) -> None:
    counts = Counter(_folded(job.name) for job in jobs)
    twins = tuple(job.name for job in jobs if counts[_folded(job.name)] > 1)
    if twins:
        raise JobCollisionError(
            f"several videos give the same job: {', '.join(twins)}",
            where=str(where),
            hint="rename them",
            collisions=twins,
        )


def _refuse_present(jobs: list[PlannedJob], where: Path, inbox: Path) -> None:
    present = {_folded(path.name) for path in inbox.iterdir()} if inbox.is_dir() else set()
    taken = tuple(job.name for job in jobs if _folded(job.name) in present)
    if taken:
        raise JobCollisionError(
            f"already exist in the inbox: {', '.join(taken)}",
            where=str(where),
            hint="--force puts the new ones in their place",
            collisions=taken,
        )


def _folded(name: str) -> str:
    """What file systems may take for one name: without upper and lower case, its letters composed."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
