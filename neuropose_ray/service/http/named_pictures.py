"""Pictures of a request that are named by their URIs, read before the pose model is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

from neuropose_ray.errors import InputError, NeuroposeRayError, RequestTimeoutError, TooLargeError
from neuropose_ray.service.fetching import FetchLimits
from neuropose_ray.service.http.bodies import Share
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.pose import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

#: Somebody waits for the answer, who can ask again.
_LIMITS = FetchLimits(silence_s=5.0, whole_s=30.0, redirects=3, attempts=2, pause_s=0.5)
#: Of all requests together; each holds a thread while it waits for its host.
_AT_ONCE = 8


class NamedPictures:
    """Reads what the settings allow to be read.

    Args:
        inputs: what that is.
        settings: limits of a request.
    """

    def __init__(self, inputs: Inputs, settings: PoseReplicaSettings) -> None:
        self._inputs, self._settings = inputs, settings
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="picture")

    async def complete(self, request: FrameRequest, share: Share) -> FrameRequest:
        """A request with the bytes of its named pictures, and why which of them could not be read.

        Args:
            request: as it was read; all its URIs are checked before any is read.
            share: the memory that it takes.

        Raises:
            ForbiddenInputError: one may not be read, or leads to where this service may not connect to.
            RequestError: one is no URI.
            TooLargeError: the pictures have more bytes together than a request may.
            OverloadedError: other requests have taken the memory.
            RequestTimeoutError: they take too long to come.
        """
        if not request.uris:
            return request
        await asyncio.get_running_loop().run_in_executor(self._threads, self._check, request.uris.values())
        pictures, faults = list(request.pictures), dict(request.faults)
        left = self._settings.request_bytes - sum(map(len, pictures))
        try:
            async with asyncio.timeout(self._settings.request_timeout_s), asyncio.TaskGroup() as group:
                reading = {
                    index: group.create_task(self._read(uri, left, share)) for index, uri in request.uris.items()
                }
        except TimeoutError:
            raise RequestTimeoutError("the pictures take too long to come", hint="send them instead") from None
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        for index, task in reading.items():
            outcome = task.result()
            if isinstance(outcome, NeuroposeRayError):
                faults[index] = outcome
            else:
                pictures[index] = outcome
        if sum(map(len, pictures)) > self._settings.request_bytes:
            raise TooLargeError(f"more than {self._settings.request_bytes} bytes", hint="send fewer pictures")
        return replace(request, pictures=tuple(pictures), uris={}, faults=faults)

    async def _read(self, uri: str, most_bytes: int, share: Share) -> bytes | NeuroposeRayError:
        def read() -> bytes:
            content = self._inputs.read(uri, most_bytes, _LIMITS)
            share.take(len(content))
            return content

        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, read)
        except InputError as error:
            return error

    def _check(self, uris: Iterable[str]) -> None:
        """Refuse URIs that may not be read, before anything is."""
        for uri in uris:
            with suppress(InputError):  # it may be read, and is not there: said of this picture alone
                self._inputs.check(uri)
