"""What happens in a stream, and who is told: events for its subscribers, decisions for the hub."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from neuropose_ray.schemas.rules import Decision, LiveEvent
from neuropose_ray.service.live.attachments import Attachment
from neuropose_ray.service.live.bodies import encoded
from neuropose_ray.service.live.fanout import Fanout
from neuropose_ray.service.live.rule_runs import Steps
from neuropose_ray.service.live.stream_parts import SESSION_CHANGED, Decide, Engine, StreamIdentity
from neuropose_ray.video.live import SourceStatus

if TYPE_CHECKING:
    from neuropose_ray.service.live.outbox import ActionFailure


class StreamEvents:
    """Publishes the events of one stream, and hands its decisions on in their order.

    Args:
        identity: of the stream.
        fanout: to its subscribers.
        decide: hands a decision on; returns when it is taken.
        clock: Unix seconds.
    """

    def __init__(self, identity: StreamIdentity, fanout: Fanout, decide: Decide, clock: Callable[[], float]) -> None:
        self._identity, self._fanout, self._decide, self._clock = identity, fanout, decide, clock
        self._decisions: deque[tuple[Decision, Engine | None]] = deque()
        self._decided = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Decisions that are not taken yet."""
        return len(self._decisions)

    def publish(self, event: str, content: Mapping[str, Any], tokens: frozenset[str] | None = None) -> None:
        """Publish an event for some attachments; None for all."""
        body = {"stream_id": self._identity.key, "event": event, "at": self._clock(), **content}
        known = {name: value for name, value in body.items() if value is not None}
        self._fanout.publish_event(encoded(known), tokens)

    def deliver(self, token: str, steps: Steps) -> None:
        """Take what an attachment's rules gave: events to those who may see them, decisions to the hub."""
        for step in steps:
            if isinstance(step, LiveEvent):
                self.publish(step.kind, step.model_dump(mode="json", exclude={"kind"}), self._audience(token))
            else:
                self._decisions.append((step, self._engine(token) if step.phase == "enter" else None))
                self._decided.set()

    def tell_state(self, status: SourceStatus) -> None:
        """Publish which state the source is in now."""
        data: dict[str, Any] = {"reconnects": status.reconnects}
        if status.last_error is not None:
            data["error"] = status.last_error
        self.publish(f"stream.{status.state}", {"epoch": status.epoch, "data": data})

    def tell_session(self, attachment: Attachment) -> None:
        """Let all who look by a registered stream's name know its session, which their messages have from then on."""
        data = {"session_id": attachment.session_id}
        self.publish(SESSION_CHANGED, {"data": data}, self._audience(attachment.token))

    def tell_failure(self, failure: ActionFailure) -> None:
        """Publish that an action of a decision was given up."""
        about = asdict(failure)
        known = {name: about.pop(name) for name in ("rule", "session_id")}
        stream, subscription, owner = (about.pop(name) for name in ("stream_id", "subscription_id", "owner"))
        attachments = self._fanout.attachments.items()
        if subscription is None:
            tokens = frozenset(token for token, attachment in attachments if attachment.stream_id == stream)
        else:
            named = (subscription, owner)
            tokens = frozenset(
                token for token, attachment in attachments if (attachment.subscription_id, attachment.owner) == named
            )
        self.publish("action.failed", {**known, "data": about}, tokens)

    async def send_decisions(self) -> None:
        """Hand decisions on, until the task is cancelled; what is not taken yet is held here."""
        while True:
            await self._decided.wait()
            while self._decisions:
                await self._decide(*self._decisions[0])
                self._decisions.popleft()
            self._decided.clear()

    def _engine(self, token: str) -> Engine | None:
        """The engine of an attachment; None where it is gone, and its episodes have ended with it."""
        attachment = self._fanout.attachments.get(token)
        if attachment is None or attachment.pipeline is None:
            return None
        return Engine(self._identity.key, self._identity.life, attachment.pipeline)

    def _audience(self, token: str) -> frozenset[str]:
        """An attachment, and for a registered stream all who came by its name."""
        attachments = self._fanout.attachments
        origin = attachments.get(token)
        if origin is None or not origin.is_registration:
            return frozenset({token})
        subscribers = (name for name, attachment in attachments.items() if attachment.stream_id == origin.stream_id)
        return frozenset({token, *subscribers})
