"""Who holds an output folder, and whether the process that says so is still there."""

from __future__ import annotations

import getpass
import json
import os
import socket
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pydantic import Field

from neuropose_ray.schemas.immutable import FrozenModel


class LeaseRecord(FrozenModel):
    """Who holds a folder; times are of the holder's clock and for people to read."""

    host: str
    machine: str = Field(description="identifies the system whose process numbers mean something here")
    pid: int
    process_started_s: float = Field(description="tells the process from a later one of the same number")
    user: str
    started_at: datetime
    beat_at: datetime
    beats: int = 0
    released: bool = Field(default=False, description="the run ended by itself")

    @property
    def holder(self) -> str:
        """Who it is, for people."""
        return f"{self.user} on {self.host}, process {self.pid}, since {self.started_at:%Y-%m-%d %H:%M:%S} UTC"


def own_record() -> LeaseRecord:
    """What this process says of itself when it takes a folder."""
    import psutil

    now, process = datetime.now(UTC), psutil.Process()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user number without a name
        user = f"user {os.getuid()}"
    return LeaseRecord(
        host=socket.gethostname(),
        machine=_this_machine(),
        pid=process.pid,
        process_started_s=process.create_time(),
        user=user,
        started_at=now,
        beat_at=now,
    )


def process_is_gone(record: LeaseRecord) -> bool:
    """Whether the process that wrote a record ran on this machine and does so no more."""
    import psutil

    if record.machine != _this_machine():
        return False
    try:
        process = psutil.Process(record.pid)
        # The start of a process is known to about a second: it is counted from the machine's start.
        same = abs(process.create_time() - record.process_started_s) < 5
        return not same or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False


@cache
def _this_machine() -> str:
    """What identifies this system since its start, and this container's own numbering of processes."""
    import psutil

    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    parts = [socket.gethostname()]
    parts.append(boot.read_text().strip() if boot.exists() else str(round(psutil.boot_time())))
    if namespace.is_symlink():
        parts.append(str(namespace.readlink()))
    return json.dumps(parts)
