"""Flow control between the proxy and the ingress, which Serve has not: bodies take a bounded part of memory.

Serve's proxy reads the body of a request as fast as it comes and keeps it until the replica asks for it, and the
replica keeps what the application has not read yet; of an answer the replica keeps what a slow client has not taken.
An upload that is faster than the disk, or a download that is faster than the client, would pile up in memory. Here
the sender of a body stops when a window of bytes is under way, and the other end acknowledges what it is rid of, by
ASGI messages of our own: those for uploads travel with the response, those for downloads with the request.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of one body that may be between the connection and the application: they are in memory up to four times,
#: in the proxy, in the replica, and in the pages of the object store that both have mapped.
WINDOW_BYTES = 1 << 20
#: An acknowledgement each this many bytes: some milliseconds of a fast disk or network.
ACKNOWLEDGED_BYTES = 1 << 18
_EXTENSION = "neuropose_ray.flow"
_UPLOADED, _DOWNLOADED = f"{_EXTENSION}.uploaded", f"{_EXTENSION}.downloaded"


def proxy_middleware() -> list[Middleware]:
    """What ``RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`` is to name in the environment of Serve's controller."""
    return [Middleware(ProxyFlowControl)]


class ProxyFlowControl:
    """The end at the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body no faster than it is taken; acknowledge what the client took of the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        upload, downloaded = _Window(), _Counter(_DOWNLOADED)
        inbound: asyncio.Queue[Message] = asyncio.Queue()

        async def listen() -> None:
            message: Message = {}
            while message.get("type") != "http.disconnect":
                await upload.room()
                message = await receive()
                upload.take(len(message.get("body", b"")))
                inbound.put_nowait(message)

        async def send_or_note(message: Message) -> None:
            if message["type"] == _UPLOADED:
                upload.acknowledge(message["bytes"])
                return
            if message["type"] == "http.response.start":
                # The application has made up its mind; a client that goes away must be noticed from now on.
                upload.open()
            await send(message)  # returns when the connection's own buffer has room
            downloaded.count(message)
            if acknowledgement := downloaded.due():
                inbound.put_nowait(acknowledgement)

        extensions = {**scope.get("extensions", {}), _EXTENSION: {}}
        listening = asyncio.create_task(listen())
        try:
            await self._app({**scope, "extensions": extensions}, inbound.get, send_or_note)
        finally:
            listening.cancel()


class AppFlowControl:
    """The end at the application; does nothing where the proxy has no :class:`ProxyFlowControl`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Acknowledge what the application took of a body, and send its answer no faster than it is taken."""
        if _EXTENSION not in scope.get("extensions", {}):
            await self._app(scope, receive, send)
            return
        uploaded, download = _Counter(_UPLOADED), _Window()
        answering = False
        listening: asyncio.Task[None] | None = None

        async def receive_next() -> Message:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    download.open()  # nothing will be acknowledged any more
                if message["type"] != _DOWNLOADED:
                    return message
                download.acknowledge(message["bytes"])

        async def receive_and_acknowledge() -> Message:
            # Asking for more means that what came before is dealt with.
            if not answering and (acknowledgement := uploaded.due()):
                with suppress(RuntimeError):  # the request has ended meanwhile
                    await send(acknowledgement)
            message = await receive_next()
            uploaded.count(message)
            return message

        async def listen() -> None:
            # What is left of the request is its end, which Serve answers by cancelling all this.
            while (await receive_next())["type"] != "http.disconnect":
                pass

        async def send_answer(message: Message) -> None:
            nonlocal answering, listening
            answering = True
            if download.full and listening is None:
                listening = asyncio.create_task(listen())  # an application that sends a file asks for nothing
            await download.room()
            download.take(len(message.get("body", b"")))
            await send(message)

        try:
            await self._app(scope, receive_and_acknowledge, send_answer)
        finally:
            if listening is not None:
                listening.cancel()


class _Window:
    """How much is under way, and the wait for room."""

    def __init__(self) -> None:
        self._bytes, self._room = 0, asyncio.Event()
        self._room.set()

    @property
    def full(self) -> bool:
        return not self._room.is_set()

    async def room(self) -> None:
        await self._room.wait()

    def take(self, count: int) -> None:
        self._change(count)

    def acknowledge(self, count: int) -> None:
        self._change(-count)

    def open(self) -> None:
        """Let everything pass from now on."""
        self._change(-(1 << 62))

    def _change(self, count: int) -> None:
        self._bytes += count
        if self._bytes >= WINDOW_BYTES:
            self._room.clear()
        else:
            self._room.set()


class _Counter:
    """Bytes that are dealt with and not acknowledged yet."""

    def __init__(self, kind: str) -> None:
        self._kind, self._bytes = kind, 0

    def count(self, message: Message) -> None:
        self._bytes += len(message.get("body", b""))

    def due(self) -> Message | None:
        """The acknowledgement of what was counted since the last one, where it is enough for one."""
        if self._bytes < ACKNOWLEDGED_BYTES:
            return None
        message, self._bytes = {"type": self._kind, "bytes": self._bytes}, 0
        return message
