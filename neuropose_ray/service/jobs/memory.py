"""Whether there is memory for another step of a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neuropose_ray import machine


def available_memory() -> int:
    """Free bytes of this machine, or of the container's part of it."""
    import psutil

    system = psutil.virtual_memory()
    return machine.usable_memory(system.total, system.available, machine.ControlGroups()).available_bytes


@dataclass(frozen=True, slots=True)
class MemoryBound:
    """How much memory is to be free before a step begins.

    Attributes:
        least_bytes: that are kept.
        available: free bytes now.
    """

    least_bytes: int
    available: Callable[[], int] = available_memory

    def shortage(self) -> str | None:
        """What a step has to wait for, in words; None where there is enough."""
        if not self.least_bytes or (free := self.available()) >= self.least_bytes:
            return None
        return f"memory: {free // 10**6} MB are free, {self.least_bytes // 10**6} MB are kept"
