"""Rows of jobs as they are made of what DBOS keeps of a workflow."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from neuropose_ray.schemas.jobs import JobError, JobInput, JobProgress, JobRequest
from neuropose_ray.service.jobs.failures import StepFailedError
from neuropose_ray.service.jobs.job_rows import job_row, time_of

SUBMITTED = datetime(2026, 1, 1, 12, tzinfo=UTC)
REQUEST = JobRequest(
    id="1" * 32, workflow="standard", inputs=(JobInput(name="walk.mp4"),), source="http", submitted_at=SUBMITTED
)


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def status(name: str = "SUCCESS", **changes: object) -> SimpleNamespace:
    """What DBOS 3 gives of a workflow, as far as rows need it."""
    fields = {
        "status": name, "input": {"args": [REQUEST.model_dump(mode="json")]}, "output": None, "error": None,
        "attributes": None, "recovery_attempts": 1, "created_at": milliseconds(SUBMITTED), "completed_at": None,
    }  # fmt: skip
    return SimpleNamespace(**(fields | changes))


@pytest.mark.parametrize(
    ("name", "state"),
    [("ENQUEUED", "queued"), ("DELAYED", "queued"), ("PENDING", "running"), ("SUCCESS", "completed"),
     ("ERROR", "failed"), ("MAX_RECOVERY_ATTEMPTS_EXCEEDED", "failed"), ("CANCELLED", "cancelled")],
)  # fmt: skip
def test_every_state_of_a_workflow_is_one_of_a_job(name: str, state: str):
    row = job_row(status(name))
    assert (row.state, row.request) == (state, REQUEST)
    assert (row.error is None) == (state != "failed")


def test_starts_of_all_processes_and_of_earlier_tries_count():
    assert job_row(status(recovery_attempts=3, attributes={"starts_before": 4})).starts == 7
    assert job_row(status(recovery_attempts=None)).starts == 0


def test_the_error_of_a_step_is_the_jobs():
    error = JobError(code="video_unreadable", message="is broken", step="pose", input="walk.mp4")
    assert job_row(status("ERROR", error=StepFailedError(error))).error == error


def test_an_error_that_nobody_foresaw_is_told_without_its_text():
    error = job_row(status("ERROR", error=RuntimeError("password"))).error
    assert error.code == "internal"
    assert "password" not in error.message


def test_a_job_that_killed_the_service_too_often_says_so():
    error = job_row(status("MAX_RECOVERY_ATTEMPTS_EXCEEDED", recovery_attempts=21)).error
    assert (error.code, "20 times" in error.message) == ("service_died", True)


def test_warnings_are_those_of_a_completed_job_alone():
    warning = JobError(code="nobody_found", message="nobody is seen", step="analyze", input="walk.mp4")
    output = [warning.model_dump(mode="json")]
    assert job_row(status(output=output)).warnings == (warning,)
    assert job_row(status("CANCELLED", output=output)).warnings == ()


def test_a_job_ends_at_no_time_before_its_last_sign_of_life():
    seconds = SUBMITTED + timedelta(seconds=1)
    progress = JobProgress(updated_at=seconds + timedelta(milliseconds=300))
    row = job_row(
        status(completed_at=milliseconds(seconds), attributes={"progress": progress.model_dump(mode="json")})
    )
    assert row.ended_at == progress.updated_at
    assert job_row(status(completed_at=milliseconds(seconds))).ended_at == seconds
    assert job_row(status("PENDING")).ended_at is None


def test_later_jobs_come_before_earlier_ones_and_those_of_one_moment_in_an_order():
    later = status(created_at=milliseconds(SUBMITTED) + 1)
    twin = status(input={"args": [REQUEST.model_copy(update={"id": "2" * 32}).model_dump(mode="json")]})
    cursors = [job_row(row).cursor for row in (later, status(), twin)]
    assert cursors == sorted(cursors)
    assert len(set(cursors)) == 3


def test_times_are_milliseconds_since_1970():
    assert time_of(None) is None
    assert time_of(1500) == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
