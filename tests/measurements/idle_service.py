"""What `neuropose-ray serve` takes while it has nothing to do: ``python tests/measurements/idle_service.py``.

For each of its processes the share of a core over a minute, and its memory, in which what several processes share is
divided between them (proportional set size). Linux alone.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.serving import Serving, title


def cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def measure(serving: Serving, seconds: float) -> list[tuple[float, float, str]]:
    """Percent of a core, MiB and title of each process, the busiest first."""
    before = {process: cpu_s(process) for process in serving.family()}
    begin = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - begin
    rows = []
    for process, used in before.items():
        if process.is_running():
            percent = 100 * (cpu_s(process) - used) / passed
            rows.append((percent, process.memory_full_info().pss / 2**20, title(process)[:80]))
    return sorted(rows, reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settle", type=float, default=60.0, help="seconds from its start")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        serving = Serving(Path(folder))
        try:
            serving.start()
            time.sleep(arguments.settle)
            rows = measure(serving, arguments.seconds)
        finally:
            serving.end()
    for percent, mib, name in rows:
        print(f"{percent:6.2f} % {mib:7.0f} MiB  {name}")
    print(f"{sum(row[0] for row in rows):6.2f} % {sum(row[1] for row in rows):7.0f} MiB  of {len(rows)} processes")


if __name__ == "__main__":
    main()
