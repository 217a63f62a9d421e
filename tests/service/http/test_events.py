"""A job as server-sent events: every change once, until it has ended."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from neuropose_ray.errors import JobNotFoundError, NotReadyError
from neuropose_ray.schemas.jobs import Job, JobProgress
from neuropose_ray.service.http import events
from neuropose_ray.service.http.events import job_events


def job(state: str = "running", percent: float = 0.0) -> Job:
    return Job(
        id="1" * 32, state=state, workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
        attempts=1, progress=JobProgress(percent=percent), submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class Answers:
    """The job manager: one answer after the other."""

    def __init__(self, *answers: Job | Exception) -> None:
        self._answers = list(answers)

    async def job(self, job_id: str, *, patience_s: float) -> Job:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def follow(first: Job, *answers: Job | Exception) -> list[str]:
    async def texts() -> list[str]:
        return [text async for text in job_events(Answers(*answers), first)]

    return asyncio.run(texts())


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_S", 0.0)


def states(texts: list[str]) -> list[tuple[str, float]]:
    jobs = [json.loads(text.split("data: ")[1]) for text in texts if "data: " in text]
    return [(shown["state"], shown["progress"]["percent"]) for shown in jobs]


def test_each_change_is_one_event_and_the_end_is_the_last():
    texts = follow(job(), job(), job(percent=50), job(percent=50), job("completed", 100), job())
    assert states(texts) == [("running", 0.0), ("running", 50.0), ("completed", 100.0)]
    assert [text.split("\n")[0] for text in texts] == ["id: 1", "id: 2", "id: 3"]
    assert all(text.endswith("\n\n") and text.count("\n\n") == 1 for text in texts)


def test_a_job_that_has_ended_is_one_event():
    assert states(follow(job("failed", 40))) == [("failed", 40.0)]


def test_a_manager_that_is_being_replaced_is_waited_for():
    texts = follow(job(), NotReadyError("being replaced"), NotReadyError("being replaced"), job("completed", 100))
    assert states(texts)[-1] == ("completed", 100.0)


def test_a_job_that_is_removed_meanwhile_ends_the_stream():
    assert states(follow(job(), JobNotFoundError("there is no such job"))) == [("running", 0.0)]


def test_a_stream_without_changes_is_kept_alive_by_comments(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.0)
    texts = follow(job(), job(), job(), job("completed", 100))
    assert texts[1:3] == [": still here\n\n"] * 2
