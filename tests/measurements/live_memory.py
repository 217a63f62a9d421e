"""How fast the memory of each process of the service grows while it watches one live stream.

It needs no quiet machine: ``python tests/measurements/live_memory.py --minutes 60 --samples memory.jsonl``.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from measurements.live import FIRST_S, VIDEO, Client, LiveServing, measure, report
from support.rtsp.camera import RtspCamera
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


async def watch(service: LiveServing, *, minutes: int, samples: Path) -> None:
    """How fast the processes of the service grow with one stream and one client, after a quarter of the time."""
    received = 0
    with RtspCamera(size=(640, 360), fps=10, video=VIDEO) as camera:
        # Registered, so that all parts of the service are there.
        spec = {"url": camera.url, "source": {"fps": 5}}
        service.asked("PUT", "/v1/streams/hour", json=spec).raise_for_status()
        client = Client(service.live_url, {"stream": "hour"})

        async def receive() -> None:
            nonlocal received
            async for _ in client.poses():
                received += 1

        receiving = asyncio.create_task(receive())
        async with asyncio.timeout(FIRST_S):
            while not received:
                await asyncio.sleep(0.1)
        begin, seen = time.monotonic(), []
        for taken in range(minutes + 1):
            await asyncio.sleep(begin + 60 * taken - time.monotonic())
            seen += samples_now(service.family(), (time.monotonic() - begin) / 60)
            append_samples(samples, [each for each in seen if each.minute == seen[-1].minute])
        receiving.cancel()
        with suppress(asyncio.CancelledError):
            await receiving
    report("one stream at 5/s: poses a second", received / (60 * minutes), "about 5")
    report("one stream at 5/s: connections of the client", len(client.connections), "1")
    for slope in slopes(seen, minutes / 4):
        name = f"{slope.title[:34]} {slope.pid}, {slope.last_mb:.0f} MB: MB in 10 min"
        report(name, slope.resident, f"<= 1 (own: {slope.own:.3f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--samples", type=Path, default=Path("memory.jsonl"), help="the file they are added to")
    given = parser.parse_args()
    measure([partial(watch, minutes=given.minutes, samples=given.samples)])


if __name__ == "__main__":
    main()
