"""``job.log``: what happened to a job, a line each, for whoever looks after the service."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


def append_line(path: Path, text: str) -> None:
    """Add a line with the time. A log that cannot be written stops no job: the disk may be full."""
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
