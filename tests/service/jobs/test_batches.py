"""Jobs that were submitted together, by the manager as it is in the service."""

from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.job_manager import Gate, request_for
from support.lists_in_memory import ListedJobs

from neuropose_ray.errors import BatchNotFoundError, RequestError
from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import Job, JobError, JobInput, JobProgress, JobRequest
from neuropose_ray.service.jobs import batches as batches_module
from neuropose_ray.service.jobs import job_rows
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
    assert [batch.id for batch in page.batches] == [OTHER]
    assert [batch.id for batch in manager("batches", after=page.next).batches] == [BATCH]
    manager("cancel_batch", BATCH, "anna")
    assert [manager("job", job_id).state for job_id in (anna, ben)] == ["cancelled", "queued"]
    manager = start()
    assert [batch.id for batch in manager("batches", owner="anna").batches] == [BATCH]
    assert [batch.id for batch in manager("batches", after=page.next).batches] == [BATCH]
    with pytest.raises(BatchNotFoundError):
        manager("jobs", batch=OTHER, owner="anna")
    for method in ("batch", "cancel_batch", "going_on"):
        with pytest.raises(BatchNotFoundError):
            manager(method, OTHER, "anna")


def test_batches_that_an_earlier_version_kept_are_listed_for_their_owners(
    start, data: Path, video: Path, monkeypatch: pytest.MonkeyPatch
):
    manager = start()
    manager("control", "pause")
    with monkeypatch.context() as patch:
        patch.setattr(job_rows, "_batch_attributes", lambda request: {"batch": request.batch})
        submit(manager, data, video, batch=BATCH, owner="anna")
    submit(manager, data, video, batch=OTHER, owner="ben")
    manager = start()
    assert [batch.id for batch in manager("batches").batches] == [OTHER, BATCH]
    assert [batch.id for batch in manager("batches", owner="anna").batches] == [BATCH]


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


def batches_in_memory(batches: list[list[tuple[str, int]]]) -> ListedJobs:
    """Batches of jobs, each with an owner and the second at which it was submitted."""
    jobs = ListedJobs()
    for number, members in enumerate(batches):
        for place, (owner, second) in enumerate(members):
            jobs.keep(
                JobRequest(
                    id=f"{number:016x}{place:016x}", inputs=(JobInput(name="walk.mp4"),), batch=f"{number:032x}",
                    owner=owner, submitted_at=NOW + timedelta(seconds=second),
                )
            )  # fmt: skip
    return jobs


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["anna", "ben"]), st.integers(0, 9)), min_size=1, max_size=4), max_size=8
    ),
    st.sampled_from(["anna", "ben", None]),
    st.integers(1, 4),
    st.integers(1, 6),
    st.sets(st.integers(0, 7)),
)
def test_pages_have_each_batch_once_whatever_is_removed_with_one_question_each(
    given_batches, owner, limit, most_jobs, removed
):
    jobs = batches_in_memory(given_batches)
    shown, pages, after = [], 0, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches_module, "LARGE_PAGE", most_jobs)
        while True:
            page = jobs.of_batches.page(limit, after, owner)
            assert len(page.batches) <= limit
            shown += page.batches
            pages += 1
            if (after := page.next) is None:
                break
            for number in removed:  # also the batch that the place in the list is named after
                for job_id in [job.id for job in jobs.rows.requests.values() if job.batch == f"{number:032x}"]:
                    jobs.remove_from_lists(job_id)
    wanted = {
        f"{n:032x}" for n, members in enumerate(given_batches) if owner in (None, *(name for name, _ in members))
    }
    ids = [batch.id for batch in shown]
    assert len(set(ids)) == len(ids)
    assert set(ids) <= wanted
    assert wanted - set(ids) <= {f"{number:032x}" for number in removed}
    first = [min(second for _, second in given_batches[int(batch_id, 16)]) for batch_id in ids]
    assert first == sorted(first, reverse=True)
    most_of_a_batch = max(map(len, given_batches), default=0)
    assert len(jobs.rows.questions) == pages
    assert max(jobs.rows.questions) <= max(most_jobs, most_of_a_batch)
    assert all(batch.owner == owner for batch in shown if owner is not None)


@pytest.mark.parametrize("after", ["", "x", "-1", "1_" + BATCH, BATCH, f"-{'9' * 16}_{BATCH}", "'; drop table"])
def test_a_place_that_no_page_has_named_is_refused(after: str):
    with pytest.raises(RequestError, match="not a place in the list"):
        batches_in_memory([[("anna", 1)]]).of_batches.page(after=after)


def test_states_without_a_job_do_not_count():
    assert batch_state({"queued": 0, "completed": 2, "failed": 0}) == "completed"
