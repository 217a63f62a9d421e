"""How far a job is: told in memory at every sign of progress, written down now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobProgress

#: What a step takes of a job's time, relative to the others; roughly so with BlazePose on CPUs.
WEIGHTS: Mapping[StepKind, float] = MappingProxyType(
    {"pose": 14.0, "analyze": 1.0, "overlay": 4.0, "report": 1.0, "export": 1.0, "text": 1.0, "curate": 1.0}
)
#: Seconds between two writes to the database: a person looks no oftener, and a disk does not notice.
WRITE_EVERY_S = 2.0
#: Only a completed job is at 100.
ALMOST = 99.9


class ProgressTracker:
    """The progress of one execution of a job.

    Args:
        steps: all of the job, in their order.
        write: keeps it for the time after this process.
    """

    def __init__(self, steps: Sequence[StepKind], write: Callable[[JobProgress], None]) -> None:
        self._steps, self._write = tuple(steps), write
        self._step = 0
        self._written_s = 0.0
        self._lock = threading.Lock()
        self._now = JobProgress()

    @property
    def now(self) -> JobProgress:
        """The last that was told."""
        return self._now

    def enter(self, step: int, floor: JobProgress) -> None:
        """A step begins; this is always written.

        Args:
            step: its place among the job's.
            floor: what was written last, maybe by an earlier process; the percentage never goes below.
        """
        self._step = step
        with self._lock:
            self._now = self._now.model_copy(update={"percent": max(self._now.percent, floor.percent)})
        self._tell(0.0, None, 0, None, at_once=True)

    def at(self, fraction: float, video: str | None, inputs_done: int, frames: tuple[int, int] | None = None) -> None:
        """So much of the step is done.

        Args:
            fraction: of the step's work, 0 to 1.
            video: which input it is at.
            inputs_done: how many inputs are through this step.
            frames: how many frames the pose model has seen, of how many; None for what was told last.
        """
        self._tell(fraction, video, inputs_done, frames, at_once=False)

    def wait_for(self, what: str | None) -> None:
        """Note what the job waits for before it can go on; None when it goes on."""
        with self._lock:
            self._now = self._now.model_copy(update={"waits_for": what, "updated_at": datetime.now(UTC)})

    def write(self) -> None:
        """Keep what was told last."""
        self._write(self._now)

    def _tell(
        self,
        fraction: float,
        video: str | None,
        inputs_done: int,
        frames: tuple[int, int] | None,
        *,
        at_once: bool,
    ) -> None:
        with self._lock:
            frames_done, frames_total = frames or (self._now.frames_done, self._now.frames_total)
            percent = max(self._now.percent, min(ALMOST, self._percent(fraction)))
            self._now = JobProgress(
                percent=round(percent, 1),
                stage=self._steps[self._step],
                input=video,
                inputs_done=inputs_done,
                frames_done=frames_done,
                frames_total=frames_total,
                updated_at=datetime.now(UTC),
            )
            due = at_once or time.monotonic() - self._written_s >= WRITE_EVERY_S
            if due:
                self._written_s = time.monotonic()
        if due:
            self._write(self._now)

    def _percent(self, fraction: float) -> float:
        weights = [WEIGHTS[step] for step in self._steps]
        done = sum(weights[: self._step]) + weights[self._step] * min(1.0, max(0.0, fraction))
        return 100.0 * done / sum(weights)
