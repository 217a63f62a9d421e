"""Calls of the job manager: again while it is being replaced, and nobody learns of others' jobs."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from ray.exceptions import RayActorError, RayTaskError

from neuropose_ray.errors import JobNotFoundError, JobStateError, NeuroposeRayError, NotReadyError
from neuropose_ray.schemas.jobs import Job, JobProgress, JobsStatus, QueueStatus
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.http.manager_client import Jobs, VisibleJobs

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def job(number: int, owner: str | None) -> Job:
    return Job(
        id=f"{number:032x}", state="running", workflow="standard", inputs=("walk.mp4",), priority=5, labels={},
        source="http", owner=owner, attempts=1, progress=JobProgress(), submitted_at=NOW,
    )  # fmt: skip


class Handle:
    """A handle of Serve whose deployment answers as it is told, in this order; the last answer stays."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.calls = list(answers), []
        self.answer = SimpleNamespace(remote=self._remote)

    async def _remote(self, method: str, *args: object, **keywords: object) -> object:
        self.calls.append((method, args, keywords))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(method, *args, **keywords)
        # Errors of ours come as answers, those of Ray are raised.
        if isinstance(answer, Exception) and not isinstance(answer, NeuroposeRayError):
            raise answer
        return answer


def test_a_call_is_made_again_while_the_manager_is_being_replaced():
    handle = Handle(RayActorError(), NotReadyError("being started"), job(1, None))
    assert asyncio.run(Jobs(handle).job("1")) == job(1, None)
    assert [method for method, *_ in handle.calls] == ["job"] * 3


@pytest.mark.parametrize("answer", [RayActorError(), NotReadyError("being started")], ids=["dead", "not ready"])
def test_a_manager_that_does_not_come_back_is_not_ready(answer: Exception):
    with pytest.raises(NotReadyError):
        asyncio.run(Jobs(Handle(answer), patience_s=0.2).job("1"))


def test_a_call_that_hangs_is_given_up():
    async def hang(*_args: object, **_keywords: object) -> None:
        await asyncio.sleep(600)

    handle = SimpleNamespace(answer=SimpleNamespace(remote=hang))
    with pytest.raises(NotReadyError, match="does not answer"):
        asyncio.run(Jobs(handle, patience_s=0.2).status())


def test_an_error_of_the_manager_is_raised_at_once():
    handle = Handle(JobStateError("the job has completed"))
    with pytest.raises(JobStateError, match="has completed"):
        asyncio.run(Jobs(handle).cancel("1"))
    assert len(handle.calls) == 1


def test_what_nobody_foresaw_is_an_error_that_names_the_log():
    error = RayTaskError("answer", "Traceback: secret", ValueError("secret"))
    with pytest.raises(NeuroposeRayError) as caught:
        asyncio.run(Jobs(Handle(error)).log("1"))
    assert "log" in str(caught.value)


OWN, OTHERS = job(1, "lab"), job(2, "clinic")


def visible(caller: Caller) -> tuple[VisibleJobs, Handle]:
    def answer(method: str, *args: Any, **_keywords: object) -> object:
        known = {OWN.id: OWN, OTHERS.id: OTHERS}
        if method in ("job", "cancel", "retry"):
            return known.get(args[0], JobNotFoundError("there is no such job"))
        return ["a line"]

    handle = Handle(answer)
    return VisibleJobs(Jobs(handle), caller), handle


CALLS: dict[str, Callable[[VisibleJobs, str], Any]] = {
    "show": lambda jobs, job_id: jobs.job(job_id),
    "cancel": lambda jobs, job_id: jobs.cancel(job_id),
    "retry": lambda jobs, job_id: jobs.retry(job_id),
    "remove": lambda jobs, job_id: jobs.remove(job_id),
    "log": lambda jobs, job_id: jobs.log(job_id),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_job_of_somebody_else_is_answered_as_one_that_is_not_there_and_not_touched(call: str):
    jobs, handle = visible(Caller("lab", frozenset({"read", "submit"})))
    asyncio.run(CALLS[call](jobs, OWN.id))
    handle.calls.clear()
    with pytest.raises(JobNotFoundError, match="there is no such job"):
        asyncio.run(CALLS[call](jobs, OTHERS.id))
    assert {method for method, *_ in handle.calls} == {"job"}


@pytest.mark.parametrize("call", CALLS)
def test_an_administrator_may_do_all_with_every_job(call: str):
    jobs, _ = visible(Caller("boss", frozenset({"admin"})))
    for known in (OWN, OTHERS):
        asyncio.run(CALLS[call](jobs, known.id))


def test_a_caller_lists_its_own_jobs_whatever_owner_it_asks_for():
    for scopes, owner in (({"read"}, "lab"), ({"admin"}, "clinic")):
        jobs, handle = visible(Caller("lab", frozenset(scopes)))
        asyncio.run(jobs.jobs(owner="clinic", limit=5))
        assert handle.calls == [("jobs", (), {"owner": owner, "limit": 5})]


def test_the_status_shows_the_jobs_of_the_caller_alone():
    status = JobsStatus(
        mode="running", active=2, queued=0, processed=0, errors=0, cancelled=0, uptime_s=1.0,
        queues={"jobs": QueueStatus(depth=0, oldest_s=None)}, current=(OWN, OTHERS), disk_free_bytes=1,
    )  # fmt: skip
    shown = asyncio.run(VisibleJobs(Jobs(Handle(status)), Caller("lab", frozenset({"read"}))).status())
    assert (shown.current, shown.active) == ((OWN,), 2)
