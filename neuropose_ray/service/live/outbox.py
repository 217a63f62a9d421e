"""Decisions that are done whatever happens: a workflow of DBOS for each, in a database of the outbox's own.

A decision is in the database when it is accepted. Its actions are steps, in order; what a step gave is in the
database before the next one begins, and a step that was at work when the process died is done again, which doubles
nothing (see :class:`~neuropose_ray.service.live.actions.ActionRunner`). A store that is away is tried again until it
is back. Decisions of one rule in one stream are done in the order in which they were accepted, all others beside
each other. Webhooks are deliveries of their own: a receiver that is away holds up no record.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import JsonValue

from neuropose_ray.errors import NeuroposeRayError, ServiceError, first_line
from neuropose_ray.schemas.actions import ACTION_RESULTS, Action, Webhook
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.deliveries import ABANDONED_S, Deliveries, Delivery, DeliveryState
from neuropose_ray.service.durable_work import (
    OPEN,
    ActiveWorkflows,
    ExecutionStoppedError,
    Pauses,
    dbos_configuration,
    full_disk_named,
    left_if_not_kept,
    next_number,
    plain_function,
    recorded,
    remove_ended,
)
from neuropose_ray.service.live.actions import ActionRunner, SubmitClip, about, delivery_of, line_of
from neuropose_ray.service.queue_looks import QueueLooks
from neuropose_ray.stores import Stores

logger = logging.getLogger(__name__)

QUEUE, _WORKFLOW = "decisions", "decision"
_APPLICATION, _EXECUTOR = "neuropose-ray-live", "live-hub"
_TIDY_S = 10.0
#: For which a webhook whose receiver is away holds up those behind it, of the same rule and stream.
_IN_LINE_S = 600.0
#: Attempts of an action that fails for a reason that nobody foresaw.
_UNFORESEEN_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class ActionFailure:
    """An action that was given up, for subscribers of its stream: the event ``action.failed``."""

    decision_id: str
    stream_id: str
    subscription_id: str | None
    session_id: str | None
    rule: str
    action: str
    code: str
    message: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """What is still to be done. ``last_error`` is why the latest failed attempt was one, None after a good one."""

    decisions: int
    deliveries: int
    oldest_at: float | None
    last_error: str | None


class Outbox:
    """The outbox of one process, whose DBOS it owns. No method may be called in an event loop.

    Args:
        database_url: of SQLite or PostgreSQL.
        stores: that actions write to.
        submit_clip: for ``enqueue_job``.
        on_failure: is called with each action that is given up, once or more often.
        at_once: decisions at a time, of different rules or streams.
        keep_s: for which a decision that was done is known, and passed over when it comes again.
        poll_s: between two looks for decisions while there may be some; for webhooks it is looked a quarter as often.
        pauses: between attempts of an action whose store is away.
    """

    def __init__(
        self,
        database_url: str,
        stores: Stores,
        submit_clip: SubmitClip,
        on_failure: Callable[[ActionFailure], None],
        *,
        at_once: int = 16,
        keep_s: float = 3600.0,
        poll_s: float = 0.25,
        pauses: Pauses | None = None,
    ) -> None:
        self._url, self._actions, self._on_failure = database_url, ActionRunner(stores, submit_clip), on_failure
        self._at_once, self._keep_s, self._poll_s = at_once, keep_s, poll_s
        self._pauses = pauses or Pauses()
        self._looks = QueueLooks()
        self._deliveries = Deliveries(
            stores.webhooks,
            self._report_delivery,
            in_line_s=_IN_LINE_S,
            pauses=self._pauses,
            poll_s=4 * poll_s,
            looks=self._looks,
        )
        self._active = ActiveWorkflows(QUEUE, self._looks)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._last_error: str | None = None
        self._workflow: Any = None

    def launch(self) -> None:
        """Open the database, and go on with what an earlier process had accepted.

        Raises:
            ServiceError: the database cannot be opened.
        """
        from dbos import DBOS
        from sqlalchemy.exc import SQLAlchemyError

        self._looks.install()
        DBOS(config=dbos_configuration(_APPLICATION, self._url, _EXECUTOR))
        # No kill of this process is a decision's doing: a workflow that was begun often is not given up.
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(plain_function(self._decide))
        self._deliveries.register()
        try:
            DBOS.launch()
            self._numbers = itertools.count(next_number(QUEUE))
            self._deliveries.open()
            DBOS.register_queue(
                QUEUE,
                worker_concurrency=self._at_once,
                partition_concurrency=1,
                polling_interval_sec=self._poll_s,
                on_conflict="always_update",
            )
            self._looks.wake()  # new queues have workers only then
        except SQLAlchemyError as error:
            self.close()
            raise ServiceError(
                "the database of live decisions cannot be opened", hint=f"check its address: {first_line(error)}"
            ) from error
        threading.Thread(target=self._run_housekeeping, name="outbox-housekeeping", daemon=True).start()

    def close(self) -> None:
        """Leave everything where it is, for the next process."""
        from dbos import DBOS

        self._stopping.set()
        self._deliveries.stop()
        self._looks.close()
        DBOS.destroy(destroy_registry=True)

    def accept(self, decision: Decision) -> bool:
        """Take a decision on: it is not lost any more when this returns. Whether it is new.

        Raises:
            StorageFullError: the database's disk is full.
        """
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        with self._lock:  # numbers are in the order of the database
            if DBOS.list_workflows(workflow_ids=[decision.decision_id], load_input=False, load_output=False):
                return False
            options = SetEnqueueOptions(priority=next(self._numbers), queue_partition_key=line_of(decision))
            with full_disk_named(), SetWorkflowID(decision.decision_id), options:
                DBOS.enqueue_workflow(QUEUE, self._workflow, decision.model_dump(mode="json"), time.time())
        self._looks.wake()
        return True

    def pending(self) -> OutboxStatus:
        """What is still to be done."""
        from dbos import DBOS

        waiting = DBOS.list_workflows(name=_WORKFLOW, status=list(OPEN), load_input=False, load_output=False)
        oldest_ms = min((status.created_at for status in waiting if status.created_at is not None), default=None)
        return OutboxStatus(
            decisions=len(waiting),
            deliveries=self._deliveries.counts(),
            oldest_at=None if oldest_ms is None else oldest_ms / 1000,
            last_error=self._last_error,
        )

    def _decide(self, as_json: dict[str, Any], accepted_at: float) -> list[dict[str, str]]:
        """All actions of a decision; those that failed, with their errors."""
        decision = Decision.model_validate(as_json)
        with self._active.holding(decision.decision_id):
            fields: dict[str, JsonValue] = dict(decision.fields)
            failures = []
            for number, action in enumerate(decision.actions, 1):
                outcome = self._outcome(f"{number}_{action.type}", decision, action, fields, accepted_at)
                error = outcome.get("error")
                if error is not None:
                    failures.append({"action": action.name, **error})
                # Without a result later actions go on: a record is worth more than its picture's key.
                missing = dict.fromkeys(ACTION_RESULTS[action.type])
                results: Mapping[str, JsonValue] = {**missing, **outcome.get("results", {})}
                fields |= {f"{action.name}.{name}": value for name, value in results.items()}
            return failures

    def _outcome(
        self, step: str, decision: Decision, action: Action, fields: Mapping[str, JsonValue], accepted_at: float
    ) -> dict[str, Any]:
        if not isinstance(action, Webhook):
            return recorded(step, partial(self._until_done, decision, action, fields))
        try:
            delivery = delivery_of(decision, action, fields, accepted_at)
        except NeuroposeRayError as error:
            return recorded(step, partial(self._failed, decision, action.name, error.code, str(error)))
        with left_if_not_kept(step):
            self._deliveries.enqueue(delivery)
        return {}

    def _until_done(self, decision: Decision, action: Action, fields: Mapping[str, JsonValue]) -> dict[str, Any]:
        """Do an action, again and again while its store is away."""
        for attempts in itertools.count(1):
            if self._stopping.is_set():
                raise ExecutionStoppedError
            try:
                results = self._actions.run(decision, action, fields)
            except NeuroposeRayError as error:
                self._last_error = str(error)
                if not error.retryable:
                    return self._failed(decision, action.name, error.code, str(error))
                logger.warning("%s of %s, attempt %d: %s", action.name, decision.decision_id, attempts, error)
            except Exception as error:
                # Also what nobody foresaw must not hold up the decisions behind it for ever.
                logger.exception("%s of %s, attempt %d", action.name, decision.decision_id, attempts)
                if attempts >= _UNFORESEEN_ATTEMPTS:
                    return self._failed(decision, action.name, "internal", type(error).__name__)
            else:
                self._last_error = None
                return {"results": results}
            self._stopping.wait(self._pauses.after(attempts))
        raise AssertionError("attempts have no end")

    def _failed(self, decision: Decision, action: str, code: str, message: str) -> dict[str, Any]:
        logger.error("%s of decision %s failed: %s", action, decision.decision_id, message)
        self._on_failure(ActionFailure(**about(decision, action), code=code, message=message))
        return {"error": {"code": code, "message": message}}

    def _report_delivery(self, delivery: Delivery, state: DeliveryState) -> None:
        if state.state == "failed":
            self._on_failure(ActionFailure(**delivery.about, code="webhook", message=state.error or ""))

    def _run_housekeeping(self) -> None:
        while not self._stopping.wait(_TIDY_S):
            try:
                for decision_id in self._active.resume_abandoned(ABANDONED_S):
                    logger.warning("decision %s is queued again: nothing worked on it", decision_id)
                remove_ended(_WORKFLOW, time.time() - self._keep_s)
                self._deliveries.tidy(time.time() - self._keep_s)
            except Exception:
                # A database that is away for a while must not end this thread for good.
                logger.exception("housekeeping failed, and is done again")
