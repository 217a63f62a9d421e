"""How long steps of jobs take, since this process began."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from neuropose_ray.schemas.job_names import JobState, StepKind
from neuropose_ray.schemas.service_status import SlowestStep
from neuropose_ray.service.jobs.metrics import JobMeter


class StepTimes:
    """Keeps the times of steps, and passes everything on.

    Args:
        meter: counts too; None for nobody.
    """

    def __init__(self, meter: JobMeter | None = None) -> None:
        self._meter = meter
        self._lock = threading.Lock()
        self._seconds: dict[StepKind, list[float]] = {}

    def jobs(self, counts: Mapping[JobState, int], oldest_s: float) -> None:
        """So many are in each state, and for so long the oldest has waited."""
        if self._meter is not None:
            self._meter.jobs(counts, oldest_s)

    def step(self, kind: StepKind, outcome: str, seconds: float) -> None:
        """Count a step that ended, with its duration; one that was left is not whole."""
        if outcome != "left":
            with self._lock:
                count, total, longest = self._seconds.get(kind, [0.0, 0.0, 0.0])
                self._seconds[kind] = [count + 1, total + seconds, max(longest, seconds)]
        if self._meter is not None:
            self._meter.step(kind, outcome, seconds)

    def retry(self, kind: StepKind) -> None:
        """A step is tried again."""
        if self._meter is not None:
            self._meter.retry(kind)

    def slowest(self) -> SlowestStep | None:
        """The kind of step that takes longest on average; None before one has ended."""
        with self._lock:
            known = [
                SlowestStep(kind=kind, ended=int(count), mean_s=total / count, longest_s=longest)
                for kind, (count, total, longest) in self._seconds.items()
            ]
        return max(known, key=lambda step: step.mean_s, default=None)
