"""Which ended jobs are too old, or beyond the room that is granted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.settings import JobSettings


@dataclass(frozen=True, slots=True)
class EndedJob:
    """A job that may be removed."""

    id: str
    ended_at: datetime
    size_bytes: int


def outdated(
    ended: Iterable[EndedJob], now: datetime, *, keep_days: float | None, keep_bytes: int | None
) -> list[str]:
    """The jobs to remove, oldest first.

    Args:
        ended: all ended jobs.
        now: the time.
        keep_days: since their end; None for ever.
        keep_bytes: of all that are kept together, the newest first, below 0 none; None without limit.
    """
    left, removed = keep_bytes, []
    for job in sorted(ended, key=lambda job: job.ended_at, reverse=True):
        too_old = keep_days is not None and now - job.ended_at > timedelta(days=keep_days)
        if left is not None:
            left -= job.size_bytes
        if too_old or (left is not None and left < 0):
            removed.append(job.id)
    return removed[::-1]


@dataclass(frozen=True, slots=True)
class FolderContent:
    """The files below a folder.

    Attributes:
        files: device and inode of each: two links to the same bytes are one file.
        size_bytes: of all of them together.
    """

    files: frozenset[tuple[int, int]] = frozenset()
    size_bytes: int = 0


def content_of(folder: Path, *, without: FolderContent | None = None) -> FolderContent:
    """The files below a folder; none where there is no such folder.

    Args:
        folder: to look below.
        without: the files of another folder, which would stay if this one were removed.
    """
    elsewhere = frozenset() if without is None else without.files
    sizes: dict[tuple[int, int], int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                state = os.lstat(os.path.join(parent, name))  # noqa: PTH118  a Path each costs more
            except OSError:
                continue
            if (state.st_dev, state.st_ino) not in elsewhere:
                sizes[state.st_dev, state.st_ino] = state.st_size
    return FolderContent(frozenset(sizes), sum(sizes.values()))


class Retention:
    """Which jobs of a service are not kept any longer, by its settings.

    Args:
        data: where jobs, and the results of the inbox, lie.
        settings: for how long and how much of them is kept.
        rows: gives all jobs.
    """

    def __init__(self, data: DataFolder, settings: JobSettings, rows: Callable[[], Iterable[JobRow]]) -> None:
        self._data, self._settings, self._rows = data, settings, rows

    def outdated(self, now: datetime) -> list[str]:
        """The ended jobs to remove, oldest first: what is in ``out`` counts, and stays."""
        keep_days, keep_bytes = self._settings.keep_days, self._settings.keep_bytes
        if keep_days is None and keep_bytes is None:
            return []
        if keep_bytes is None:
            return outdated(self._ended(None), now, keep_days=keep_days, keep_bytes=None)
        delivered = content_of(self._data.outbox)
        left = keep_bytes - delivered.size_bytes
        return outdated(self._ended(delivered), now, keep_days=keep_days, keep_bytes=left)

    def _ended(self, delivered: FolderContent | None) -> Iterator[EndedJob]:
        """All ended jobs; what each would free is measured where it matters."""
        for row in self._rows():
            if row.state in ENDED and row.ended_at is not None:
                folder = self._data.job(row.request.id).root
                size = 0 if delivered is None else content_of(folder, without=delivered).size_bytes
                yield EndedJob(row.request.id, row.ended_at, size)
