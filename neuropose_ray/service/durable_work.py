"""What the job queue and the outbox of live streams share of DBOS. A process has one DBOS, and so one of the two."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from neuropose_ray.errors import StorageFullError, first_line
from neuropose_ray.service.queue_looks import QueueLooks

if TYPE_CHECKING:
    from dbos import DBOSConfig

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Result = TypeVar("Result")

#: States of workflows that have not ended.
OPEN = ("ENQUEUED", "DELAYED", "PENDING")
#: What SQLite and PostgreSQL say of a full disk; SQLite may fail to extend or open the files beside its own.
_NO_SPACE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "53100")


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long is waited between two attempts: twice as long each time, up to the longest, a quarter more or less."""

    first_s: float = 0.5
    longest_s: float = 15.0

    def after(self, attempts: int) -> float:
        """Seconds to wait after so many failed attempts, at least 1."""
        exponent = min(attempts - 1, 30)
        return min(self.longest_s, self.first_s * 2.0**exponent) * random.uniform(0.75, 1.25)


class ExecutionStoppedError(BaseException):
    """Leaves a workflow where it is, for the next process.

    Nothing of it is recorded, and no handler of errors has it.
    """


def recorded(name: str, function: Callable[[], Result]) -> Result:
    """Do a step of the workflow that this thread is at, once: what it gave is in the database when this returns.

    Args:
        name: of the step.
        function: what it does; it gives JSON.

    Raises:
        ExecutionStoppedError: the outcome cannot be kept. As an error it would end the workflow, if it could be kept
            itself: the workflow is left as it is, to be queued again by who looks for those that nobody does.
    """
    from dbos import DBOS

    with left_if_not_kept(name):
        return DBOS.run_step({"name": name}, function)


@contextmanager
def left_if_not_kept(name: str) -> Iterator[None]:
    """Leave the workflow where it is when the database does not take what this block writes."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageFullError) as error:
        logger.warning("the outcome of %s cannot be kept: %s", name, first_line(error))
        raise ExecutionStoppedError from error


@contextmanager
def full_disk_named() -> Iterator[None]:
    """Turn SQLite's and PostgreSQL's errors about a full disk into our own, and let all others pass.

    Raises:
        StorageFullError: the disk of the database is full.
    """
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
        if code is None or not code.startswith(_NO_SPACE):
            raise
        raise StorageFullError(
            "the disk of the database is full", hint="remove old jobs or free some space"
        ) from error


def plain_function(method: Callable[P, Result]) -> Callable[P, Result]:
    """The function that calls a method: DBOS keeps notes in what it makes a workflow of."""

    def function(*args: P.args, **keywords: P.kwargs) -> Result:
        return method(*args, **keywords)

    return function


class ActiveWorkflows:
    """Which workflows of a queue this process is at, so that those are known that nobody is at.

    A thread that cannot write its outcome, as on a full disk, leaves its workflow running by the database.

    Args:
        queue: its name.
        looks: at it: a workflow that ends makes room for one that waits.
    """

    def __init__(self, queue: str, looks: QueueLooks) -> None:
        self._queue, self._looks, self._lock = queue, looks, threading.Lock()
        self._held: set[str] = set()
        self._unheld_since: dict[str, float] = {}

    @contextmanager
    def holding(self, workflow_id: str) -> Iterator[None]:
        """This thread is at a workflow as long as the block runs."""
        with self._lock:
            self._held.add(workflow_id)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(workflow_id)
            self._looks.wake()

    def resume_abandoned(self, after_s: float) -> tuple[str, ...]:
        """Queue the workflows again that run by the database, and that no thread has held for so long; their ids."""
        from dbos import DBOS

        running = DBOS.list_workflows(queue_name=self._queue, status="PENDING", load_input=False, load_output=False)
        now, resumed = time.monotonic(), []
        with self._lock:
            unheld = [status.workflow_id for status in running if status.workflow_id not in self._held]
            self._unheld_since = {name: self._unheld_since.get(name, now) for name in unheld}
            for name, since in self._unheld_since.items():
                if now - since >= after_s:
                    DBOS.resume_workflow(name, queue_name=self._queue)
                    resumed.append(name)
            for name in resumed:
                del self._unheld_since[name]
        if resumed:
            self._looks.wake()
        return tuple(resumed)


def next_number(queue: str) -> int:
    """A number behind those of all workflows that wait in a queue: as their priority it keeps their order.

    The database's clock may know whole seconds alone.
    """
    from dbos import DBOS

    waiting = DBOS.list_workflows(queue_name=queue, status=list(OPEN), load_input=False, load_output=False)
    return 1 + max((status.priority or 0 for status in waiting), default=0)


def remove_ended(name: str, ended_before: float, limit: int = 500) -> int:
    """Remove workflows of a name that ended before a time (Unix seconds), a page of them; how many."""
    from dbos import DBOS

    ended = DBOS.list_workflows(
        name=name,
        status=["SUCCESS", "ERROR", "CANCELLED"],
        completed_before=datetime.fromtimestamp(ended_before, UTC).isoformat(),
        limit=limit,
        load_input=False,
        load_output=False,
    )
    if ended:
        DBOS.delete_workflows([status.workflow_id for status in ended])
    return len(ended)


def dbos_configuration(application: str, database_url: str, executor: str) -> DBOSConfig:
    """The configuration of DBOS.

    Args:
        application: whose workflows and queues these are: several may share a database.
        database_url: of SQLite or PostgreSQL.
        executor: a fixed id: one process works at a time, and finds again what its predecessor had.
    """
    from dbos import DBOSPortableJSONSerializer

    return {
        "name": application,
        "system_database_url": database_url,
        "executor_id": executor,
        # Of the workflows' shape, not of this package: a newer package goes on with an older one's.
        "application_version": "1",
        "serializer": DBOSPortableJSONSerializer(),  # the default one would unpickle what is in the database
        "log_level": "WARNING",
        # For messages between workflows, of which there are none here; the end of DBOS waits for a pause to be over.
        "notification_listener_polling_interval_sec": 0.1,
    }


def is_news(record: logging.LogRecord) -> bool:
    """Whether a record of DBOS is worth a line: not that a job failed or was cancelled, which its row and log say."""
    if record.exc_info and record.exc_info[0] is not None:
        return record.exc_info[0].__name__ not in ("StepFailedError", "DBOSAwaitedWorkflowCancelledError")
    return "was cancelled during execution" not in record.getMessage()
