"""``job.log``: what happened to a job, a line each, for whoever looks after the service."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

logger = logging.getLogger(__name__)


def append_line(path: Path, text: str, level: int = logging.INFO) -> None:
    """Add a line with the time, here and to the service's log. One that cannot be written stops no job.

    Args:
        path: of the log, in the job's folder.
        text: what happened.
        level: of the line in the service's log.
    """
    logger.log(level, "%s", " ".join(text.split()), extra={"job": path.parent.name})
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{now} {' '.join(text.split())}\n")
    except OSError:
        return


def read_lines(path: Path) -> tuple[str, ...]:
    """All lines, oldest first; none where nothing was written."""
    try:
        return tuple(path.read_text("utf-8", "replace").splitlines())
    except OSError:
        return ()
