"""Jobs as people read them: what is known, what went wrong, and what to do next."""

from datetime import UTC, datetime, timedelta

import pytest

from neuropose_ray.cli.job_text import SHORT_ID, exit_code, job_lines, print_job, print_jobs
from neuropose_ray.schemas.jobs import Artifact, Job, JobError, JobProgress, JobStep, WebhookStatus

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(state: str = "completed", **changes: object) -> Job:
    fields = {
        "id": "1c9f04ab" + "0" * 24, "state": state, "workflow": "standard", "inputs": ("walk.mp4",), "priority": 5,
        "labels": {}, "source": "http", "attempts": 1, "progress": JobProgress(percent=100), "submitted_at": NOW,
        "started_at": NOW, "ended_at": NOW + timedelta(minutes=2),
    }  # fmt: skip
    return Job(**(fields | changes))


@pytest.mark.parametrize(
    ("state", "code"), [("queued", 0), ("running", 0), ("completed", 0), ("failed", 1), ("cancelled", 1)]
)
def test_scripts_learn_of_a_failure_by_the_exit_code(state: str, code: int):
    assert exit_code(job(state)) == code


def test_a_running_job_says_how_far_it_is_and_what_it_waits_for():
    progress = JobProgress(percent=41.6, stage="pose", waits_for="the pose model")
    lines = job_lines(job("running", progress=progress, ended_at=None))
    assert lines[0].endswith(": running (pose), 42 %")
    assert "waits for the pose model" in lines


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ({"state": "awaiting"}, "webhook to https://lab.example: awaiting"),
        (
            {"state": "pending", "attempts": 3, "last_error": "the receiver answers 503"},
            "webhook to https://lab.example: pending after 3 attempts: the receiver answers 503",
        ),
        ({"state": "delivered", "attempts": 1, "status": 204}, "webhook to https://lab.example: delivered"),
    ],
)
def test_a_job_with_a_webhook_says_how_far_that_is(status: dict[str, object], line: str):
    assert line in job_lines(job(webhook=WebhookStatus(receiver="https://lab.example", **status)))


def test_a_failed_job_says_why_and_how_it_is_tried_again():
    error = JobError(code="video_unreadable", message="walk.mp4 is broken")
    text = "\n".join(job_lines(job("failed", error=error, attempts=3)))
    assert "error: video_unreadable: walk.mp4 is broken" in text
    assert "jobs logs 1c9f04ab` says more; `... retry` queues it again" in text
    assert "started 3 times" in text


def test_a_failed_job_of_the_inbox_is_tried_again_by_its_folder():
    error = JobError(code="video_unreadable", message="is broken")
    text = "\n".join(job_lines(job("failed", error=error, source="inbox", folder="trial")))
    assert "trial is done again when it is moved from failed/ back to in/" in text
    assert "retry" not in text


def test_a_completed_job_lists_its_files_and_what_has_no_result():
    artifacts = (Artifact(path="walk/report.html", size_bytes=2_500_000),)
    warnings = (JobError(code="nobody", message="nobody is seen", input="empty.mp4"),)
    lines = job_lines(job(artifacts=artifacts, warnings=warnings, labels={"patient": "p07", "arm": "left"}))
    assert lines[-2:] == ["no result: empty.mp4: nobody is seen", "walk/report.html (2.5 MB)"]
    assert "labels: arm=left, patient=p07" in lines


def test_as_json_it_is_the_record(capsys: pytest.CaptureFixture[str]):
    print_job(job(), as_json=True)
    assert Job.model_validate_json(capsys.readouterr().out) == job()


def test_a_table_has_a_row_for_each_job_with_an_id_that_can_be_typed(capsys: pytest.CaptureFixture[str]):
    several = job("queued", id="2" * 32, inputs=("a.mp4", "b.mp4", "c.mp4"), started_at=None, ended_at=None)
    print_jobs([job(), several])
    _, first, second = (line.rstrip() for line in capsys.readouterr().out.rstrip().splitlines()[-3:])
    assert first.startswith("1c9f04ab"[:SHORT_ID] + " ")
    assert "walk.mp4" in first
    assert second.startswith("2" * SHORT_ID + " ")


def test_a_running_job_says_its_steps_when_it_ends_and_why_it_is_tried_again():
    error = JobError(code="engine", message="a worker was lost", step="analyze")
    steps = (
        JobStep(kind="pose", state="completed", attempts=2),
        JobStep(kind="analyze", state="retrying", attempts=2, last_error=error),
        JobStep(kind="report"),
    )
    progress = JobProgress(percent=80, eta=datetime.now(UTC) + timedelta(minutes=5, seconds=30))
    deadline = NOW + timedelta(hours=1)
    lines = job_lines(
        job(
            "running",
            steps=steps,
            progress=progress,
            last_error=error,
            batch="b" * 32,
            deadline=deadline,
            ended_at=None,
        )
    )
    assert "steps: pose completed, analyze retrying (try 2), report waiting" in lines
    assert "is tried again after engine: a worker was lost" in lines
    assert f"of batch {'b' * 32}" in lines
    assert any(line.startswith("ends in about 5 min") for line in lines)
    assert any(f"deadline {deadline.astimezone():%Y-%m-%d}" in line for line in lines)
    assert not any("deadline" in line for line in job_lines(job(deadline=deadline))), "it has ended"
