"""What this process may use of the machine: a container's limits count, not the hardware's."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Per version of control groups: its directory, the files of limit and usage, the reclaimable bytes in memory.stat.
#: https://docs.kernel.org/admin-guide/cgroup-v2.html and https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
_MEMORY_FILES = {
    "": ("memory.max", "memory.current", "inactive_file"),
    "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes that this process may use, and how many of them are free."""

    limit_bytes: int
    available_bytes: int


@dataclass(frozen=True, slots=True)
class ControlGroups:
    """Where Linux says which limits a process is under; on other systems neither path exists."""

    own: Path = Path("/proc/self/cgroup")
    root: Path = Path("/sys/fs/cgroup")

    def directories(self, controller: str) -> Iterator[Path]:
        """The group of this process and its ancestors, up to the root: the tightest limit among them holds.

        Args:
            controller: ``""`` for version 2, else a controller of version 1.
        """
        for line in self.own.read_text("utf-8").splitlines() if self.own.exists() else ():
            _, controllers, path = line.split(":", 2)
            if controller in controllers.split(","):
                top = self.root / controller
                group = top / path.lstrip("/")
                yield from (group, *(parent for parent in group.parents if parent.is_relative_to(top)))


def usable_memory(total_bytes: int, available_bytes: int, groups: ControlGroups) -> Memory:
    """The machine's memory, or a container's part of it."""
    memory = Memory(total_bytes, available_bytes)
    for controller, (limit_file, usage_file, reclaimable) in _MEMORY_FILES.items():
        for group in groups.directories(controller):
            limit = _number(group / limit_file)
            if limit is not None and limit < total_bytes:
                # The page cache counts as used, but the kernel gives it back when asked.
                used = (_number(group / usage_file) or 0) - _statistic(group / "memory.stat", reclaimable)
                free = max(limit - max(used, 0), 0)
                memory = Memory(min(memory.limit_bytes, limit), min(memory.available_bytes, free))
    return memory


def usable_cpus(allowed: int, groups: ControlGroups) -> int:
    """The cores that this process may run on, or the share of them that its container is given; at least 1."""
    cpus = float(allowed)
    for group in groups.directories(""):
        words = _text(group / "cpu.max").split()
        if len(words) == 2 and words[0] != "max":
            cpus = min(cpus, int(words[0]) / int(words[1]))
    for group in groups.directories("cpu"):
        quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        if quota is not None and period is not None and quota > 0:
            cpus = min(cpus, quota / period)
    return max(int(cpus), 1)


def allowed_cpus() -> int:
    """The cores that the scheduler may run this process on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_shared_memory(folder: Path = Path("/dev/shm")) -> int | None:
    """Free bytes of shared memory, None on a system that has no such file system."""
    return shutil.disk_usage(folder).free if folder.is_dir() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:
        return ""


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.lstrip("-").isdigit() else None


def _statistic(path: Path, key: str) -> int:
    fields = (line.split() for line in _text(path).splitlines())
    return next((int(words[1]) for words in fields if len(words) == 2 and words[0] == key), 0)
