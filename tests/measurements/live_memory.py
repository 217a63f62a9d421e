"""The memory of the processes of a service over time, and how fast that of each one grows."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
from support.serving import title

TITLE_LETTERS = 60


@dataclass(frozen=True)
class MemorySample:
    """What one process held at one time.

    Attributes:
        minute: since the first sample.
        pid: of the process.
        title: what it called itself then.
        resident_mb: its resident memory, MB.
        shared_mb: what of that is shared with others, or is a file's: Ray's object store and libraries, MB.
    """

    minute: float
    pid: int
    title: str
    resident_mb: float
    shared_mb: float


@dataclass(frozen=True)
class MemorySlope:
    """How fast one process grows.

    Attributes:
        pid: of the process.
        title: what it called itself last.
        resident: growth of its resident memory, MB per 10 minutes.
        own: growth of what of that is not shared, MB per 10 minutes.
        last_mb: its resident memory at the end, MB.
    """

    pid: int
    title: str
    resident: float
    own: float
    last_mb: float


def samples_now(processes: Iterable[psutil.Process], minute: float) -> list[MemorySample]:
    """A sample of each process that is still there."""
    found = []
    for process in processes:
        try:
            memory = process.memory_info()
        except psutil.Error:
            continue
        resident, shared = memory.rss / 1e6, memory.shared / 1e6
        found.append(MemorySample(minute, process.pid, title(process)[:TITLE_LETTERS], resident, shared))
    return found


def append_samples(path: Path, samples: Iterable[MemorySample]) -> None:
    """Add samples to a file, one JSON object a line."""
    with path.open("a") as file:
        file.writelines(json.dumps(asdict(sample)) + "\n" for sample in samples)


def slopes(samples: Sequence[MemorySample], from_minute: float) -> list[MemorySlope]:
    """The growth of all processes that lived from a minute to the last sample, by least squares, fastest first."""
    last = max(sample.minute for sample in samples)
    of_process: dict[int, list[MemorySample]] = {}
    for sample in samples:
        if sample.minute >= from_minute:
            of_process.setdefault(sample.pid, []).append(sample)
    first = min(sample.minute for sample in samples if sample.minute >= from_minute)
    whole = [each for each in of_process.values() if each[0].minute == first < last == each[-1].minute]
    return sorted(map(_slope, whole), key=lambda slope: -slope.resident)


def _slope(samples: Sequence[MemorySample]) -> MemorySlope:
    minutes = [sample.minute for sample in samples]
    resident = 10 * np.polyfit(minutes, [sample.resident_mb for sample in samples], 1)[0]
    own = 10 * np.polyfit(minutes, [sample.resident_mb - sample.shared_mb for sample in samples], 1)[0]
    return MemorySlope(samples[-1].pid, samples[-1].title, float(resident), float(own), samples[-1].resident_mb)
