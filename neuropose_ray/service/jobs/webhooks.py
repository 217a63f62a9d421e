"""Messages about the ends of jobs, to those who asked for them when they submitted.

A job that has ended is noticed by its row in the database alone, whatever ended it: its last step, an order to cancel
it, or the deaths of the process that did it. What became of the message is kept beside the job.
"""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

from neuropose_ray.schemas.job_names import ENDED
from neuropose_ray.schemas.jobs import JobRequest
from neuropose_ray.service.deliveries import Deliveries, Delivery, DeliveryState
from neuropose_ray.service.jobs.durable import DurableJobs
from neuropose_ray.service.jobs.job_rows import JobRow
from neuropose_ray.service.jobs.views import job_of
from neuropose_ray.stores import WebhookSender

_NAMESPACE = uuid.UUID("6b5f7c1e-9a43-4c57-8f0e-2d1a7c3b9e58")
#: A day longer than the longest delivery: then nothing asks for a known one again.
_KEEP_ENDED_S = 86_400.0


class JobWebhooks:
    """The webhooks of one service's jobs.

    Args:
        sender: says what may be sent to.
        durable: the queue.
        deliveries: brings the messages.
    """

    def __init__(self, sender: WebhookSender, durable: DurableJobs, deliveries: Deliveries) -> None:
        self._sender, self._durable, self._deliveries = sender, durable, deliveries
        self._lock = threading.Lock()
        self._expected: set[str] = set()

    def open(self) -> None:
        """Learn which jobs an earlier process was to tell of."""
        expected = set(self._durable.awaiting_webhooks())
        with self._lock:
            self._expected |= expected

    def check(self, request: JobRequest) -> None:
        """Whether a request's webhook may be sent to.

        Raises:
            AddressRefusedError: it may not.
        """
        if request.webhook is not None:
            self._sender.check(request.webhook.url)

    def expect(self, request: JobRequest) -> None:
        """Look from now on whether a job has ended."""
        if request.webhook is not None:
            with self._lock:
                self._expected.add(request.id)

    def awaited_again(self, row: JobRow) -> dict[str, Any]:
        """What is to be noted of a job that is queued again, and so ends once more."""
        if row.request.webhook is None:
            return {}
        return {"webhook": {"state": "awaiting", "number": _number(row) + 1}}

    def deliver_ended(self) -> None:
        """Order the messages about all jobs that have ended since the last call."""
        with self._lock:
            expected = tuple(self._expected)
        if not expected:
            return
        for job_id in self._durable.ended(expected):
            row = self._durable.row(job_id)
            if row is not None and row.state not in ENDED:
                continue  # it was queued again meanwhile
            if row is not None:
                self.deliver(row)
            with self._lock:
                self._expected.discard(job_id)

    def deliver(self, row: JobRow) -> None:
        """Order the message about a job that has ended, once for each end."""
        webhook = row.request.webhook
        if webhook is None or _noted(row).get("state", "awaiting") not in ("awaiting", "pending"):
            return
        number = _number(row)
        delivery_id = str(uuid.uuid5(_NAMESPACE, f"{row.request.id} {number}"))
        job = job_of(row, {}).model_dump(mode="json", exclude={"artifacts", "webhook"})
        if _noted(row).get("state") != "pending":
            # Noted first: a note behind the order might take the place of the deliverer's report. Who finds it after
            # a kill orders the message again, which does nothing where it is known.
            self._durable.note(row.request.id, webhook={"state": "pending", "number": number})
        self._deliveries.enqueue(
            Delivery(
                delivery_id=delivery_id,
                url=webhook.url,
                body={"event": "job.ended", "id": delivery_id, "job": job},
                secret=webhook.secret,
                line=row.request.id,  # jobs end in any order
                about={"job_id": row.request.id, "number": number},
                created_at=time.time(),
            )
        )

    def report(self, delivery: Delivery, state: DeliveryState) -> None:
        """Keep what became of a message, unless the job was queued again since, or is gone."""
        row = self._durable.row(str(delivery.about["job_id"]))
        if row is not None and _number(row) == delivery.about["number"]:
            noted = {**state.model_dump(mode="json"), "number": delivery.about["number"]}
            self._durable.note(row.request.id, webhook=noted)

    def tidy(self) -> None:
        """Go on with deliveries that nobody is at, and forget old ones."""
        self._deliveries.tidy(time.time() - self._sender.give_up_s - _KEEP_ENDED_S)


def _noted(row: JobRow) -> dict[str, Any]:
    return row.attributes.get("webhook") or {}


def _number(row: JobRow) -> int:
    """Which of the job's ends is to be told of."""
    return int(_noted(row).get("number", 1))
