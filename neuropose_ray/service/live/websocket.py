"""The WebSockets of live streams: ``/v1/live``, and ``/v1/live/compat`` for older clients."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.service.http.auth import Caller, require
from neuropose_ray.service.http.listener import MESSAGE_BYTES
from neuropose_ray.service.http.websocket_auth import (
    CLOSE_FORBIDDEN,
    CLOSE_OVERLOADED,
    chosen_subprotocol,
)
from neuropose_ray.service.live.client_queue import TooSlowError
from neuropose_ray.service.live.compat import CompatibleDialect
from neuropose_ray.service.live.connection import Connection, Dialect, LiveParts, NativeDialect

logger = logging.getLogger("ray.serve")

#: Close code of a client that does not deal with what it is sent.
CLOSE_TOO_SLOW = 4408
_TOO_LONG = 1009


def live_socket_router(parts: LiveParts) -> APIRouter:
    """The WebSocket routes.

    Args:
        parts: of the process.
    """
    router = APIRouter()
    sockets = LiveSockets(parts)

    @router.websocket("/v1/live")
    async def live(websocket: WebSocket) -> None:
        await sockets.serve(websocket, NativeDialect())

    @router.websocket("/v1/live/compat")
    async def compatible(websocket: WebSocket) -> None:
        await sockets.serve(websocket, CompatibleDialect())

    return router


class LiveSockets:
    """Connections of all clients of one process.

    Args:
        parts: of the process.
    """

    def __init__(self, parts: LiveParts) -> None:
        self._parts, self._open = parts, 0

    async def serve(self, websocket: WebSocket, dialect: Dialect) -> None:
        """Talk with one client, until it leaves or is cut."""
        caller: Caller = websocket.state.caller
        try:
            require(caller, "read")
        except NeuroposeRayError as error:
            await websocket.close(CLOSE_FORBIDDEN, error.what[:120])
            return
        if self._open >= self._parts.settings.max_clients:
            await websocket.close(CLOSE_OVERLOADED, f"{self._open} clients are the most")
            return
        self._open += 1
        try:
            await websocket.accept(subprotocol=chosen_subprotocol(websocket.scope))
            await self._talk(websocket, caller, dialect)
        except WebSocketDisconnect:
            pass
        finally:
            self._open -= 1

    async def _talk(self, websocket: WebSocket, caller: Caller, dialect: Dialect) -> None:
        connection = Connection(caller, self._parts, dialect, websocket.send_text)
        works = (self._hear(websocket, connection), connection.talk(), connection.work())
        tasks = {asyncio.create_task(work) for work in works}
        code, reason = 1000, ""
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            error = next((error for task in done if (error := task.exception()) is not None), None)
            if isinstance(error, TooSlowError):
                code, reason = CLOSE_TOO_SLOW, str(error)
                logger.info("a client of %s is cut: %s", caller.name, error)
            elif error is not None and not isinstance(error, WebSocketDisconnect | RuntimeError | OSError):
                code, reason = 1011, "the service failed at this; its log has the details"
                logger.error("a live connection of %s failed", caller.name, exc_info=error)
            elif error is None:
                code = _TOO_LONG
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.shield(connection.close(keep=True))
            with suppress(RuntimeError, OSError):  # the client has left
                await websocket.close(code, reason[:120])

    @staticmethod
    async def _hear(websocket: WebSocket, connection: Connection) -> None:
        """Do what the client asks for, in its order; returns where a message is too long."""
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message["code"], message.get("reason"))
            text = message.get("text") or ""  # nothing of it is text: it is answered as what is no message
            if len(text) > MESSAGE_BYTES:
                return
            await connection.hear(text)
