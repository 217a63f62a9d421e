"""How far a job is: told in memory at every sign of progress, written down now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from neuropose_ray.schemas.job_names import StepKind
from neuropose_ray.schemas.jobs import JobProgress

#: What a step takes of a job's time, relative to the others; roughly so with BlazePose on CPUs.
WEIGHTS: Mapping[StepKind, float] = MappingProxyType({
    "pose": 14.0, "analyze": 1.0, "overlay": 4.0, "report": 1.0, "export": 1.0, "text": 1.0, "curate": 1.0,
    "compare": 1.0, "annotate": 1.0,
})  # fmt: skip
#: Seconds between two writes to the database: a person looks no oftener, and a disk does not notice.
WRITE_EVERY_S = 2.0
#: Only a completed job is at 100.
ALMOST = 99.9
#: Of a step that must be done before its own pace counts: the look at the inputs before the poses is a part of it.
_PACE_FRACTION = 0.1


class ProgressTracker:
    """The progress of one execution of a job.

    Args:
        steps: all of the job, in their order.
        write: keeps it for the time after this process.
    """

    def __init__(self, steps: Sequence[StepKind], write: Callable[[JobProgress], None]) -> None:
        self._steps, self._write = tuple(steps), write
        self._step = 0
        self._pace = _Pace()
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
        self._pace.enter(step, time.monotonic())
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
        self._pace.wait(time.monotonic(), is_over=what is None)
        with self._lock:
            changes = {"waits_for": what, "eta": None, "updated_at": datetime.now(UTC)}
            self._now = self._now.model_copy(update=changes)

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
            now, left_s = datetime.now(UTC), self._pace.seconds_left(self._weights(), fraction, time.monotonic())
            self._now = JobProgress(
                percent=round(percent, 1),
                stage=self._steps[self._step],
                input=video,
                inputs_done=inputs_done,
                frames_done=frames_done,
                frames_total=frames_total,
                eta=None if left_s is None else now + timedelta(seconds=round(left_s, 1)),
                updated_at=now,
            )
            due = at_once or time.monotonic() - self._written_s >= WRITE_EVERY_S
            if due:
                self._written_s = time.monotonic()
        if due:
            self._write(self._now)

    def _weights(self) -> list[float]:
        return [WEIGHTS[step] for step in self._steps]

    def _percent(self, fraction: float) -> float:
        weights = self._weights()
        done = sum(weights[: self._step]) + weights[self._step] * min(1.0, max(0.0, fraction))
        return 100.0 * done / sum(weights)


class _Pace:
    """How fast an execution of a job does its steps; the time in which the job waits does not count."""

    def __init__(self) -> None:
        self._first = self._step = 0
        self._began_s: float | None = None
        self._entered_s = self._waited_s = 0.0
        self._waits_since_s: float | None = None

    def enter(self, step: int, now_s: float) -> None:
        if self._began_s is None:
            self._first, self._began_s = step, self._worked_s(now_s)
        self._step, self._entered_s = step, self._worked_s(now_s)

    def wait(self, now_s: float, *, is_over: bool) -> None:
        if self._waits_since_s is not None:
            self._waited_s += now_s - self._waits_since_s
        self._waits_since_s = None if is_over else now_s

    def seconds_left(self, weights: Sequence[float], fraction: float, now_s: float) -> float | None:
        if self._began_s is None:
            return None
        return seconds_left(
            weights,
            self._step,
            fraction,
            in_step_s=self._worked_s(now_s) - self._entered_s,
            before_s=self._entered_s - self._began_s,
            first=self._first,
        )

    def _worked_s(self, now_s: float) -> float:
        waiting_s = 0.0 if self._waits_since_s is None else now_s - self._waits_since_s
        return now_s - self._waited_s - waiting_s


def seconds_left(
    weights: Sequence[float], step: int, fraction: float, *, in_step_s: float, before_s: float, first: int = 0
) -> float | None:
    """How long a job still takes: the rest of its step at the step's pace, the others at the mean pace so far.

    Args:
        weights: what each step takes of a job's time, relative to the others.
        step: the place of the one that is at work.
        fraction: of it that is done, 0 to 1.
        in_step_s: seconds since it began.
        before_s: seconds that the steps from ``first`` to it took.
        first: the place of the first step that was timed.

    Returns:
        Seconds; None before that can be said.
    """
    timed = sum(weights[first:step])
    if fraction >= _PACE_FRACTION:
        whole_s = in_step_s / min(1.0, fraction)
        pace = (before_s + whole_s) / (timed + weights[step])
    elif timed:
        pace = before_s / timed
        whole_s = pace * weights[step]
    else:
        return None
    return max(0.0, whole_s - in_step_s) + pace * sum(weights[step + 1 :])
