"""Jobs that must end in time: they fail with one line, whether they wait or run, and what runs of them stops."""

import json
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.job_manager import Gate, request_for

from neuropose_ray.errors import JobStateError
from neuropose_ray.schemas.jobs import JobInput, JobProgress, JobRequest
from neuropose_ray.service.jobs.deadlines import JobDeadlines, deadline_error
from neuropose_ray.service.jobs.job_rows import JobRow

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def left(manager, job_id: str) -> None:
    until = time.monotonic() + 10
    while manager.manager._executor.running(job_id) is not None:
        assert time.monotonic() < until, "its step goes on"
        time.sleep(0.01)


def test_a_running_job_fails_at_its_deadline_and_its_step_stops(start, data: Path, video: Path):
    manager = start({"engines": Gate()})
    request = request_for(data, video, workflow="two", deadline_s=0.3)
    shown = manager("submit", request)
    assert shown.deadline == shown.submitted_at + timedelta(seconds=0.3)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code) == ("failed", "deadline")
    assert job.error.message.startswith("it did not end within 0.3 s")
    assert [step.state for step in job.steps][1:] == ["skipped"]
    left(manager, request.id)
    assert manager("status").errors == 1
    assert [each.id for each in manager("jobs", state="failed").jobs] == [request.id]
    assert not manager("jobs", state="cancelled").jobs
    assert any("failed: deadline" in line for line in manager("log", request.id))
    with pytest.raises(JobStateError):
        manager("cancel", request.id)


@pytest.mark.slow
def test_a_job_fails_that_waits_beyond_its_deadline_also_in_a_paused_service(start, data: Path, video: Path):
    manager = start()
    manager("control", "pause")
    request = request_for(data, video, workflow="two", deadline_s=0.2)
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, job.started_at) == ("failed", "deadline", None)
    assert job.error.message == "it did not end within 0.2 s; it had not begun"
    assert [step.state for step in job.steps] == ["skipped", "skipped"]
    manager("control", "resume")
    time.sleep(1.5)
    assert manager("job", request.id).state == "failed", "it is not taken from the queue any more"


@pytest.mark.slow
def test_a_deadline_is_kept_over_a_restart(start, data: Path, video: Path):
    manager = start()
    manager("control", "pause")
    request = request_for(data, video, workflow="poses", deadline_s=1.0)
    manager("submit", request)
    manager = start()
    assert manager.ended(request.id)[0].error.code == "deadline"


@pytest.mark.slow
def test_a_job_that_ends_in_time_has_completed_and_one_that_is_tried_again_has_its_time_anew(
    start, data: Path, video: Path
):
    gate = Gate()
    manager = start({"engines": gate})
    request = request_for(data, video, workflow="poses", deadline_s=60.0)
    manager("submit", request)
    manager.when(request.id, lambda job: job.state == "running")
    service = manager.manager._service
    service._durable.note(request.id, deadline_from=(datetime.now(UTC) - timedelta(minutes=2)).isoformat())
    service.deadlines.expect(service._row(request.id))
    (late,) = manager.ended(request.id)
    assert late.error.code == "deadline"
    gate.open.set()
    again = manager("retry", request.id)
    assert again.deadline > late.deadline
    (job,) = manager.ended(request.id)
    assert (job.state, job.error) == ("completed", None)
    service.deadlines.fail_overdue(service.fail, datetime.now(UTC) + timedelta(hours=1))
    assert manager("job", request.id).state == "completed"


@pytest.mark.slow
def test_a_database_of_an_earlier_version_still_opens(start, data: Path, video: Path):
    """Its requests know no deadlines, no batches and no comparisons, and nothing was noted of steps."""
    manager = start()
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    manager.ended(request.id)
    manager.close()
    with closing(sqlite3.connect(data / "service.sqlite")) as database, database:
        ((inputs,),) = database.execute("SELECT inputs FROM workflow_input WHERE workflow_uuid = ?", [request.id])
        older = json.loads(inputs)
        for name in ("batch", "deadline_s"):
            del older["positionalArgs"][0][name]
        del older["positionalArgs"][0]["options"]["compare_with"]
        database.execute("UPDATE workflow_input SET inputs = ?", [json.dumps(older)])
        ((noted,),) = database.execute("SELECT attributes FROM workflow_status WHERE workflow_uuid = ?", [request.id])
        kept = {name: value for name, value in json.loads(noted).items() if name != "steps"}
        database.execute("UPDATE workflow_status SET attributes = ?", [json.dumps(kept)])
    manager = start()
    job = manager("job", request.id)
    assert (job.state, job.batch, job.deadline) == ("completed", None, None)
    assert [(step.kind, step.state) for step in job.steps] == [("pose", "completed"), ("export", "completed")]
    assert manager("retry", request.id, "export").state in ("queued", "running", "completed")
    assert manager.ended(request.id)[0].state == "completed"


def row(number: int, deadline_s: float | None) -> JobRow:
    request = JobRequest(
        id=f"{number:032x}", inputs=(JobInput(name="walk.mp4"),), submitted_at=NOW, deadline_s=deadline_s
    )
    return JobRow(request, ("pose",), "running", 1, 0, None, None, None, (), {})


def test_each_job_is_named_from_its_deadline_on_until_it_is_forgotten():
    deadlines = JobDeadlines(None)
    for number, deadline_s in enumerate((None, 10.0, 20.0, 1000.0)):
        deadlines.expect(row(number, deadline_s))
    ids = [f"{number:032x}" for number in range(4)]
    assert deadlines.due(NOW + timedelta(seconds=9)) == ()
    assert deadlines.due(NOW + timedelta(seconds=30)) == (ids[1], ids[2])
    later = NOW + timedelta(seconds=30)
    for job_id in (ids[0], ids[1], ids[3]):
        deadlines.forget(job_id, later)
    assert deadlines.due(later) == (ids[2],)
    assert deadlines.due(NOW + timedelta(hours=1)) == (ids[2], ids[3]), "it was queued again, and has its time anew"


def test_what_has_ended_is_not_failed_and_named_no_more():
    deadlines, asked = JobDeadlines(None), []
    for number in (1, 2):
        deadlines.expect(row(number, 10.0))

    def fail(job_id, error_of):
        asked.append(job_id)
        return job_id.endswith("2")

    assert deadlines.fail_overdue(fail, NOW + timedelta(minutes=1)) == (f"{2:032x}",)
    assert deadlines.fail_overdue(fail, NOW + timedelta(minutes=2)) == ()
    assert len(asked) == 2


def test_a_job_that_cannot_be_failed_yet_keeps_no_other_waiting_and_is_tried_again():
    deadlines = JobDeadlines(None)
    ids = [f"{number:032x}" for number in range(3)]
    for number in range(3):
        deadlines.expect(row(number, 10.0))
    late, broken = NOW + timedelta(minutes=1), {ids[0]}

    def fail(job_id, error_of):
        if job_id in broken:
            raise ConnectionError("the database is away")
        return True

    assert deadlines.fail_overdue(fail, late) == (ids[1], ids[2])
    assert deadlines.due(late) == (ids[0],)
    broken.clear()
    assert deadlines.fail_overdue(fail, late) == (ids[0],)
    assert deadlines.due(late) == ()


def test_the_error_says_how_far_the_job_was():
    progress = JobProgress(percent=41.4, stage="pose", input="walk.mp4")
    error = deadline_error(row(1, 90.0), progress)
    assert (error.code, error.step, error.input) == ("deadline", "pose", "walk.mp4")
    assert error.message == "it did not end within 90 s; it was at 41 %"
