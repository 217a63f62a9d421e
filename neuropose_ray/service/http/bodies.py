"""Bodies of requests, read within limits on their bytes, on what they hold, and on the time they take."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.errors import OverloadedError, RequestError, SlowRequestError, TooLargeError
from neuropose_ray.service.http.errors import faults
from neuropose_ray.service.settings import HttpLimits

#: Seconds of waiting before the average rate of a body counts: a client may need them to begin.
GRACE_S = 30.0
#: Values of JSON that are settings: names, numbers and labels, never data.
SETTINGS_VALUES = 5000
_SETTINGS_BYTES = 64 * 1024
_JSON_VALUE_MARKS = (b",", b"[", b"{")
Model = TypeVar("Model", bound=BaseModel)


class BodyPace:
    """ASGI middleware that ends requests whose body does not come.

    Only the time in which the application waits for the client counts, never that of the disk or the pose model.

    Args:
        app: the application.
        limits: on the silence of a client, and on the average rate of a body.
    """

    def __init__(self, app: ASGIApp, limits: HttpLimits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; reading its body raises SlowRequestError where it is too slow."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        waited_s, received, is_whole = 0.0, 0, False
        clock = asyncio.get_running_loop().time

        async def receive_in_time() -> Message:
            nonlocal waited_s, received, is_whole
            if is_whole:  # what is waited for now is the client's leaving
                return await receive()
            left_s = GRACE_S + received / self._limits.body_bytes_per_s - waited_s
            begin_s = clock()
            try:
                async with asyncio.timeout(min(left_s, self._limits.silence_s)):
                    message = await receive()
            except TimeoutError:
                raise SlowRequestError("the body comes too slowly", hint="send it again over a faster line") from None
            waited_s += clock() - begin_s
            received += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            return message

        await self._app(scope, receive_in_time, send)


class HeldBytes:
    """The memory that the bodies of all requests together may take; of any thread.

    Args:
        most: bytes.
        retry_after_s: what a client without room is told to wait.
    """

    def __init__(self, most: int, retry_after_s: float) -> None:
        self._most, self._retry_after_s = most, retry_after_s
        self._held = 0
        self._lock = threading.Lock()

    @contextmanager
    def share(self) -> Iterator[Share]:
        """The share of one request, given back at the end of the block."""
        share = Share(self)
        try:
            yield share
        finally:
            with self._lock:
                self._held -= share.bytes
                share.is_over = True

    def take(self, count: int, share: Share) -> None:
        """Take so many bytes for a request.

        Raises:
            OverloadedError: there is no room for them.
            RequestError: the request is over.
        """
        with self._lock:
            if share.is_over:  # a thread that reads on for a client who left: nobody would give these bytes back
                raise RequestError("the request broke off")
            if self._held + count <= self._most:
                self._held += count
                share.bytes += count
                return
        error = OverloadedError("too many large requests at a time", hint="try again later")
        error.retry_after_s = self._retry_after_s
        raise error


class Share:
    """Bytes that one request holds.

    Attributes:
        bytes: how many.
        is_over: they are given back, and no more can be taken.
    """

    def __init__(self, held: HeldBytes) -> None:
        self._held = held
        self.bytes, self.is_over = 0, False

    def take(self, count: int) -> None:
        """Take more bytes.

        Raises:
            OverloadedError: there is no room for them.
            RequestError: the request is over.
        """
        self._held.take(count, self)


async def body_of(request: Request, most_bytes: int | None, hint: str | None = None) -> AsyncIterator[bytes]:
    """The body of a request as it comes.

    Args:
        request: whose body nobody has read.
        most_bytes: of the body; None where the reader has limits of its own.
        hint: what to do with a larger one.

    Raises:
        TooLargeError: there are more; what is announced is not read.
        RequestError: the client went away.
        SlowRequestError: the body comes too slowly.
    """
    announced, received = request.headers.get("content-length", ""), 0
    if most_bytes is not None and announced.isdecimal() and int(announced) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes", hint=hint)
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if most_bytes is not None and received > most_bytes:
                raise TooLargeError(f"more than {most_bytes} bytes", hint=hint)
            yield chunk
    except ClientDisconnect as error:
        raise RequestError("the request broke off") from error


async def read_json(body: AsyncIterator[bytes], most_values: int) -> bytearray:
    """The text of a JSON body, which holds a bounded number of values.

    Each value of JSON follows a comma or an opening bracket, or is the only one. These are counted as they come, so
    that a body of millions of small values ends at the first few, before anything is parsed.

    Args:
        body: as it comes.
        most_values: in arrays and objects together, at any depth. Commas and brackets inside of texts count too.

    Raises:
        TooLargeError: there are more values.
    """
    content, values = bytearray(), 0
    async for chunk in body:
        values += sum(chunk.count(mark) for mark in _JSON_VALUE_MARKS)
        if values > most_values:
            raise TooLargeError(f"more than {most_values} values of JSON")
        content += chunk
    return content


def described_json(model: type[BaseModel]) -> dict[str, Any]:
    """Describe such a body for OpenAPI: a route that reads it itself cannot declare it."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": whole_schema(model)}}}}


def whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model, whole in itself."""
    schema = model.model_json_schema()
    whole: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return whole


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its definitions in their places: references of a part lead nowhere in the whole description."""
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in definitions:
        schema = {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}
    return {key: _inlined(value, definitions) for key, value in schema.items()}


async def read_settings(request: Request, model: type[Model], most_bytes: int = _SETTINGS_BYTES) -> Model:
    """The body of a request that is a small JSON object.

    Raises:
        RequestError: it is not JSON, or not what the model says.
        TooLargeError: it is too long.
    """
    content = await read_json(body_of(request, most_bytes), SETTINGS_VALUES)
    try:
        return model.model_validate_json(bytes(content), strict=True)  # as the description says: 0 is not false
    except ValidationError as error:
        raise RequestError(faults(error.errors(include_input=False)), hint="see /docs") from error
