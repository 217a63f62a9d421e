"""One client's connection: what it asks for, and what it is sent."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import NeuroposeRayError, OverloadedError, RequestError
from neuropose_ray.schemas.live_messages import (
    Ack,
    ClientMessage,
    ErrorMessage,
    Heartbeat,
    RequestState,
    Session,
    SessionPatch,
    SessionSet,
    State,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from neuropose_ray.service.http.auth import Caller, require
from neuropose_ray.service.http.errors import faults, public_message
from neuropose_ray.service.live.attachments import Attachment, ViewKey, subscription_token
from neuropose_ray.service.live.bodies import joined
from neuropose_ray.service.live.client_queue import ClientQueue, TooSlowError
from neuropose_ray.service.live.directory import StreamDirectory
from neuropose_ray.service.live.hub_client import Hub
from neuropose_ray.service.live.links import Outgoing, StreamLink, StreamLinks, Subscription
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.live.sources import kept_s

logger = logging.getLogger("ray.serve")

#: Answers that wait for a client which sends requests and reads nothing.
_MOST_ANSWERS = 200
#: Requests that wait; the next is read when one is done.
_MOST_REQUESTS = 50


class Dialect(Protocol):
    """The protocol of a connection's language: which texts its messages are."""

    #: Whether clients acknowledge messages; else what was sent counts as dealt with.
    acknowledges: bool

    def read(self, text: str) -> ClientMessage:
        """What a client says.

        Raises:
            RequestError: it is no message.
        """
        ...

    def write(self, message: BaseModel) -> str | None:
        """An answer as text; None where the language has none."""
        ...

    def write_stream(self, kind: str, head: Mapping[str, Any], body: bytes, /) -> str | None:
        """A message of a stream as text; None where the language has none."""
        ...


@dataclass(frozen=True, slots=True)
class LiveParts:
    """What connections need of their process.

    Attributes:
        links: to streams.
        hub: of the service.
        directory: of the streams that there are.
        settings: of live streams.
    """

    links: StreamLinks
    hub: Hub
    directory: StreamDirectory
    settings: LiveSettings


@dataclass(slots=True)
class _Open:
    subscription: Subscription
    link: StreamLink
    stream: str | None


class Connection:
    """Answers one client's messages, and sends what it subscribed to.

    Args:
        caller: who it is.
        parts: of the process.
        dialect: its language.
        send: sends a text.
    """

    def __init__(
        self, caller: Caller, parts: LiveParts, dialect: Dialect, send: Callable[[str], Awaitable[None]]
    ) -> None:
        self._caller, self._parts, self._dialect, self._send = caller, parts, dialect, send
        self._open: dict[str, _Open] = {}
        self._answers: deque[str] = deque()
        self._changed = asyncio.Event()
        self._requests: asyncio.Queue[ClientMessage] = asyncio.Queue(_MOST_REQUESTS)
        self._heartbeats = 0

    async def hear(self, text: str) -> None:
        """Take a message; what is wrong with it is answered, and the connection goes on."""
        try:
            message = self._dialect.read(text)
            if isinstance(message, Ack):  # which must not wait for a camera that is subscribed to
                self._acknowledge(message)
            else:
                await self._requests.put(message)
        except NeuroposeRayError as error:
            self._refuse(error, None)

    async def work(self) -> None:
        """Do what the client asks for, one after the other, until the task is cancelled."""
        while True:
            message = await self._requests.get()
            try:
                await self._do(message)
            except NeuroposeRayError as error:
                self._refuse(error, getattr(message, "subscription_id", None))

    async def talk(self) -> None:
        """Send, until the task is cancelled.

        Raises:
            TooSlowError: the client does not deal with what it is sent.
        """
        every_s = self._parts.settings.heartbeat_s
        heartbeat_at = time.monotonic() + every_s
        while True:
            self._changed.clear()
            while self._answers:
                await self._send(self._answers.popleft())
            sent = [await self._send_next(opened) for opened in tuple(self._open.values())]
            if time.monotonic() >= heartbeat_at:
                heartbeat_at = time.monotonic() + every_s
                self._heartbeats += 1
                self._answer(Heartbeat(seq=self._heartbeats, server_time=time.time()))
            if any(sent) or self._answers:
                continue
            waits = [
                wait for opened in self._open.values() if (wait := opened.subscription.queue.wait_s()) is not None
            ]
            with suppress(TimeoutError):
                async with asyncio.timeout(min([*waits, heartbeat_at - time.monotonic()])):
                    await self._changed.wait()

    async def close(self, *, keep: bool) -> None:
        """Let go of all subscriptions; ``keep``: for a while, the client may come back."""
        for opened in tuple(self._open.values()):
            await self._parts.links.detach(opened.link, opened.subscription, keep=keep)
        self._open.clear()

    async def _do(self, message: ClientMessage) -> None:
        match message:
            case Subscribe():
                await self._subscribe(message)
            case Unsubscribe():
                opened = self._open.pop(message.subscription_id, None)
                if opened is not None:
                    await self._parts.links.detach(opened.link, opened.subscription, keep=False)
                self._answer(Unsubscribed(subscription_id=message.subscription_id))
            case SessionSet():
                await self._set_session(message)
            case SessionPatch():
                require(self._caller, "submit")
                patch = message.model_dump(mode="json")["patch"]
                self._answer(
                    await self._parts.hub.patch_session(message.session_id, message.version, patch, self._caller)
                )
            case RequestState():
                streams = await self._parts.directory.reports(self._caller)
                self._answer(State(server_time=time.time(), streams=streams))

    def _acknowledge(self, message: Ack) -> None:
        self._opened(message.subscription_id).subscription.queue.acknowledge(message.seq)
        self._changed.set()

    async def _subscribe(self, message: Subscribe) -> None:
        settings = self._parts.settings
        if message.subscription_id in self._open:
            raise RequestError("there is a subscription of this name", hint="unsubscribe it first")
        if len(self._open) >= settings.max_subscriptions:
            raise OverloadedError(f"{settings.max_subscriptions} subscriptions are the most", hint="unsubscribe one")
        if message.pipeline is not None or message.source.url is not None:
            require(self._caller, "submit")
        wanted = await self._parts.directory.wanted(message, self._caller)
        pipeline, models = (None, None)
        if message.pipeline is not None:
            pipeline, models = await self._parts.hub.resolved(message.pipeline, kept_s(wanted.url, wanted.options))
        resumes, resume = message.resume is not None, message.resume or secrets.token_urlsafe(24)
        attachment = Attachment(
            token=subscription_token(self._caller.name, resume),
            view=ViewKey(wanted.crop, wanted.field_of_view_degrees),
            outputs=message.outputs,
            stream_id=message.source.stream,
            subscription_id=message.subscription_id,
            camera_id=wanted.camera_id,
            session_id=wanted.session_id,
            owner=self._caller.name,
            pipeline=pipeline,
            models=models,
            after_seq=message.after_seq if resumes else None,
        )
        queue: ClientQueue[Outgoing] = ClientQueue(
            message.window,
            settings.ack_s,
            clock=time.monotonic,
            min_interval_s=0.0 if message.max_fps is None else 1.0 / message.max_fps,
        )
        subscription = Subscription(attachment, queue, self._changed.set)
        link, attached = await self._parts.links.attach(wanted.url, wanted.options, subscription)
        self._open[message.subscription_id] = _Open(subscription, link, message.source.stream)
        self._answer(
            Subscribed(
                subscription_id=message.subscription_id,
                stream_id=message.source.stream or link.key,
                resume=resume,
                resumed=resumes and attached.resumed,
                window=message.window,
                skeleton=attached.skeleton,
                state=attached.report,
            )
        )

    async def _set_session(self, message: SessionSet) -> None:
        require(self._caller, "submit")
        opened = self._opened(message.subscription_id)
        session = Session(session_id=None)
        if message.session_id is not None:
            session = await self._parts.hub.claim_session(message.session_id, self._caller)
        await opened.link.set_session(opened.subscription.attachment.token, message.session_id)
        if opened.stream is not None:
            await self._parts.hub.set_session(opened.stream, message.session_id, self._caller)
        self._answer(session.model_copy(update={"subscription_id": message.subscription_id}))

    def _opened(self, subscription_id: str) -> _Open:
        opened = self._open.get(subscription_id)
        if opened is None:
            raise RequestError("there is no subscription of this name", where=subscription_id, hint="subscribe first")
        return opened

    def _refuse(self, error: NeuroposeRayError, subscription_id: str | None) -> None:
        logger.info("a live client of %s is refused: %s", self._caller.name, error)
        self._answer(ErrorMessage(code=error.code, message=public_message(error), subscription_id=subscription_id))

    def _answer(self, message: BaseModel) -> None:
        text = self._dialect.write(message)
        if text is None:
            return
        if len(self._answers) >= _MOST_ANSWERS:
            raise TooSlowError("the client does not read what it is answered")
        self._answers.append(text)
        self._changed.set()

    async def _send_next(self, opened: _Open) -> bool:
        """Send the next message of a subscription; whether there was one."""
        subscription = opened.subscription
        if subscription.too_slow is not None:
            raise TooSlowError(subscription.too_slow)
        queue, attachment = subscription.queue, subscription.attachment
        numbered = queue.next()
        if numbered is None:
            return False
        outgoing = numbered.item
        head: dict[str, Any] = {
            "type": outgoing.kind,
            "subscription_id": attachment.subscription_id,
            "seq": numbered.seq,
            "session_id": attachment.session_id,
        }
        if outgoing.kind == "pose":
            head["dropped"] = {"source": outgoing.dropped, "client": queue.dropped}
        text = self._dialect.write_stream(outgoing.kind, head, outgoing.body)
        if text is not None:
            await self._send(text)
        if text is None or not self._dialect.acknowledges:
            queue.acknowledge(numbered.seq)
        return True


class NativeDialect:
    """The language of :mod:`neuropose_ray.schemas.live_messages`."""

    acknowledges = True

    def read(self, text: str) -> ClientMessage:
        """What a client says.

        Raises:
            RequestError: it is no message.
        """
        from neuropose_ray.schemas.live_messages import CLIENT_MESSAGE

        try:
            return CLIENT_MESSAGE.validate_json(text)
        except ValidationError as error:
            raise RequestError(faults(error.errors()), hint="see /v1/live in /docs") from None

    def write(self, message: BaseModel) -> str:
        """An answer as text."""
        return message.model_dump_json(exclude_none=True)

    def write_stream(self, _kind: str, head: Mapping[str, Any], body: bytes) -> str:
        """A message of a stream as text."""
        return joined({name: value for name, value in head.items() if value is not None}, body)
