"""A batch as text."""

from datetime import UTC, datetime

from neuropose_ray.cli.batch_text import batch_counts, batch_exit_code, batch_lines
from neuropose_ray.schemas.batches import Batch, BatchFailure
from neuropose_ray.schemas.jobs import JobError

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def batch(**changes) -> Batch:
    fields = {"id": "b" * 32, "state": "running", "counts": {"queued": 2, "running": 1}, "percent": 12.5}
    return Batch(**(fields | {"submitted_at": NOW} | changes))


def test_a_batch_that_goes_on_is_its_numbers():
    first, second, third = batch_lines(batch())
    assert first == f"batch {'b' * 32}: running, 12 %"
    assert second == "3 jobs: 2 queued, 1 running"
    assert "ended" not in third
    assert batch_exit_code(batch()) == 0


def test_states_without_a_job_are_not_named():
    assert batch_counts(batch(counts={"queued": 0, "completed": 4})) == "4 completed"


def test_failures_say_which_video_and_why():
    failure = BatchFailure(job="1" * 32, inputs=("walk.mp4",), error=JobError(code="input", message="nobody is seen"))
    ended = batch(state="failed", counts={"failed": 1}, ended_at=NOW, failures=(failure,))
    assert "failed: walk.mp4 (job 11111111): input: nobody is seen" in batch_lines(ended)
    assert batch_exit_code(ended) == 1
    assert batch_exit_code(batch(counts={"cancelled": 1})) == 1
