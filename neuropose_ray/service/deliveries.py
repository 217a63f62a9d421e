"""Webhooks that are brought to their receivers, however long those are away: a workflow of DBOS for each.

Attempts of a delivery follow each other in its line for a while, so that deliveries of one line arrive in their
order. A receiver that is away for longer holds up nobody else: the delivery goes on in rounds, with pauses between
them in which nothing waits for it. A delivery that was made and could not be recorded is made again, with the same
idempotency key.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from pydantic import Field, JsonValue

from neuropose_ray.errors import AddressUnknownError, NeuroposeRayError, WebhookUnavailableError
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.service.durable_work import (
    OPEN,
    ActiveWorkflows,
    ExecutionStoppedError,
    Pauses,
    full_disk_named,
    left_if_not_kept,
    next_number,
    plain_function,
    recorded,
    remove_ended,
)
from neuropose_ray.service.queue_looks import QueueLooks
from neuropose_ray.stores import WebhookSender

logger = logging.getLogger(__name__)

QUEUE, _WORKFLOW = "webhooks", "webhook"
#: Deliveries at once, of different lines.
_AT_ONCE = 16
#: Between two rounds of a delivery; DBOS looks every half minute for what is due.
_BETWEEN_ROUNDS = Pauses(first_s=30.0, longest_s=3600.0)


#: A thread that is on its way into or out of a workflow is not gone; that takes less than a second.
ABANDONED_S = 20.0


class Delivery(FrozenModel):
    """A message on its way. ``delivery_id`` is the idempotency key, ``about`` says to its sender what it is of."""

    delivery_id: str
    url: str
    body: JsonValue
    secret: str | None = None
    line: str
    about: dict[str, Any] = Field(default_factory=dict)
    created_at: float


class DeliveryState(FrozenModel):
    """What became of a delivery so far. ``at`` is the time of the last attempt, Unix seconds."""

    state: Literal["pending", "delivered", "failed"]
    attempts: int = 0
    status: int | None = None
    error: str | None = None
    at: float | None = None


class Deliveries:
    """The deliveries of one process, in its DBOS.

    Args:
        sender: posts a message once.
        report: is called with each change of a delivery, once or more often, in one of this object's threads.
        in_line_s: for which a delivery holds up those behind it in its line.
        pauses: between attempts in line.
        poll_s: between two looks at the queue.
        looks: at the queue.
    """

    def __init__(
        self,
        sender: WebhookSender,
        report: Callable[[Delivery, DeliveryState], None],
        *,
        in_line_s: float,
        pauses: Pauses | None = None,
        poll_s: float = 1.0,
        looks: QueueLooks,
    ) -> None:
        self._sender, self._report, self._looks = sender, report, looks
        self._in_line_s, self._pauses, self._poll_s = in_line_s, pauses or Pauses(), poll_s
        self._stopping = threading.Event()
        self._workflow: Any = None
        self._numbers = itertools.count(1)
        self._active = ActiveWorkflows(QUEUE, looks)

    def register(self) -> None:
        """Make the workflow known; before DBOS is launched."""
        from dbos import DBOS

        # No kill of this process is a delivery's doing.
        self._workflow = DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=None)(plain_function(self._deliver))

    def open(self) -> None:
        """Begin to deliver; after DBOS was launched."""
        from dbos import DBOS

        self._numbers = itertools.count(next_number(QUEUE))
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=_AT_ONCE,
            partition_concurrency=1,
            polling_interval_sec=self._poll_s,
            on_conflict="always_update",
        )

    def stop(self) -> None:
        """Leave all deliveries where they are, for the next process."""
        self._stopping.set()

    def enqueue(self, delivery: Delivery) -> None:
        """Take a delivery on. It is in the database when this returns; a known one is left as it is.

        Raises:
            StorageFullError: the database's disk is full.
        """
        self._enqueue(delivery.model_dump(mode="json"), 0, 0, None)

    def counts(self) -> int:
        """How many deliveries have not ended."""
        from dbos import DBOS

        return len(DBOS.list_workflows(name=_WORKFLOW, status=list(OPEN), load_input=False, load_output=False))

    def tidy(self, ended_before: float) -> None:
        """Queue deliveries again that no thread is at, and forget those that ended before a time (Unix seconds)."""
        self._active.resume_abandoned(ABANDONED_S)
        remove_ended(_WORKFLOW, ended_before)

    def _enqueue(self, delivery: dict[str, Any], number: int, attempts: int, delay_s: float | None) -> None:
        from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

        options = SetEnqueueOptions(
            priority=next(self._numbers), queue_partition_key=str(delivery["line"]), delay_seconds=delay_s
        )
        workflow_id = SetWorkflowID(_workflow_id(str(delivery["delivery_id"]), number))
        with full_disk_named(), workflow_id, options:
            DBOS.enqueue_workflow(QUEUE, self._workflow, delivery, number, attempts)
        self._looks.wake()

    def _deliver(self, as_json: dict[str, Any], number: int, attempts: int) -> dict[str, Any]:
        """One round of a delivery, and the order of the next one where it was in vain."""
        delivery = Delivery.model_validate(as_json)
        with self._active.holding(_workflow_id(delivery.delivery_id, number)):
            state = DeliveryState.model_validate(recorded("attempts", partial(self._round, delivery, attempts)))
            if state.state == "pending":
                with left_if_not_kept("the next round"):
                    self._enqueue(as_json, number + 1, state.attempts, _BETWEEN_ROUNDS.after(number + 1))
            recorded("report", partial(self._report, delivery, state))
            return state.model_dump(mode="json")

    def _round(self, delivery: Delivery, attempts: int) -> dict[str, Any]:
        until = time.monotonic() + self._in_line_s
        while True:
            attempts += 1
            state, wait_s = self._attempt(delivery, attempts)
            if state.state != "pending" or time.monotonic() + wait_s > until:
                return state.model_dump(mode="json")
            self._report(delivery, state)
            if self._stopping.wait(wait_s):
                raise ExecutionStoppedError

    def _attempt(self, delivery: Delivery, attempts: int) -> tuple[DeliveryState, float]:
        """Post a message; what became of it, and seconds to wait where it is to be tried again."""
        if self._stopping.is_set():
            raise ExecutionStoppedError
        wait_s = self._pauses.after(attempts)
        try:
            status = self._sender.send(
                delivery.url, delivery.body, idempotency_key=delivery.delivery_id, secret=delivery.secret
            )
        except NeuroposeRayError as error:
            is_over = time.time() - delivery.created_at > self._sender.give_up_s
            is_passing = isinstance(error, WebhookUnavailableError | AddressUnknownError)
            if isinstance(error, WebhookUnavailableError) and error.retry_after_s is not None:
                wait_s = max(wait_s, error.retry_after_s)
            state: Literal["pending", "failed"] = "pending" if is_passing and not is_over else "failed"
            logger.warning("webhook %s, attempt %d: %s", delivery.delivery_id, attempts, error)
            return DeliveryState(state=state, attempts=attempts, error=str(error), at=time.time()), wait_s
        return DeliveryState(state="delivered", attempts=attempts, status=status, at=time.time()), wait_s


def _workflow_id(delivery_id: str, number: int) -> str:
    """The id of a round of a delivery."""
    return delivery_id if number == 0 else f"{delivery_id}-{number}"
