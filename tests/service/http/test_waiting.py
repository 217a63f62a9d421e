"""Clients that wait for ends: answered when it comes or the time is over, with one look at the queue for all."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.jobs_in_memory import Interface, JobsInMemory

from neuropose_ray.errors import NotReadyError, RequestError
from neuropose_ray.schemas.jobs import Job, JobProgress
from neuropose_ray.service.http.waiting import JobEnds

LOOK_S = 0.01


class Queue:
    """The job manager: jobs end when the test says so."""

    def __init__(self) -> None:
        self.over: set[str] = set()
        self.looks: list[tuple[str, ...]] = []
        self.faults: list[Exception] = []

    async def ended(self, job_ids):
        self.looks.append(job_ids)
        if self.faults:
            raise self.faults.pop()
        return tuple(job_id for job_id in job_ids if job_id in self.over)

    async def job(self, job_id):
        return job(job_id, "completed" if job_id in self.over else "running")


class Client:
    """A request whose client goes away when the test says so."""

    def __init__(self) -> None:
        self.left = asyncio.Event()
        self._messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive(self):
        if self._messages:
            return self._messages.pop()
        await self.left.wait()
        return {"type": "http.disconnect"}


def job(job_id: str, state: str) -> Job:
    return Job(
        id=job_id, state=state, workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
        attempts=1, progress=JobProgress(), submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


ONE, TWO = "1" * 32, "2" * 32


def test_a_client_is_answered_when_all_of_its_jobs_have_ended():
    async def waits() -> None:
        queue = Queue()
        ends = JobEnds(queue, LOOK_S)
        waiting = asyncio.create_task(ends.wait([ONE, TWO], 60))
        queue.over.add(ONE)
        await asyncio.sleep(10 * LOOK_S)
        assert not waiting.done()
        queue.over.add(TWO)
        await asyncio.wait_for(waiting, 10)
        assert queue.looks[-1] == (TWO,), "what has ended is not asked for again"

    asyncio.run(waits())


def test_the_time_is_bounded_and_nobody_looks_when_nobody_waits():
    async def waits() -> None:
        queue = Queue()
        ends = JobEnds(queue, LOOK_S)
        await ends.wait([ONE], 5 * LOOK_S)
        await asyncio.sleep(5 * LOOK_S)
        looks = len(queue.looks)
        assert looks > 0
        await asyncio.sleep(10 * LOOK_S)
        assert len(queue.looks) == looks
        await ends.wait([], 60)
        await ends.wait([ONE], 0)
        assert len(queue.looks) == looks

    asyncio.run(waits())


def test_a_hundred_clients_are_one_look_and_those_beyond_the_limit_do_not_wait():
    async def waits() -> None:
        queue = Queue()
        ends = JobEnds(queue, LOOK_S, most=100)
        waiting = [asyncio.create_task(ends.wait([ONE if n % 2 else TWO], 60)) for n in range(100)]
        await asyncio.sleep(0)
        began = time.monotonic()
        await ends.wait([ONE], 60)
        assert time.monotonic() - began < 30, "it was answered at once"
        await asyncio.sleep(20 * LOOK_S)
        assert all(set(look) == {ONE, TWO} for look in queue.looks)
        assert len(asyncio.all_tasks()) == 102, "a task for all, besides the requests' own"
        queue.over |= {ONE, TWO}
        await asyncio.wait_for(asyncio.gather(*waiting), 10)

    asyncio.run(waits())


def test_a_manager_that_is_replaced_is_asked_again():
    async def waits() -> None:
        queue = Queue()
        queue.faults = [NotReadyError("being replaced"), NotReadyError("being replaced")]
        queue.over.add(ONE)
        await asyncio.wait_for(JobEnds(queue, LOOK_S).wait([ONE], 60), 10)
        assert len(queue.looks) == 3

    asyncio.run(waits())


def test_a_client_that_goes_away_waits_no_more():
    async def waits() -> None:
        queue, client = Queue(), Client()
        ends = JobEnds(queue, LOOK_S)
        waiting = asyncio.create_task(ends.job(client, queue, job(ONE, "running"), 60))
        await asyncio.sleep(5 * LOOK_S)
        client.left.set()
        with pytest.raises(RequestError, match="went away"):
            await asyncio.wait_for(waiting, 10)
        await asyncio.sleep(5 * LOOK_S)
        assert not ends._waiters
        assert ends._looking.done()

    asyncio.run(waits())


@pytest.mark.parametrize(("state", "wait_s"), [("completed", 60.0), ("failed", 60.0), ("running", 0.0)])
def test_what_has_ended_or_is_not_waited_for_is_answered_as_it_is(state: str, wait_s: float):
    async def asks() -> None:
        queue = Queue()
        known = job(ONE, state)
        assert await JobEnds(queue, LOOK_S).job(None, queue, known, wait_s) is known
        assert not queue.looks

    asyncio.run(asks())


def test_a_job_is_given_as_it_is_after_the_wait():
    async def asks() -> None:
        queue, client = Queue(), Client()
        ends = JobEnds(queue, LOOK_S)
        assert (await ends.job(client, queue, job(ONE, "running"), 5 * LOOK_S)).state == "running"
        queue.over.add(ONE)
        assert (await ends.job(Client(), queue, job(ONE, "running"), 60)).state == "completed"

    asyncio.run(asks())


def test_a_job_that_ends_while_its_submitter_waits_is_the_answer(tmp_path: Path):
    (tmp_path / "a.mp4").touch()
    body = {"inputs": [{"uri": str(tmp_path / "a.mp4")}]}
    service = Interface(tmp_path / "data", JobsInMemory(looks=1), uploads={"roots": [str(tmp_path)]})
    answer = service.one("POST", "/v1/jobs", params={"wait": 30}, json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "completed")
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"


def test_a_job_that_takes_longer_is_accepted_and_can_be_waited_for_again(tmp_path: Path):
    (tmp_path / "a.mp4").touch()
    body = {"inputs": [{"uri": str(tmp_path / "a.mp4")}]}
    jobs = JobsInMemory()
    service = Interface(tmp_path / "data", jobs, uploads={"roots": [str(tmp_path)]})
    answer = service.one("POST", "/v1/jobs", params={"wait": 0.1}, json=body)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    location = answer.headers["location"]
    assert service.one("GET", location, params={"wait": 0.1}).json()["state"] == "queued"
    jobs.end(answer.json()["id"], "failed")
    assert service.one("GET", location, params={"wait": 30}).json()["state"] == "failed"
    assert service.one("POST", "/v1/jobs", json=body).status_code == 202, "without a wait as ever"
