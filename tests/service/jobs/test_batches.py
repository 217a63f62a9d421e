"""Jobs that were submitted together, by the manager as it is in the service."""

from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from support.job_manager import Gate, request_for

from neuropose_ray.errors import BatchNotFoundError
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job, JobError, JobProgress
from neuropose_ray.service.jobs.batches import batch_of, batch_state

BATCH, OTHER = "b" * 32, "c" * 32


def submit(manager, data: Path, *videos: Path, **fields) -> list[str]:
    return [manager("submit", request_for(data, video, workflow="poses", **fields)).id for video in videos]


def test_jobs_of_one_batch_are_counted_listed_and_end_together(start, data: Path, video: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    manager = start()
    ids = submit(manager, data, video, broken, video, batch=BATCH)
    (alone,) = submit(manager, data, video)
    manager.ended(*ids, alone)
    batch = manager("batch", BATCH)
    assert (batch.state, batch.counts, batch.percent) == ("failed", {"completed": 2, "failed": 1}, 100)
    assert [(failure.job, failure.inputs, failure.error.code) for failure in batch.failures] == [
        (ids[1], ("broken.mp4",), "video_unreadable")
    ]
    assert batch.submitted_at <= batch.ended_at
    assert [job.id for job in manager("jobs", batch=BATCH).jobs] == ids[::-1]
    assert [job.id for job in manager("jobs", batch=BATCH, state="failed").jobs] == [ids[1]]
    assert manager("going_on", BATCH) == ()
    assert all(job.batch == BATCH for job in manager("jobs", batch=BATCH).jobs)
    first = manager("jobs", batch=BATCH, limit=2)
    rest = manager("jobs", batch=BATCH, limit=2, after=first.next)
    assert [job.id for job in (*first.jobs, *rest.jobs)] == ids[::-1]
    for job_id in ids:
        manager("remove", job_id)
    with pytest.raises(BatchNotFoundError):
        manager("batch", BATCH)


@pytest.mark.slow
def test_a_batch_is_cancelled_as_a_whole_and_known_after_a_restart(start, data: Path, video: Path):
    manager = start({"engines": Gate()}, running=1)
    ids = submit(manager, data, video, video, video, batch=BATCH)
    (alone,) = submit(manager, data, video)
    manager.when(ids[0], lambda job: job.state == "running")
    assert manager("batch", BATCH).state == "running"
    assert set(manager("going_on", BATCH)) == set(ids)
    assert manager("cancel_batch", BATCH).counts == {"cancelled": 3}
    assert manager("cancel_batch", BATCH).state == "cancelled", "it can be sent again"
    manager = start()
    assert manager("batch", BATCH).counts == {"cancelled": 3}
    assert manager.ended(alone)[0].state == "completed"


def test_an_owner_sees_the_jobs_of_a_batch_that_are_its_own(start, data: Path, video: Path):
    manager = start()
    manager("control", "pause")
    (anna,) = submit(manager, data, video, batch=BATCH, owner="anna")
    (ben,) = submit(manager, data, video, batch=BATCH, owner="ben")
    submit(manager, data, video, batch=OTHER, owner="ben")
    assert manager("batch", BATCH, "anna").counts == {"queued": 1}
    assert manager("batch", BATCH).counts == {"queued": 2}
    assert [job.id for job in manager("jobs", batch=BATCH, owner="ben").jobs] == [ben]
    assert [batch.id for batch in manager("batches", owner="anna").batches] == [BATCH]
    page = manager("batches", limit=1)
    assert ([batch.id for batch in page.batches], page.next) == ([OTHER], OTHER)
    assert [batch.id for batch in manager("batches", after=page.next).batches] == [BATCH]
    manager("cancel_batch", BATCH, "anna")
    assert [manager("job", job_id).state for job_id in (anna, ben)] == ["cancelled", "queued"]
    with pytest.raises(BatchNotFoundError):
        manager("jobs", batch=OTHER, owner="anna")
    for method in ("batch", "cancel_batch", "going_on"):
        with pytest.raises(BatchNotFoundError):
            manager(method, OTHER, "anna")


NOW = datetime(2026, 1, 31, tzinfo=UTC)


def job(state: str, number: int = 0) -> Job:
    return Job(
        id=f"{number:032x}", state=state, workflow="standard", inputs=(f"{number}.mp4",), priority=5, labels={},
        source="http", attempts=1, progress=JobProgress(percent=40), submitted_at=NOW + timedelta(seconds=number),
        ended_at=NOW + timedelta(hours=1) if state in ENDED else None,
        error=JobError(code="input", message="is broken") if state == "failed" else None,
    )  # fmt: skip


def test_a_batch_has_ended_when_all_its_jobs_have_and_is_as_bad_as_the_worst_of_them():
    for states in combinations_with_replacement(("queued", "running", *ENDED), 3):
        batch = batch_of(BATCH, [job(state, number) for number, state in enumerate(states)])
        assert (batch.state in ENDED) == all(state in ENDED for state in states) == (batch.ended_at is not None)
        assert (batch.state == "queued") == (set(states) == {"queued"})
        assert (batch.state == "failed") == ("failed" in states and batch.state in ENDED)
        assert (batch.state == "completed") == (set(states) == {"completed"})
        assert sum(batch.counts.values()) == 3
        assert len(batch.failures) == states.count("failed")
        assert 0 <= batch.percent <= 100
        assert (batch.percent == 100) == (batch.state in ENDED)


def test_many_failures_are_counted_and_the_first_are_named():
    batch = batch_of(BATCH, [job("failed", number) for number in range(150)])
    assert batch.counts == {"failed": 150}
    assert [failure.inputs[0] for failure in batch.failures[:2]] == ["0.mp4", "1.mp4"]
    assert len(batch.failures) == 100


def test_states_without_a_job_do_not_count():
    assert batch_state({"queued": 0, "completed": 2, "failed": 0}) == "completed"
