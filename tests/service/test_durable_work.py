"""What the queue of jobs and the outbox share: pauses, what a full disk is called, and work that nobody is at."""

import logging
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, OperationalError

from neuropose_ray.errors import StorageFullError
from neuropose_ray.service.durable_work import (
    ActiveWorkflows,
    ExecutionStoppedError,
    Pauses,
    dbos_configuration,
    full_disk_named,
    is_news,
    left_if_not_kept,
    next_number,
    plain_function,
    remove_ended,
)
from neuropose_ray.service.queue_looks import QueueLooks


@given(attempts=st.integers(1, 10**6))
def test_pauses_grow_to_the_longest_and_are_a_quarter_more_or_less(attempts: int):
    pause_s = Pauses(first_s=0.5, longest_s=15.0).after(attempts)
    middle_s = min(15.0, 0.5 * 2.0 ** min(attempts - 1, 30))
    assert 0.75 * middle_s <= pause_s <= 1.25 * middle_s


def full(name: str) -> OperationalError:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = name
    return OperationalError("INSERT", {}, error)


def test_a_full_disk_is_named_and_other_errors_are_not():
    with pytest.raises(StorageFullError), full_disk_named():
        raise full("SQLITE_FULL")
    with pytest.raises(OperationalError), full_disk_named():
        raise full("SQLITE_BUSY")


@pytest.mark.parametrize(
    "error", [full("SQLITE_FULL"), StorageFullError("full"), IntegrityError("x", {}, ValueError())]
)
def test_what_cannot_be_kept_leaves_the_workflow(error: Exception):
    with pytest.raises(ExecutionStoppedError), left_if_not_kept("a step"):
        raise error


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[str]:
    """A queue whose workflows hold until ``go`` is set, and leave without an outcome where ``leave`` is."""
    from dbos import DBOS

    DBOS(config=dbos_configuration("test", f"sqlite:///{tmp_path / 'work.sqlite'}", "one"))
    yield "work"
    DBOS.destroy(destroy_registry=True)


@pytest.mark.slow
def test_work_that_no_thread_is_at_is_queued_again(queue: str):
    from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

    active, leaves = ActiveWorkflows(queue, QueueLooks()), threading.Event()
    begun: list[str] = []

    class Work:
        def do(self, name: str) -> str:
            begun.append(name)
            with active.holding(name):
                if not leaves.is_set():
                    leaves.set()
                    raise ExecutionStoppedError
            return name

    workflow = DBOS.workflow(name="work")(plain_function(Work().do))
    DBOS.launch()
    DBOS.register_queue(queue, partition_concurrency=1, polling_interval_sec=0.05)
    for number in range(2):
        with SetWorkflowID(f"w{number}"), SetEnqueueOptions(priority=next_number(queue), queue_partition_key="a"):
            DBOS.enqueue_workflow(queue, workflow, f"w{number}")
    until = time.monotonic() + 60
    while not leaves.is_set():
        assert time.monotonic() < until
        time.sleep(0.02)
    while active.resume_abandoned(after_s=0.0) != ("w0",):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert DBOS.retrieve_workflow("w1").get_result() == "w1"
    assert begun == ["w0", "w0", "w1"]
    assert next_number(queue) == 1
    assert remove_ended("work", time.time() + 60) == 2


def test_the_failure_and_the_cancelling_of_a_workflow_are_no_news():
    """Its row and its log say them; a trace in the service's log would look like a fault of the service."""

    def record(text: str, error: Exception | None = None) -> logging.LogRecord:
        info = None if error is None else (type(error), error, None)
        return logging.LogRecord("dbos", logging.ERROR, "file.py", 1, text, None, info)

    step_failed = type("StepFailedError", (Exception,), {})("is broken")
    assert not is_news(record("Exception encountered", step_failed))
    assert not is_news(record("Workflow 1 was cancelled during execution"))
    assert is_news(record("Exception encountered", ValueError("is wrong")))
    assert is_news(record("the database is away"))
