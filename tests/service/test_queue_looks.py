"""Queues are looked at often while there may be work, hardly ever while there cannot be, at once when some comes."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.schemas.jobs import JobInput, JobRequest
from neuropose_ray.schemas.workflows import Workflow
from neuropose_ray.service.deliveries import Deliveries
from neuropose_ray.service.jobs.durable import QUEUE, DurableJobs
from neuropose_ray.service.queue_looks import QueueLooks
from neuropose_ray.stores import WebhookSender, WebhookSettings

#: So long that no test which waits for it ends.
NEVER_S = 3600.0
PATIENCE_S = 30.0
LOOKS = 4
WORK = Workflow.model_validate({"steps": [{"kind": "pose"}]})


class Waiting:
    """A worker that looks again and again."""

    def __init__(self, looks: QueueLooks, interval_s: float, look_s: float = 0.0) -> None:
        self.look_s = look_s
        self.stopped, self.seen = threading.Event(), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._run, args=(looks, interval_s), daemon=True)
        self.thread.start()

    def _run(self, looks: QueueLooks, interval_s: float) -> None:
        looked_at_s = time.monotonic()
        while not looks.wait(self.stopped, interval_s, looked_at_s):
            looked_at_s = time.monotonic()
            self.seen.release()
            time.sleep(self.look_s)

    def looks_within(self, seconds: float) -> bool:
        return self.seen.acquire(timeout=seconds)


def test_one_who_rests_looks_at_once_when_there_may_be_work_and_then_at_its_interval():
    looks = QueueLooks(rest_s=NEVER_S, awake_s=1.0)
    worker = Waiting(looks, 0.05)
    assert not worker.looks_within(0.3)
    looks.wake()
    assert all(worker.looks_within(PATIENCE_S) for _ in range(3))
    looks.close()
    worker.stopped.set()
    worker.thread.join(PATIENCE_S)
    assert not worker.thread.is_alive()


def test_a_call_is_followed_by_a_look_also_where_the_interval_is_longer_than_anybody_is_awake():
    looks = QueueLooks(rest_s=NEVER_S, awake_s=0.01)
    worker = Waiting(looks, 0.5)
    looks.wake()
    assert worker.looks_within(PATIENCE_S)
    worker.stopped.set()


def test_what_comes_in_the_course_of_a_look_is_looked_at_again_however_long_that_takes():
    looks = QueueLooks(rest_s=NEVER_S, awake_s=0.2)
    worker = Waiting(looks, 0.01, look_s=1.0)
    looks.wake()
    assert worker.looks_within(PATIENCE_S)
    time.sleep(0.4)
    looks.wake()  # the first look is under way
    assert worker.looks_within(PATIENCE_S)
    worker.stopped.set()


def test_without_any_call_there_are_rare_looks():
    worker = Waiting(QueueLooks(rest_s=0.1), 0.01)
    assert all(worker.looks_within(PATIENCE_S) for _ in range(3))
    worker.stopped.set()


def job(number: int) -> JobRequest:
    return JobRequest(id=f"{number:032x}", inputs=(JobInput(name="a.mp4"),), submitted_at="2030-01-01T00:00:00Z")


@pytest.fixture
def opened(tmp_path: Path):
    """A queue whose jobs are a function; it is looked at when there is a reason to, and never else."""
    running: list[DurableJobs] = []

    def opened(perform: Callable[..., list[dict[str, Any]]], looks: QueueLooks, jobs_at_once: int = 1) -> DurableJobs:
        deliveries = Deliveries(WebhookSender(WebhookSettings()), lambda *_: None, in_line_s=1.0, looks=looks)
        database = f"sqlite:///{tmp_path / 'jobs.sqlite'}"
        running.append(DurableJobs(database, jobs_at_once, perform, deliveries, looks))
        running[0].open(paused=False)
        return running[0]

    yield opened
    for jobs in running:
        jobs.close()


@pytest.mark.slow
def test_jobs_begin_when_they_come_and_when_others_end_and_when_the_queue_goes_on(opened: Callable[..., DurableJobs]):
    began: dict[str, threading.Event] = {job(number).id: threading.Event() for number in range(4)}
    ends = threading.Semaphore(0)

    def perform(request: JobRequest, *_: object) -> list[dict[str, Any]]:
        began[request.id].set()
        assert ends.acquire(timeout=PATIENCE_S)
        return []

    jobs = opened(perform, QueueLooks(rest_s=NEVER_S, awake_s=1.0, awake_at_start_s=0.1))
    time.sleep(2.5)  # until nobody is awake any more
    for number in range(2):
        jobs.enqueue(job(number), WORK)
    assert began[job(0).id].wait(PATIENCE_S)
    assert not began[job(1).id].wait(1.5)
    ends.release()
    assert began[job(1).id].wait(PATIENCE_S)
    ends.release()
    jobs.pause()
    jobs.enqueue(job(2), WORK)
    assert not began[job(2).id].wait(2.0)
    jobs.resume()
    assert began[job(2).id].wait(PATIENCE_S)
    ends.release()


@pytest.mark.slow
def test_while_a_queue_is_looked_at_nothing_else_is(opened: Callable[..., DurableJobs]):
    from sqlalchemy import event

    looks: Counter[str] = Counter()
    opened(lambda *_: [], QueueLooks())
    from dbos import _dbos

    def count(_connection, _cursor, statement: str, *_: object) -> None:
        looks[f"{threading.current_thread().name} {statement[:30]}"] += 1

    event.listen(_dbos._get_dbos_instance()._sys_db.engine, "before_cursor_execute", count)
    of_the_queue = f"queue-worker-{QUEUE} "
    while max((looks[key] for key in looks if key.startswith(of_the_queue)), default=0) < LOOKS:
        time.sleep(0.05)
    others = [key for key in looks if key.startswith(("dbos-background-jobs", "queue-worker-_dbos"))]
    assert all(looks[key] <= 1 for key in others), looks
