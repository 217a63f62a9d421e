"""What the job manager tells Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from neuropose_ray.schemas.job_names import JobState, StepKind
from neuropose_ray.schemas.metric import Metric

JOBS = Metric("neuropose_jobs", "gauge", "Jobs by state; queued is the depth of the queue.", ("state",))
QUEUE_AGE = Metric("neuropose_job_queue_age_seconds", "gauge", "Seconds for which the oldest queued job has waited.")
STEPS = Metric("neuropose_job_steps", "counter", "Steps of jobs that ended, by outcome.", ("step", "outcome"))
STEP_SECONDS = Metric("neuropose_job_step_seconds", "counter", "Seconds that steps of jobs took.", ("step",))
RETRIES = Metric("neuropose_job_retries", "counter", "Tries of steps beyond the first.", ("step",))
JOB_METRICS = (JOBS, QUEUE_AGE, STEPS, STEP_SECONDS, RETRIES)


class JobMeter(Protocol):
    """The protocol of what counts jobs and steps."""

    def jobs(self, counts: Mapping[JobState, int], oldest_s: float) -> None:
        """So many are in each state, and for so long the oldest has waited."""
        ...

    def step(self, kind: StepKind, outcome: str, seconds: float) -> None:
        """Count a step that ended, with its duration."""
        ...

    def retry(self, kind: StepKind) -> None:
        """A step is tried again."""
        ...


class RayJobMeter:
    """Counts through Ray; made once in a process."""

    def __init__(self) -> None:
        from ray.util.metrics import Counter, Gauge

        self._jobs, self._age = (Gauge(metric.name, metric.description, metric.tags) for metric in (JOBS, QUEUE_AGE))
        self._steps, self._seconds, self._retries = (
            Counter(metric.name, metric.description, metric.tags) for metric in (STEPS, STEP_SECONDS, RETRIES)
        )

    def jobs(self, counts: Mapping[JobState, int], oldest_s: float) -> None:
        """So many are in each state, and for so long the oldest has waited."""
        for state, count in counts.items():
            self._jobs.set(count, tags={"state": state})
        self._age.set(oldest_s)

    def step(self, kind: StepKind, outcome: str, seconds: float) -> None:
        """Count a step that ended, with its duration."""
        self._steps.inc(1, tags={"step": kind, "outcome": outcome})
        self._seconds.inc(max(seconds, 1e-6), tags={"step": kind})

    def retry(self, kind: StepKind) -> None:
        """A step is tried again."""
        self._retries.inc(1, tags={"step": kind})
