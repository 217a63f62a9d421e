"""Live streams in the ingress: what its routes and WebSockets need, made in its process."""

from __future__ import annotations

from typing import Any

from neuropose_ray.service.live.connection import LiveParts
from neuropose_ray.service.live.directory import StreamDirectory
from neuropose_ray.service.live.hub_client import Hub
from neuropose_ray.service.live.links import StreamLinks
from neuropose_ray.service.live.sources import RayStreamActors
from neuropose_ray.service.live.stream_actor import StreamEnvironment
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.names import STREAM
from neuropose_ray.service.settings import Settings


class LiveEntrance:
    """Makes the parts of live streams; travels to the ingress with the handles that these need.

    Args:
        settings: of the service.
        poses: handle of the deployment with the pose model.
        hub: handle of the hub.
    """

    def __init__(self, settings: Settings, poses: Any, hub: Any) -> None:
        self._settings, self._poses, self._hub = settings, poses, hub

    def __call__(self) -> LiveParts:
        """The parts, of one process."""
        live = self._settings.service.live
        logs = LogFiles.of(self._settings.service, STREAM)
        environment = StreamEnvironment(live, self._settings.tracking, self._poses, self._hub, logs)
        links = StreamLinks(RayStreamActors(environment), live)
        hub = Hub(self._hub)
        return LiveParts(links, hub, StreamDirectory(hub, links), live)
