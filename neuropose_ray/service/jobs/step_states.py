"""The states of a job's steps: told in memory at once, and written down at each change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from neuropose_ray.schemas.job_names import JobState, StepKind, StepState
from neuropose_ray.schemas.jobs import JobError, JobStep


class StepStates:
    """The steps of one execution of a job.

    Args:
        kinds: of all steps, in their order.
        write: keeps them for the time after this process.
    """

    def __init__(self, kinds: Sequence[StepKind], write: Callable[[tuple[JobStep, ...]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._steps = tuple(JobStep(kind=kind) for kind in kinds)

    @property
    def now(self) -> tuple[JobStep, ...]:
        """The steps as they are."""
        return self._steps

    def enter(self, number: int, known: Sequence[JobStep]) -> None:
        """A step begins: those before it are done, those behind it wait.

        Args:
            number: its place among the job's, from 0.
            known: what was written last, maybe by an earlier process; nothing of other steps than the job's.
        """
        before = [
            step.model_copy(update={"state": "completed"})
            for step in (known if len(known) == len(self._steps) else self._steps)[:number]
        ]
        entered = JobStep(kind=self._steps[number].kind, state="running", attempts=1, started_at=datetime.now(UTC))
        behind = [JobStep(kind=step.kind) for step in self._steps[number + 1 :]]
        self._replace((*before, entered, *behind))

    def note_failure(self, number: int, error: JobError) -> None:
        """A try of the step failed, and another one follows."""
        self._change(number, state="retrying", last_error=error)

    def try_again(self, number: int) -> None:
        """The next try of the step begins."""
        self._change(number, state="running", attempts=self._steps[number].attempts + 1)

    def leave(self, number: int, state: StepState, error: JobError | None = None) -> None:
        """The step has ended.

        Args:
            number: its place among the job's, from 0.
            state: how.
            error: of one that failed.
        """
        failed = {} if error is None else {"last_error": error}
        self._change(number, state=state, ended_at=datetime.now(UTC), **failed)

    def _change(self, number: int, **changes: Any) -> None:
        steps = list(self._steps)
        steps[number] = steps[number].model_copy(update=changes)
        self._replace(tuple(steps))

    def _replace(self, steps: tuple[JobStep, ...]) -> None:
        with self._lock:
            self._steps = steps
        self._write(steps)


def read_steps(kinds: Sequence[StepKind], written: object) -> tuple[JobStep, ...]:
    """The steps that an execution has written down; all waiting where there are none, or not of this job's steps."""
    try:
        steps = tuple(map(JobStep.model_validate, written)) if isinstance(written, list) else ()
    except ValidationError:  # of another version of this program
        steps = ()
    if tuple(step.kind for step in steps) == tuple(kinds):
        return steps
    return tuple(JobStep(kind=kind) for kind in kinds)


def steps_of_job(steps: Sequence[JobStep], state: JobState, failed: StepKind | None) -> tuple[JobStep, ...]:
    """The steps of a job as its state allows them to be.

    Args:
        steps: as they were told or written last, maybe by a process that died.
        state: of the job.
        failed: the step to which a failed job's error belongs, where it is known.
    """
    if state == "running":
        return tuple(steps)
    if state == "completed":
        return tuple(step.model_copy(update={"state": "completed"}) for step in steps)
    if state == "queued":
        return tuple(step if step.state == "completed" else JobStep(kind=step.kind) for step in steps)
    # It ended in the step that was at work, or else in the one that its error names, or before its next one.
    at = next((number for number, step in enumerate(steps) if step.state in ("running", "retrying", "failed")), None)
    if at is None and failed is not None:
        at = next((number for number, step in enumerate(steps) if step.kind == failed), None)
    ended: StepState = "failed" if state == "failed" else "cancelled"
    return tuple(_ended_step(step, number, at, ended) for number, step in enumerate(steps))


def _ended_step(step: JobStep, number: int, at: int | None, ended: StepState) -> JobStep:
    if number == at:
        return step.model_copy(update={"state": ended})
    before = step.state == "completed" or (at is not None and number < at)
    return step.model_copy(update={"state": "completed" if before else "skipped"})
