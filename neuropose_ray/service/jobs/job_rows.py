"""What the database of jobs knows of one of them, made of its workflow's row in DBOS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import ServiceDiedError
from neuropose_ray.schemas.job_names import JobState, StepKind
from neuropose_ray.schemas.jobs import JobError, JobProgress, JobRequest, JobStep
from neuropose_ray.service.jobs.failures import INTERNAL
from neuropose_ray.service.jobs.step_states import read_steps

if TYPE_CHECKING:
    from dbos import WorkflowStatus

#: State of a workflow of DBOS -> state of its job.
JOB_STATES: Mapping[str, JobState] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "completed",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
#: State of a workflow -> the states that its job may be in: a job is stopped at its deadline as if it was cancelled.
_STATE_MEANINGS: Mapping[str, frozenset[JobState]] = {
    name: frozenset({state, "failed"} if name == "CANCELLED" else {state}) for name, state in JOB_STATES.items()
}
#: Kept beside a job of whose end somebody is to be told. A job that is tried again ends again: ends are numbered.
AWAITED_WEBHOOK: Mapping[str, Any] = {"webhook": {"state": "awaiting", "number": 1}}
#: The attribute that has the error of a job which was stopped at its deadline.
PAST_DEADLINE = "past_deadline"
#: The attribute that says since when the deadline of a job counts which was queued again.
DEADLINE_FROM = "deadline_from"


@dataclass(frozen=True, slots=True)
class JobRow:
    """What the database knows of a job."""

    request: JobRequest
    steps: tuple[StepKind, ...]
    state: JobState
    starts: int
    created_ms: int
    started_at: datetime | None
    ended_at: datetime | None
    error: JobError | None
    warnings: tuple[JobError, ...]
    attributes: Mapping[str, Any]

    @property
    def deadline(self) -> datetime | None:
        """When the job fails where it has not ended by then; None for never."""
        if self.request.deadline_s is None:
            return None
        since = self.attributes.get(DEADLINE_FROM)
        begin = self.request.submitted_at if since is None else datetime.fromisoformat(since)
        return begin + timedelta(seconds=self.request.deadline_s)

    @property
    def cursor(self) -> tuple[int, int, str]:
        """Its own in the order of all jobs, newest first."""
        return -self.created_ms, -round(self.request.submitted_at.timestamp() * 1e6), self.request.id


def job_row(status: WorkflowStatus) -> JobRow:
    """The row of a job, of its workflow's."""
    attributes = status.attributes or {}
    assert status.input is not None
    given, *workflow = status.input["args"]
    request, state = JobRequest.model_validate(given), state_of(status)
    started = attributes.get("started_at")
    return JobRow(
        request=request,
        steps=tuple(step["kind"] for recorded in workflow for step in recorded["steps"]),
        state=state,
        starts=(status.recovery_attempts or 0) + int(attributes.get("starts_before", 0)),
        created_ms=status.created_at or 0,
        started_at=None if started is None else datetime.fromisoformat(started),
        ended_at=None if status.completed_at is None else _ended(status.completed_at, request, attributes),
        error=_error(status) if state == "failed" else None,
        warnings=tuple(map(JobError.model_validate, status.output or ())) if state == "completed" else (),
        attributes=attributes,
    )


def statuses_of(states: Collection[JobState]) -> list[str]:
    """The states of workflows whose jobs may be in one of these."""
    return [name for name, meanings in _STATE_MEANINGS.items() if not meanings.isdisjoint(states)]


def state_of(status: WorkflowStatus) -> JobState:
    """The state of the job whose workflow it is; its attributes must have been loaded."""
    if status.status == "CANCELLED" and (status.attributes or {}).get(PAST_DEADLINE):
        return "failed"
    return JOB_STATES[status.status]


def _error(status: WorkflowStatus) -> JobError:
    if status.status == "CANCELLED":
        return JobError.model_validate((status.attributes or {})[PAST_DEADLINE])
    if status.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        deaths = (status.recovery_attempts or 1) - 1
        return JobError(
            code=ServiceDiedError.code, message=f"the service died or ended {deaths} times while it did this job"
        )
    data = getattr(status.error, "data", None)
    if isinstance(data, dict):
        return JobError.model_validate(data)
    return JobError(code=INTERNAL, message="an unforeseen error; the service's log says more")


def _ended(completed_ms: int, request: JobRequest, attributes: Mapping[str, Any]) -> datetime:
    """When a job ended. SQLite's clock may know whole seconds alone: not before its last sign of life."""
    progress = JobProgress.model_validate(attributes.get("progress") or {})
    times = (time_of(completed_ms), request.submitted_at, progress.updated_at)
    return max(time for time in times if time is not None)


def time_of(milliseconds: int | None) -> datetime | None:
    """The time so long after 1970, in UTC; None for none."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


def steps_before(row: JobRow, first: int) -> list[dict[str, Any]]:
    """What is to be written of the steps of a job that is done again from a step on.

    Args:
        row: of the job.
        first: the place of that step.
    """
    done = read_steps(row.steps, row.attributes.get("steps"))[:first]
    steps = (*done, *(JobStep(kind=kind) for kind in row.steps[first:]))
    return [step.model_dump(mode="json") for step in steps]


def first_attributes(request: JobRequest) -> dict[str, Any] | None:
    """What is kept beside a job from its beginning."""
    webhook = {} if request.webhook is None else dict(AWAITED_WEBHOOK)
    return webhook | ({} if request.batch is None else _batch_attributes(request)) or None


def _batch_attributes(request: JobRequest) -> dict[str, Any]:
    """What batches are listed by without reading the requests of their jobs."""
    return {"batch": request.batch, "owner": request.owner, "submitted_at": request.submitted_at.isoformat()}
