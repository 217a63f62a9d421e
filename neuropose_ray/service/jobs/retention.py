"""Which ended jobs are too old, or beyond the room that is granted."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


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
        keep_bytes: of all that are kept together, the newest first; None without limit.
    """
    left, removed = keep_bytes, []
    for job in sorted(ended, key=lambda job: job.ended_at, reverse=True):
        too_old = keep_days is not None and now - job.ended_at > timedelta(days=keep_days)
        if left is not None:
            left -= job.size_bytes
        if too_old or (left is not None and left < 0):
            removed.append(job.id)
    return removed[::-1]


def folder_bytes(folder: Path) -> int:
    """The sizes of all files below a folder together; 0 where there is none."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118  a Path each costs more
            except OSError:
                continue
    return total
