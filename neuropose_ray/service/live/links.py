"""The streams that the clients of one process look at: one link to each, however many clients there are."""

from __future__ import annotations

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from neuropose_ray.errors import NeuroposeRayError, NotReadyError, OverloadedError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import StreamReport
from neuropose_ray.service.live.attachments import Attached, Attachment, Published
from neuropose_ray.service.live.client_queue import ClientQueue, Numbered, TooSlowError
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.live.stream_parts import SESSION_CHANGED

logger = logging.getLogger("ray.serve")

#: For an actor to be made, or to come back.
PATIENCE_S = 30.0
_CALL_S, _PAUSE_S = 10.0, 0.3


class StreamActors(Protocol):
    """The protocol of what makes and finds the actors of streams."""

    def open(self, url: str, options: SourceOptions) -> tuple[str, Any]:
        """The key of a source, and the handle of its actor, which is made where there is none.

        Raises:
            SourceError: it is no source, or may not be opened.
        """
        ...

    def running(self, key: str) -> Any | None:
        """The handle of an actor; None where there is none."""
        ...

    def keys(self) -> tuple[str, ...]:
        """The keys of all that there are."""
        ...

    def attach(self, actor: Any, link_id: str, attachment: Attachment) -> Any:
        """An actor's answer to an attachment, as soon as it is there where it is being restarted."""
        ...

    def messages(self, actor: Any, link_id: str) -> Any:
        """What an actor publishes, as an asynchronous iterator of references to batches."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way to a client.

    Attributes:
        kind: of it.
        body: the JSON object without what the subscription adds.
        dropped: frames of the source that were not looked at, so far.
    """

    kind: Literal["pose", "event"]
    body: bytes
    dropped: int = 0


@dataclass(slots=True, eq=False)
class Subscription:
    """One client's look at one stream.

    Attributes:
        attachment: at the stream's actor.
        queue: of its messages, with what each is.
        wake: is called when there may be something to send.
        too_slow: why the client is to be cut; None while it is not.
    """

    attachment: Attachment
    queue: ClientQueue[Outgoing]
    wake: Callable[[], None]
    too_slow: str | None = None

    def deliver(self, message: Published) -> None:
        """Take a message of the stream, if it is meant for this client."""
        attachment = self.attachment
        if message.kind == "pose":
            body = message.bodies.get(attachment.outputs_key)
            if body is None or message.view != str(attachment.view):
                return
            self.queue.put_pose(Numbered(message.seq, Outgoing("pose", body, message.dropped)))
        elif message.tokens is None or attachment.token in message.tokens:
            body = message.bodies[""]
            if SESSION_CHANGED.encode() in body:
                self._note_session(body)
            try:
                self.queue.put_event(Numbered(message.seq, Outgoing("event", body)))
            except TooSlowError as error:
                self.too_slow = str(error)
        self.wake()

    def _note_session(self, body: bytes) -> None:
        event = json.loads(body)
        if event["event"] == SESSION_CHANGED:
            self.attachment = replace(self.attachment, session_id=event["data"]["session_id"])


class StreamLink:
    """One process's look at one stream: takes what it publishes, renews its lease, and outlives the actor's death.

    Args:
        key: of the source.
        open_actor: gives the handle of its actor, which it makes where there is none.
        actors: asks them for attachments and messages.
        renew_s: between two renewals.
    """

    def __init__(
        self,
        key: str,
        open_actor: Callable[[], Any],
        actors: StreamActors,
        renew_s: float,
    ) -> None:
        self.key, self._open_actor, self._actors, self._renew_s = key, open_actor, actors, renew_s
        self.link_id = uuid.uuid4().hex
        self._actor: Any = None
        self._subscriptions: dict[str, Subscription] = {}
        self._attaching = 0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_empty(self) -> bool:
        """Whether nobody looks through it, or is about to."""
        return not self._subscriptions and not self._attaching

    async def attach(self, subscription: Subscription) -> Attached:
        """Let a client look.

        Raises:
            NeuroposeRayError: what the actor refuses; NotReadyError where it does not answer.
        """
        token = subscription.attachment.token
        self._attaching += 1
        try:
            attached: Attached = await self._asked(self._attach, subscription.attachment)
        except asyncio.CancelledError:
            # The client left meanwhile; the actor may have let it look all the same.
            if self._actor is not None and token not in self._subscriptions:
                self._actor.detach.remote(token, True, self.link_id)
            raise
        finally:
            self._attaching -= 1
        self._subscriptions[token] = subscription
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._renew())]
        for message in attached.missed:
            subscription.deliver(message)
        return attached

    async def detach(self, subscription: Subscription, *, keep: bool) -> None:
        """Let a client go; ``keep``: for a while, until it comes back.

        Nothing happens where it is back already, on a connection that came before this one was known to be lost.
        """
        token = subscription.attachment.token
        if self._subscriptions.get(token) is subscription:
            del self._subscriptions[token]
            with suppress(NeuroposeRayError):
                await self._asked(lambda actor: actor.detach.remote(token, keep, self.link_id), patience_s=_PAUSE_S)

    async def set_session(self, token: str, session_id: str | None) -> None:
        """Stamp a session on what follows for a client."""
        subscription = self._subscriptions[token]
        subscription.attachment = replace(subscription.attachment, session_id=session_id)
        await self._asked(lambda actor: actor.set_session.remote(token, session_id))

    def close(self) -> None:
        """Stop to follow the stream."""
        for task in self._tasks:
            task.cancel()

    def _attach(self, actor: Any, attachment: Attachment) -> Any:
        return self._actors.attach(actor, self.link_id, attachment)

    async def _asked(self, call: Callable[..., Any], *arguments: Any, patience_s: float = PATIENCE_S) -> Any:
        deadline = time.monotonic() + patience_s
        while True:
            try:
                if self._actor is None:
                    self._actor = await asyncio.to_thread(self._open_actor)
                async with asyncio.timeout(_CALL_S):
                    answer = await call(self._actor, *arguments)
            except NeuroposeRayError:
                raise
            except Exception as error:
                if time.monotonic() > deadline:
                    raise NotReadyError("the stream does not answer", hint="try again soon") from error
                logger.info("stream %s does not answer yet: %s", self.key, type(error).__name__)
                self._actor = None
                await asyncio.sleep(_PAUSE_S)
                continue
            if isinstance(answer, NeuroposeRayError):
                raise answer
            return answer

    async def _follow(self) -> None:
        """Pass on what the stream publishes; where its actor dies, look at the one that comes after it."""
        while True:
            try:
                actor = self._actor
                if actor is not None:
                    async for reference in self._actors.messages(actor, self.link_id):
                        for message in await reference:
                            for subscription in tuple(self._subscriptions.values()):
                                subscription.deliver(message)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  the actor has died, or is being restarted
                logger.info("stream %s is followed again: %s", self.key, type(error).__name__)
            await asyncio.sleep(_PAUSE_S)
            await self._attach_again()

    async def _attach_again(self) -> None:
        self._actor = None
        for subscription in tuple(self._subscriptions.values()):
            try:
                await self._asked(self._attach, subscription.attachment)
            except NeuroposeRayError as error:
                logger.warning("stream %s: %s", self.key, error)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._renew_s)
            with suppress(Exception):  # the actor is being restarted, which the other task sees
                await self._actor.renew.remote(self.link_id)


class StreamLinks:
    """All links of one process.

    Args:
        actors: of streams.
        settings: of live streams.
    """

    def __init__(self, actors: StreamActors, settings: LiveSettings) -> None:
        self._actors, self._settings = actors, settings
        self._links: dict[str, StreamLink] = {}

    async def attach(
        self, url: str, options: SourceOptions, subscription: Subscription
    ) -> tuple[StreamLink, Attached]:
        """Let a client look at a source.

        Raises:
            SourceError: it is no source, or may not be opened.
            OverloadedError: there are too many streams.
            RuleError: the pipeline cannot be run.
            NotReadyError: its actor does not answer.
        """
        key, actor = await asyncio.to_thread(self._open, url, options)
        link = self._links.get(key)
        if link is None:
            opened = [actor]
            link = self._links[key] = StreamLink(
                key,
                lambda: opened.pop() if opened else self._actors.open(url, options)[1],
                self._actors,
                self._settings.lease_s / 6,
            )
        try:
            return link, await link.attach(subscription)
        finally:
            self._forget_if_empty(link)

    async def detach(self, link: StreamLink, subscription: Subscription, *, keep: bool) -> None:
        """Let a client go."""
        await link.detach(subscription, keep=keep)
        self._forget_if_empty(link)

    async def reports(self, keys: Collection[str] | None = None) -> dict[str, StreamReport]:
        """How streams are now, by their sources' keys; those that do not answer are left out.

        Args:
            keys: of the sources that are asked for; None for all that there are.
        """
        wanted = tuple(dict.fromkeys(keys)) if keys is not None else await asyncio.to_thread(self._actors.keys)
        reports = await asyncio.gather(*map(self.report, wanted))
        return {key: report for key, report in zip(wanted, reports, strict=True) if report is not None}

    async def report(self, key: str) -> StreamReport | None:
        """How a stream is now; None where it does not answer."""
        actor = await asyncio.to_thread(self._actors.running, key)
        if actor is None:
            return None
        with suppress(Exception):
            async with asyncio.timeout(_CALL_S):
                report: StreamReport = await actor.report.remote()
                return report
        return None

    async def picture(
        self, key: str, *, overlay: bool, height: int | None, quality: int
    ) -> tuple[bytes, float] | None:
        """The latest frame of a stream as JPEG, and when it came; None where there is none."""
        actor = await asyncio.to_thread(self._actors.running, key)
        if actor is None:
            return None
        with suppress(Exception):
            async with asyncio.timeout(_CALL_S):
                picture: tuple[bytes, float] | None = await actor.picture.remote(overlay, height, quality)
                return picture
        return None

    def _open(self, url: str, options: SourceOptions) -> tuple[str, Any]:
        if len(self._links) >= self._settings.max_streams:
            raise OverloadedError(f"there are {self._settings.max_streams} streams already", hint="try again later")
        return self._actors.open(url, options)

    def _forget_if_empty(self, link: StreamLink) -> None:
        if link.is_empty and self._links.get(link.key) is link:
            link.close()
            del self._links[link.key]
