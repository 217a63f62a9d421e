"""Clients of one process share a link to each stream, for as long as one of them looks through it."""

import asyncio
import time
from typing import Any

import pytest

from neuropose_ray.errors import RuleError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import StreamReport
from neuropose_ray.service.live.attachments import Attached, Attachment, ViewKey
from neuropose_ray.service.live.client_queue import ClientQueue
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
        first = asyncio.create_task(links.attach("rtsp://camera", SourceOptions(), subscription("first")))
        await asyncio.sleep(0.05)
        with pytest.raises(RuleError):
            await links.attach("rtsp://camera", SourceOptions(), subscription("second", "rules"))
        actors.actor.open.set()
        link, _ = await first
        third, _ = await links.attach("rtsp://camera", SourceOptions(), subscription("third"))
        for token in ("first", "third"):
            await links.detach(link, token, keep=False)
        await asyncio.sleep(0)
        return link is third, len(asyncio.all_tasks())

    shared, tasks = asyncio.run(attach())
    assert shared
    assert tasks == 1, "nothing is followed that nobody looks at"
