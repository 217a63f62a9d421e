"""The actor of one source: found by its name from anywhere in the cluster, restarted by Ray, ended by its lease.

An actor that comes back is waited for by everybody who looks at its camera. So this module loads little: the source
is connected to at once, in a process of its own, while the actor's loads all else that a stream is made of.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.names import STREAM
from neuropose_ray.video.live import LiveSource, SourceAccess, redacted, source_key

if TYPE_CHECKING:
    from neuropose_ray.schemas.live_messages import StreamReport
    from neuropose_ray.service.live.attachments import Attached, Attachment, Published
    from neuropose_ray.service.live.outbox import ActionFailure
    from neuropose_ray.service.live.settings import LiveSettings
    from neuropose_ray.service.live.stream import LiveStream
    from neuropose_ray.tracking import TrackingSettings

logger = logging.getLogger(__name__)

NAMESPACE = "neuropose_ray"
_NAME = "neuropose_ray:stream:"
#: Batches of messages on their way to a link; more wait here, poses giving way to newer ones.
_BATCHES_UNDER_WAY = 4
_PAUSE_S = 0.5


def access_of(settings: LiveSettings) -> SourceAccess:
    """What sources the settings allow."""
    return SourceAccess(
        private_networks=settings.private_networks,
        hosts=settings.hosts,
        hls=settings.hls,
        devices=settings.devices,
        files=tuple(Path(folder).expanduser() for folder in settings.files),
    )


@dataclass(frozen=True, slots=True)
class StreamEnvironment:
    """What the actors of a service's streams need, and no more: an actor that comes back loads all of it.

    Attributes:
        live: settings of live streams.
        tracking: how people are followed.
        poses: handle of the deployment with the pose model.
        hub: handle of the hub.
        logs: of the actors; None where nobody reads them.
    """

    live: LiveSettings
    tracking: TrackingSettings
    poses: Any
    hub: Any
    logs: LogFiles | None = None


@dataclass(frozen=True, slots=True)
class SourceOpening:
    """What an actor needs to connect to its source.

    Attributes:
        access: which sources are allowed.
        clip_bytes: of the encoded stream that are kept for clips at most.
        logs: of the actor; None where nobody reads them.
    """

    access: SourceAccess
    clip_bytes: int
    logs: LogFiles | None


def open_stream(url: str, options: SourceOptions, environment: StreamEnvironment) -> Any:
    """The handle of a source's actor, which is made where there is none.

    Args:
        url: checked.
        options: of the source.
        environment: of the service.
    """
    import ray

    key = source_key(url, options)
    running = running_stream(key)
    if running is not None:
        return running
    actor = _actor_class().options(
        name=f"{_NAME}{key}",
        namespace=NAMESPACE,
        lifetime="detached",
        get_if_exists=True,  # another process may be as fast
        max_restarts=-1,
        num_cpus=0,
    )
    live = environment.live
    opening = SourceOpening(access_of(live), live.clip_bytes, environment.logs)
    return actor.remote(url, options, opening, ray.cloudpickle.dumps(environment))


@cache
def _actor_class() -> Any:
    """The class as Ray has it, made once: each that is made stays in memory, and takes 20 kB and milliseconds."""
    import ray

    return ray.remote(StreamActor)


def stream_keys() -> tuple[str, ...]:
    """The keys of all sources that have an actor now."""
    from ray.util import list_named_actors

    actors = list_named_actors(all_namespaces=True)
    names = (actor["name"] for actor in actors if actor["namespace"] == NAMESPACE)
    return tuple(name.removeprefix(_NAME) for name in names if name.startswith(_NAME))


def running_stream(key: str) -> Any | None:
    """The handle of a source's actor; None where there is none."""
    import ray

    with suppress(ValueError):
        return ray.get_actor(f"{_NAME}{key}", namespace=NAMESPACE)
    return None


def attached(actor: Any, link_id: str | None, attachment: Attachment) -> Any:
    """An actor's answer to an attachment: as soon as it is there where it is being restarted."""
    return actor.attach.options(max_task_retries=-1).remote(link_id, attachment)


def followed_messages(actor: Any, link_id: str) -> Any:
    """The generator of an actor's messages for a link."""
    options = {"num_returns": "streaming", "_generator_backpressure_num_objects": _BATCHES_UNDER_WAY}
    return actor.messages.options(**options).remote(link_id)


class StreamActor:
    """One source at work; see :class:`.stream.LiveStream`.

    Args:
        url: of the source, checked.
        options: of the source.
        opening: of the source.
        environment: a pickled :class:`StreamEnvironment`.
    """

    def __init__(self, url: str, options: SourceOptions, opening: SourceOpening, environment: bytes) -> None:
        key, self._url = source_key(url, options), redacted(url)
        if opening.logs is not None:
            replace(opening.logs, part=f"{STREAM}-{key}").start()
        logger.info("%s: a new life of its actor", self._url)
        source = LiveSource(url, options, access=opening.access, clip_bytes=opening.clip_bytes)
        source.start()
        self._life = f"{time.time():.3f}"
        self._stream = _stream(key, self._url, self._life, source, options, environment)
        self._running = asyncio.get_running_loop().create_task(self._run())

    def __repr__(self) -> str:
        """Its name in Ray's dashboard and logs: which camera, without its password."""
        return f"Stream({self._url})"

    async def attach(self, link_id: str | None, attachment: Attachment) -> Attached | NeuroposeRayError:
        """See :meth:`.stream.LiveStream.attach`; an error is given back, not raised."""
        try:
            return self._stream.attach(link_id, attachment)
        except NeuroposeRayError as error:
            return error

    async def detach(self, token: str, keep: bool, link_id: str | None = None) -> None:
        """See :meth:`.stream.LiveStream.detach`."""
        self._stream.detach(token, keep=keep, link_id=link_id)

    async def renew(self, link_id: str | None) -> None:
        """See :meth:`.stream.LiveStream.renew`."""
        self._stream.renew(link_id)

    async def set_session(self, token: str, session_id: str | None) -> None:
        """See :meth:`.stream.LiveStream.set_session`."""
        self._stream.set_session(token, session_id)

    async def tell_failure(self, failure: ActionFailure) -> None:
        """See :meth:`.stream.LiveStream.tell_failure`."""
        self._stream.tell_failure(failure)

    async def life(self) -> str:
        """Which life of the actor this is: Ray restarts it."""
        return self._life

    async def report(self) -> StreamReport:
        """How the stream is now."""
        return self._stream.report()

    async def picture(self, overlay: bool, height: int | None, quality: int) -> tuple[bytes, float] | None:
        """See :meth:`.stream.LiveStream.picture`."""
        return await self._stream.picture(overlay=overlay, height=height, quality=quality)

    async def clip(self, seconds: float, path: Path) -> Any:
        """See :meth:`.stream.LiveStream.clip`; an error is given back, not raised."""
        try:
            return await self._stream.clip(seconds, path)
        except NeuroposeRayError as error:
            return error

    async def messages(self, link_id: str) -> AsyncIterator[tuple[Published, ...]]:
        """What is new for a link, for as long as it renews itself."""
        while batch := await self._stream.fanout.take(link_id):
            yield batch

    async def _run(self) -> None:
        import ray

        try:
            await self._stream.run()
            restarts = False
        except Exception:
            logger.exception("the stream %s failed", self._url)
            await asyncio.sleep(_PAUSE_S)
            restarts = True
        ray.kill(ray.get_runtime_context().current_actor, no_restart=not restarts)


def _stream(
    key: str, url: str, life: str, source: LiveSource, options: SourceOptions, environment: bytes
) -> LiveStream:
    """A stream with all that it is made of, which is loaded here."""
    from ray import cloudpickle

    from neuropose_ray.service.live.figures import StreamFigures
    from neuropose_ray.service.live.metrics import RayStreamMeter
    from neuropose_ray.service.live.pose_client import HubDecisions, ServePoses
    from neuropose_ray.service.live.rule_engines import RuleEngines
    from neuropose_ray.service.live.stream import LiveStream
    from neuropose_ray.service.live.stream_parts import StreamIdentity

    service: StreamEnvironment = cloudpickle.loads(environment)
    identity = StreamIdentity(key, url, life)
    return LiveStream(
        identity,
        source,
        options,
        ServePoses(service.poses),
        service.live,
        tracking=service.tracking,
        rules=RuleEngines(identity),
        decide=HubDecisions(service.hub),
        figures=StreamFigures(RayStreamMeter(url)),
    )
