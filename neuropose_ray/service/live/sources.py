"""The actors of streams on Ray, and whether a source may be looked at, decided before one is made."""

from __future__ import annotations

import asyncio
import math
from typing import Any

from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.service.live.attachments import Attachment
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.live.stream_actor import (
    StreamEnvironment,
    access_of,
    attached,
    followed_messages,
    open_stream,
    running_stream,
    stream_keys,
)
from neuropose_ray.video.live import LiveSource, normalised_url, source_key


async def check_source(url: str, options: SourceOptions, settings: LiveSettings) -> None:
    """Refuse a source that is none, or may not be opened.

    Raises:
        SourceError: with the reason, without user and password.
    """
    await asyncio.to_thread(LiveSource, url, options, access=access_of(settings))


def kept_s(url: str, options: SourceOptions) -> float:
    """The last seconds of video that a source can give at any time; without end of a file.

    Raises:
        SourceError: it is no source.
    """
    return math.inf if normalised_url(url).startswith("file:") else options.clip_s


class RayStreamActors:
    """Actors of streams in the cluster.

    Args:
        environment: of the service.
    """

    def __init__(self, environment: StreamEnvironment) -> None:
        self._environment = environment

    def open(self, url: str, options: SourceOptions) -> tuple[str, Any]:
        """The key of a source, and the handle of its actor, which is made where there is none.

        Raises:
            SourceError: it is no source, or may not be opened.
        """
        LiveSource(url, options, access=access_of(self._environment.live))
        return source_key(url, options), open_stream(url, options, self._environment)

    def running(self, key: str) -> Any | None:
        """The handle of an actor; None where there is none."""
        return running_stream(key)

    def keys(self) -> tuple[str, ...]:
        """The keys of all that there are."""
        return stream_keys()

    def attach(self, actor: Any, link_id: str, attachment: Attachment) -> Any:
        """An actor's answer to an attachment, as soon as it is there where it is being restarted."""
        return attached(actor, link_id, attachment)

    def messages(self, actor: Any, link_id: str) -> Any:
        """What an actor publishes, as an asynchronous iterator of references to batches."""
        return followed_messages(actor, link_id)
