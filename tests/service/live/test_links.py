"""Clients of one process share a link to each stream, for as long as one of them looks through it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from neuropose_ray.errors import RuleError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import StreamReport
from neuropose_ray.service.live.attachments import Attached, Attachment, ViewKey
from neuropose_ray.service.live.client_queue import ClientQueue
from neuropose_ray.service.live.fanout import Fanout
from neuropose_ray.service.live.links import StreamLinks, Subscription
from neuropose_ray.service.live.settings import LiveSettings

REPORT = StreamReport(stream_id="key", url="rtsp://camera", state="active", since=0.0)


class Actor:
    """A stream whose answers to attachments wait until they are let; a pipeline is refused."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    def __getattr__(self, name: str) -> "Actor":
        return self

    async def remote(self, *arguments: Any) -> Any:
        attachment = next((each for each in arguments if isinstance(each, Attachment)), None)
        if attachment is None:
            return None
        if attachment.pipeline is not None:
            return RuleError("these rules cannot be run")
        await self.open.wait()
        return Attached(False, (), REPORT, None)


class Actors:
    """One stream, whatever is asked for."""

    def __init__(self) -> None:
        self.actor = Actor()

    def open(self, url: str, options: SourceOptions) -> tuple[str, Any]:
        return "key", self.actor

    def attach(self, actor: Any, link_id: str, attachment: Attachment) -> Any:
        return actor.attach.remote(link_id, attachment)

    async def messages(self, actor: Actor, link_id: str) -> Any:
        await asyncio.Event().wait()
        yield


def subscription(token: str, pipeline: str | None = None) -> Subscription:
    attachment = Attachment(token, ViewKey(), ("poses2d",), subscription_id=token, pipeline=pipeline)
    return Subscription(attachment, ClientQueue(2, 10.0, clock=time.monotonic), lambda: None)


def test_a_client_that_is_refused_takes_nothing_from_one_who_comes_at_the_same_time():
    async def attach() -> tuple[bool, int]:
        actors = Actors()
        links = StreamLinks(actors, LiveSettings())
        one, other = subscription("first"), subscription("third")
        first = asyncio.create_task(links.attach("rtsp://camera", SourceOptions(), one))
        await asyncio.sleep(0.05)
        with pytest.raises(RuleError):
            await links.attach("rtsp://camera", SourceOptions(), subscription("second", "rules"))
        actors.actor.open.set()
        link, _ = await first
        third, _ = await links.attach("rtsp://camera", SourceOptions(), other)
        for each in (one, other):
            await links.detach(link, each, keep=False)
        await asyncio.sleep(0)
        return link is third, len(asyncio.all_tasks())

    shared, tasks = asyncio.run(attach())
    assert shared
    assert tasks == 1, "nothing is followed that nobody looks at"


class StreamOfOneFanout:
    """An actor whose attachments are those of a real fan-out; its answers take a few turns of the event loop."""

    def __init__(self, answers_after: int = 2) -> None:
        self.fanout = Fanout(0, clock=time.monotonic, lease_s=60, linger_s=60)
        self._answers_after = answers_after
        self.attach, self.detach = Remote(self._attach), Remote(self._detach)

    async def _attach(self, link_id: str, attachment: Attachment) -> Attached:
        resumed, missed = self.fanout.attach(link_id, attachment)
        for _ in range(self._answers_after):
            await asyncio.sleep(0)
        return Attached(resumed, missed, REPORT, None)

    async def _detach(self, token: str, keep: bool, link_id: str | None = None) -> None:
        if not self.fanout.has_moved(token, link_id):
            self.fanout.detach(token, keep=keep)


class Remote:
    """A method whose work begins when it is called, as that of an actor does, whoever waits for it."""

    def __init__(self, method: Callable[..., Coroutine[Any, Any, Any]]) -> None:
        self._method = method

    def remote(self, *arguments: Any) -> Awaitable[Any]:
        return asyncio.shield(asyncio.create_task(self._method(*arguments)))


def process_of(stream: StreamOfOneFanout) -> StreamLinks:
    actors = Actors()
    actors.actor = stream  # type: ignore[assignment]
    return StreamLinks(actors, LiveSettings())


@pytest.mark.parametrize("other_process", [False, True])
def test_who_came_back_before_the_lost_connection_was_noticed_is_not_let_go_with_it(other_process: bool):
    async def watch() -> tuple[bool, list[bytes]]:
        stream = StreamOfOneFanout()
        first = process_of(stream)
        second = process_of(stream) if other_process else first
        lost, present = subscription("a"), subscription("a")
        link, _ = await first.attach("rtsp://camera", SourceOptions(), lost)
        link_now, attached = await second.attach("rtsp://camera", SourceOptions(), present)
        await first.detach(link, lost, keep=True)
        stream.fanout.publish_event(b"{}")
        for message in await stream.fanout.take(link_now.link_id):
            for waiting in tuple(link_now._subscriptions.values()):
                waiting.deliver(message)
        sent = present.queue.next()
        await second.detach(link_now, present, keep=False)
        return attached.resumed, [] if sent is None else [sent.item.body]

    assert asyncio.run(watch()) == (True, [b"{}"])


def test_a_client_that_leaves_while_it_subscribes_stays_at_no_stream():
    async def left_after(turns: int) -> set[str]:
        stream = StreamOfOneFanout()
        links = process_of(stream)
        stays, leaves = subscription("stays"), subscription("leaves", "{}")
        link, _ = await links.attach("rtsp://camera", SourceOptions(), stays)
        attaching = asyncio.create_task(links.attach("rtsp://camera", SourceOptions(), leaves))
        for _ in range(turns):
            await asyncio.sleep(0)
        attaching.cancel()
        outcome = (await asyncio.gather(attaching, return_exceptions=True))[0]
        if not isinstance(outcome, BaseException):
            await links.detach(link, leaves, keep=False)
        await asyncio.sleep(0.01)
        there = {token for token, at in stream.fanout._link_of.items() if at == link.link_id}
        await links.detach(link, stays, keep=False)
        return there

    # With the opening of the actor, which is in a thread, it is not known which turn is which.
    for turns in range(12):
        assert asyncio.run(left_after(turns)) == {"stays"}
    assert asyncio.run(left_after(2000)) == {"stays"}
