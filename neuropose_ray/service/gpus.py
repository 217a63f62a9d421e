"""The memory of this machine's GPUs, as NVIDIA's driver has it."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable

from neuropose_ray.schemas.service_status import GpuMemory

_QUERY = ["nvidia-smi", "--query-gpu=name,memory.used,memory.total", "--format=csv,noheader,nounits"]
_PATIENCE_S = 5.0
_MIB = 1 << 20


def query() -> str:
    """What the driver's program says, a line for each GPU; nothing without a driver that answers."""
    if shutil.which(_QUERY[0]) is None:
        return ""
    try:
        done = subprocess.run(_QUERY, capture_output=True, text=True, timeout=_PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


class GpuWatch:
    """Asks the driver, at most once in some seconds: it takes up to a second.

    Args:
        ask: gives the driver's lines.
        keep_s: for which an answer counts.
    """

    def __init__(self, ask: Callable[[], str] = query, keep_s: float = 5.0) -> None:
        self._ask, self._keep_s = ask, keep_s
        self._lock = threading.Lock()
        self._known: tuple[float, tuple[GpuMemory, ...]] | None = None

    def now(self) -> tuple[GpuMemory, ...]:
        """The GPUs and their memory; those that do not say how much they have are left out."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > self._keep_s:
                self._known = time.monotonic(), parsed(self._ask())
            return self._known[1]


def parsed(text: str) -> tuple[GpuMemory, ...]:
    """The GPUs in the driver's lines: name, MiB in use, MiB in all."""
    gpus = []
    for line in text.splitlines():
        name, *numbers = (word.strip() for word in line.rsplit(",", 2))
        if len(numbers) == 2 and all(number.isdecimal() for number in numbers):
            used, total = (int(number) * _MIB for number in numbers)
            gpus.append(GpuMemory(name=name, used_bytes=used, total_bytes=total))
    return tuple(gpus)
