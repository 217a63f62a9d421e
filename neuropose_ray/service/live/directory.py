"""Which streams there are, and what a client means by one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from neuropose_ray.errors import StreamNotFoundError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import Crop, StreamReport, Subscribe
from neuropose_ray.service.http.auth import Caller
from neuropose_ray.service.live.hub_client import Hub
from neuropose_ray.service.live.links import StreamLinks
from neuropose_ray.service.live.registry import RegisteredStream
from neuropose_ray.video.live import redacted, source_key


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscription looks at.

    Attributes:
        url: of the source.
        options: of the source.
        crop: of its pictures.
        field_of_view_degrees: of its camera.
        camera_id: in records.
        session_id: that its messages begin with.
    """

    url: str
    options: SourceOptions
    crop: Crop | None
    field_of_view_degrees: float | None
    camera_id: str
    session_id: str | None


class StreamDirectory:
    """Registered streams, and those that clients have opened by a URL.

    Args:
        hub: has the registered ones.
        links: reach all of them.
    """

    def __init__(self, hub: Hub, links: StreamLinks) -> None:
        self._hub, self._links = hub, links

    async def wanted(self, message: Subscribe, caller: Caller) -> Wanted:
        """What a subscription looks at; what it does not say of a registered stream is the registration's.

        Raises:
            StreamNotFoundError: there is no such stream for this caller.
        """
        source, camera = message.source, message.camera
        if source.url is not None:
            return Wanted(source.url, source.options(), message.crop, camera.field_of_view_degrees, camera.id, None)
        spec = (await self._hub.stream(source.stream or "", caller)).spec
        return Wanted(
            url=spec.url,
            options=spec.source,
            crop=message.crop or spec.crop,
            field_of_view_degrees=camera.field_of_view_degrees or spec.camera.field_of_view_degrees,
            camera_id=camera.id or spec.camera.id,
            session_id=spec.session_id,
        )

    async def reports(self, caller: Caller) -> tuple[StreamReport, ...]:
        """All streams that a caller may see: the registered ones first; an administrator sees the others too."""
        registered = await self._hub.streams(caller)
        keys = await asyncio.to_thread(lambda: [key_of(stream) for stream in registered])
        by_key = await self._links.reports(None if caller.may("admin") else keys)
        reports = [_described(stream, by_key.get(key)) for stream, key in zip(registered, keys, strict=True)]
        unregistered = [report for key, report in by_key.items() if key not in set(keys)]
        return (*reports, *unregistered)

    async def report(self, stream_id: str, caller: Caller) -> StreamReport:
        """One stream, by its name, or for an administrator by the key of its source.

        Raises:
            StreamNotFoundError: there is no such stream for this caller.
        """
        try:
            stream = await self._hub.stream(stream_id, caller)
        except StreamNotFoundError:
            report = await self._links.report(stream_id) if caller.may("admin") else None
            if report is None:
                raise
            return report
        return _described(stream, await self._links.report(await asyncio.to_thread(key_of, stream)))

    async def key(self, stream_id: str, caller: Caller) -> str:
        """The key of a stream's source.

        Raises:
            StreamNotFoundError: there is no such stream for this caller.
        """
        try:
            return await asyncio.to_thread(key_of, await self._hub.stream(stream_id, caller))
        except StreamNotFoundError:
            if caller.may("admin"):
                return stream_id
            raise

    async def of_camera(self, camera_id: str, caller: Caller) -> str:
        """The name of the registered stream of a camera.

        Raises:
            StreamNotFoundError: there is none for this caller.
        """
        for stream in await self._hub.streams(caller):
            if camera_id in (stream.spec.camera.id, stream.stream_id):
                return stream.stream_id
        raise StreamNotFoundError(f"there is no camera {camera_id}", hint="see `neuropose-ray live list`")


def key_of(stream: RegisteredStream) -> str:
    """The key of a registered stream's source; outside the event loop, for the first time takes a while."""
    return source_key(stream.spec.url, stream.spec.source)


def _described(stream: RegisteredStream, report: StreamReport | None) -> StreamReport:
    """A registered stream, with how it is where its actor says so."""
    spec = stream.spec
    plain = StreamReport(stream_id=stream.stream_id, url=redacted(spec.url)) if report is None else report
    pipeline = spec.pipeline
    return plain.model_copy(
        update={
            "stream_id": stream.stream_id,
            "registered": True,
            "camera_id": spec.camera.id,
            "session_id": spec.session_id,
            "owner": stream.owner,
            "pipeline": pipeline if isinstance(pipeline, str) or pipeline is None else str(pipeline.get("name", "")),
        }
    )
