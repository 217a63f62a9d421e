"""Live streams in this process, without Ray: real sources, a real pose replica, a real hub, real HTTP and WebSockets.

Only the way between processes is left out: actors are objects in an event loop of their own.
"""

import asyncio
import json
import threading
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from support.grey_model import GreySpec
from support.local_service import Handle
from support.ports import free_port
from websockets.asyncio.client import ClientConnection, connect

from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import SERVER_MESSAGE
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.ingress import interface
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.http.manager_client import Jobs
from neuropose_ray.service.http.operations import Deployments
from neuropose_ray.service.live.connection import LiveParts
from neuropose_ray.service.live.directory import StreamDirectory
from neuropose_ray.service.live.figures import StreamFigures
from neuropose_ray.service.live.hub import LiveHub
from neuropose_ray.service.live.hub_client import Hub
from neuropose_ray.service.live.links import StreamLinks
from neuropose_ray.service.live.pose_client import HubDecisions, ServePoses
from neuropose_ray.service.live.rule_engines import RuleEngines
from neuropose_ray.service.live.stream import LiveStream
from neuropose_ray.service.live.stream_actor import access_of
from neuropose_ray.service.live.stream_parts import StreamIdentity
from neuropose_ray.service.pose.replica import PoseReplica
from neuropose_ray.service.settings import Settings, load_settings
from neuropose_ray.video.live import LiveSource, redacted, source_key

ACTOR_METHODS = ("attach", "detach", "renew", "set_session", "life", "report", "picture", "clip", "tell_failure")


class LocalActor:
    """A stream as its actor's handle shows it."""

    def __init__(self, stream: LiveStream, loop: asyncio.AbstractEventLoop) -> None:
        self.stream, self._loop = stream, loop
        for name in ACTOR_METHODS:
            setattr(self, name, RemoteMethod(getattr(self, f"_{name}"), loop))

    async def _attach(self, *arguments: Any) -> Any:
        return self.stream.attach(*arguments)

    async def _detach(self, token: str, keep: bool, link_id: str | None = None) -> None:
        self.stream.detach(token, keep=keep, link_id=link_id)

    async def _renew(self, link_id: str | None) -> None:
        self.stream.renew(link_id)

    async def _set_session(self, *arguments: Any) -> None:
        self.stream.set_session(*arguments)

    async def _life(self) -> str:
        return self.stream.identity.life

    async def _report(self) -> Any:
        return self.stream.report()

    async def _picture(self, overlay: bool, height: int | None, quality: int) -> Any:
        return await self.stream.picture(overlay=overlay, height=height, quality=quality)

    async def _clip(self, *arguments: Any) -> Any:
        return await self.stream.clip(*arguments)

    async def _tell_failure(self, *arguments: Any) -> None:
        self.stream.tell_failure(*arguments)


class RemoteMethod:
    def __init__(self, method: Callable[..., Awaitable[Any]], loop: asyncio.AbstractEventLoop) -> None:
        self._method, self._loop = method, loop

    def options(self, **_options: Any) -> "RemoteMethod":
        return self

    def remote(self, *arguments: Any) -> Any:
        future = asyncio.run_coroutine_threadsafe(self._method(*arguments), self._loop)
        try:
            return asyncio.wrap_future(future, loop=asyncio.get_running_loop())
        except RuntimeError:  # called by a thread, which waits for no answer
            return future


@dataclass
class LocalActors:
    """Makes and finds the streams of one service."""

    settings: Settings
    poses: Any
    hub: Any
    loop: asyncio.AbstractEventLoop
    actors: dict[str, LocalActor] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    running_tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def open(self, url: str, options: SourceOptions) -> tuple[str, LocalActor]:
        key, live = source_key(url, options), self.settings.service.live
        source = LiveSource(url, options, access=access_of(live), clip_bytes=live.clip_bytes)
        with self.lock:
            if key not in self.actors:
                self.actors[key] = asyncio.run_coroutine_threadsafe(
                    self._begin(key, url, source, options), self.loop
                ).result(10)
        return key, self.actors[key]

    async def _begin(self, key: str, url: str, source: LiveSource, options: SourceOptions) -> LocalActor:
        identity = StreamIdentity(key, redacted(url), uuid.uuid4().hex)
        stream = LiveStream(
            identity, source, options, ServePoses(self.poses), self.settings.service.live,
            tracking=self.settings.tracking, rules=RuleEngines(identity), decide=HubDecisions(self.hub),
            figures=StreamFigures(),
        )  # fmt: skip
        self.running_tasks[key] = running = asyncio.create_task(stream.run())
        running.add_done_callback(lambda _: self.actors.pop(key, None))
        return LocalActor(stream, self.loop)

    def running(self, key: str) -> LocalActor | None:
        return self.actors.get(key)

    def keys(self) -> tuple[str, ...]:
        return tuple(self.actors)

    def attach(self, actor: LocalActor, link_id: str, attachment: Any) -> Any:
        return actor.attach.remote(link_id, attachment)

    async def messages(self, actor: LocalActor, link_id: str) -> AsyncIterator[Any]:
        while True:
            take = asyncio.run_coroutine_threadsafe(actor.stream.fanout.take(link_id), self.loop)
            batch = await asyncio.wrap_future(take)
            if not batch:
                return
            ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            ready.set_result(batch)
            yield ready

    async def kill(self) -> None:
        """Let every stream end as if its process had died: nothing of it is handed on any more."""
        tasks = list(self.running_tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def end(self) -> None:
        """Let every stream end, as its lease would."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class LiveService:
    """Where it answers, and its parts."""

    port: int
    hub: LiveHub
    actors: LocalActors
    settings: Settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, **options)

    @asynccontextmanager
    async def connected(self, path: str = "/v1/live", **options: Any) -> AsyncIterator["Talk"]:
        uri = f"ws://127.0.0.1:{self.port}{path}"
        async with connect(uri, proxy=None, max_size=None, **options) as connection:
            yield Talk(connection)


class Talk:
    """One client's connection, whose native messages are checked against their schema."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self, *kinds: str, ack: bool = True, within_s: float = 60.0) -> dict[str, Any]:
        """The next message of one of some types (of an event also its name); poses are acknowledged."""
        async with asyncio.timeout(within_s):
            while True:
                message = json.loads(await self.connection.recv())
                if "payload" not in message and "status" not in message:
                    SERVER_MESSAGE.validate_json(json.dumps(message))
                if ack and message["type"] == "pose":
                    await self.say(type="ack", subscription_id=message["subscription_id"], seq=message["seq"])
                if not kinds or message["type"] in kinds or message.get("event") in kinds:
                    return message


@contextmanager
def live_service(folder: Path, spec: PoseModelSpec | None = None, **live: Any) -> Iterator[LiveService]:
    """Run it while the block runs.

    Args:
        folder: gets the data folder.
        spec: the pose model; None for one that sees how grey a picture is.
        live: further settings of live streams, and of the service as ``service={...}``.
    """
    port = free_port()
    service = {"data_dir": str(folder / "data"), "port": port, **live.pop("service", {})}
    settings = load_settings(None, {"service": {**service, "live": live}}, environment={})
    DataFolder(settings.service.data_dir).create()
    replica = PoseReplica(settings, spec or GreySpec())
    streams_loop = asyncio.new_event_loop()
    streams_thread = threading.Thread(target=streams_loop.run_forever, daemon=True)
    streams_thread.start()
    replica_handle = Handle(OnLoop(replica, streams_loop))
    actors = LocalActors(settings, replica_handle, None, streams_loop)
    hub = LiveHub(
        settings, replica_handle, None, handle=lambda: None,
        open_stream=lambda url, options, _environment: actors.open(url, options)[1],
        find_stream=actors.running,
    )  # fmt: skip
    hub.expect_decisions()
    hub_handle = Handle(hub)
    actors.hub = hub_handle
    links = StreamLinks(actors, settings.service.live)
    client = Hub(hub_handle)
    parts = LiveParts(links, client, StreamDirectory(client, links), settings.service.live)
    app = interface(settings.service, {"grey": replica_handle}, Jobs(None), Deployments(no_replicas), live=parts)
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with Listener("127.0.0.1", port, settings.service.http).lifespan(app):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    try:
        assert ready.wait(60)
        deadline = time.monotonic() + 60
        while hub.ready():  # DBOS keeps the standard output that it finds, which a test may replace for a while
            assert time.monotonic() < deadline, "the hub does not start"
            time.sleep(0.05)
        yield LiveService(port, hub, actors, settings)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        hub.close()
        asyncio.run_coroutine_threadsafe(actors.end(), streams_loop).result(30)
        streams_loop.call_soon_threadsafe(streams_loop.stop)
        streams_thread.join(10)


class OnLoop:
    """An object whose methods run in one event loop, whoever calls them."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._target, self._loop = target, loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def call(*arguments: Any) -> Any:
            future = asyncio.run_coroutine_threadsafe(getattr(self._target, name)(*arguments), self._loop)
            return await asyncio.wrap_future(future)

        return call


async def no_replicas() -> dict[str, dict[str, int]]:
    return {}
