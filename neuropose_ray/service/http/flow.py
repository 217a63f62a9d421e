"""Flow control between the proxy and the ingress, which Serve has not: bodies take a bounded part of memory.

Serve's proxy reads the body of a request as fast as it comes and keeps it until the replica asks for it, and the
replica keeps what the application has not read yet: an upload that is faster than the disk piles up in memory. Here
the proxy stops reading from the connection when a window of bytes is under way; the application's end acknowledges
what the application has taken, by an ASGI message of its own that travels with the response and ends at the proxy.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of one request that may be between the connection and the application: they are in memory up to four times,
#: in the proxy, in the replica, and in the pages of the object store that both have mapped.
WINDOW_BYTES = 1 << 20
#: An acknowledgement each this many bytes: some milliseconds of a fast disk.
ACKNOWLEDGED_BYTES = 1 << 18
_EXTENSION, _TAKEN = "neuropose_ray.flow", "neuropose_ray.flow.taken"


def proxy_middleware() -> list[Middleware]:
    """What ``RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`` is to name in the environment of Serve's controller."""
    return [Middleware(ProxyEnd)]


class ProxyEnd:
    """The end at the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body no faster than it is taken."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        under_way, room = 0, asyncio.Event()

        async def receive_with_room() -> Message:
            nonlocal under_way
            if under_way >= WINDOW_BYTES:
                room.clear()
                await room.wait()
            message = await receive()
            under_way += len(message.get("body", b""))
            return message

        async def send_or_note(message: Message) -> None:
            nonlocal under_way
            if message["type"] == _TAKEN:
                under_way -= message["bytes"]
                room.set()
                return
            if message["type"] == "http.response.start":
                # The application has made up its mind; a client that goes away must be noticed from now on.
                under_way = -(1 << 62)
                room.set()
            await send(message)

        extensions = {**scope.get("extensions", {}), _EXTENSION: {}}
        await self._app({**scope, "extensions": extensions}, receive_with_room, send_or_note)


class ApplicationEnd:
    """The end at the application; does nothing where the proxy has no :class:`ProxyEnd`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Acknowledge what of a request's body the application has taken."""
        if _EXTENSION not in scope.get("extensions", {}):
            await self._app(scope, receive, send)
            return
        taken, answering = 0, False

        async def receive_and_acknowledge() -> Message:
            nonlocal taken
            # Asking for more means that what came before is dealt with.
            if taken >= ACKNOWLEDGED_BYTES and not answering:
                acknowledged, taken = taken, 0
                with suppress(RuntimeError):  # the request has ended meanwhile
                    await send({"type": _TAKEN, "bytes": acknowledged})
            message = await receive()
            taken += len(message.get("body", b""))
            return message

        async def send_answer(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        await self._app(scope, receive_and_acknowledge, send_answer)
