"""An address that the ingress listens at itself, so that requests need not pass Serve's proxy on their way.

The proxy spreads requests over many replicas on many nodes, and every request pays for it with two calls between
processes. On one machine there is one ingress, and nothing to spread.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import partial

import uvicorn
from starlette.types import ASGIApp

from neuropose_ray.service.http.connections import BoundedHttpProtocol, BoundedWebSocket, ConnectionTable
from neuropose_ray.service.settings import HttpLimits

#: Answers that are under way when the ingress is stopped: watched jobs have no end of their own.
_GRACE_S = 5
#: Of one message that a client sends over a WebSocket: a pipeline is the longest.
MESSAGE_BYTES = 1 << 20
#: Between two pings of a WebSocket, and until a client without an answer is given up.
PING_S = 15.0

Lifespan = Callable[[ASGIApp], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """HTTP at an address, for as long as the lifespan of its application.

    Attributes:
        host: name or address of an interface.
        port: free, or left by a replica that died.
        limits: on connections.
    """

    host: str
    port: int
    limits: HttpLimits = field(default_factory=HttpLimits)

    @asynccontextmanager
    async def lifespan(self, app: ASGIApp) -> AsyncIterator[None]:
        """Listen while the block runs, in the event loop of the replica.

        Raises:
            OSError: the address is another program's.
        """
        table = ConnectionTable(self.limits.connections, self.limits.connections_per_client)
        server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",  # this is it
                log_config=None,
                http=partial(BoundedHttpProtocol, table=table, limits=self.limits),  # type: ignore[arg-type]
                ws=BoundedWebSocket,
                ws_max_size=MESSAGE_BYTES,
                ws_ping_interval=PING_S,
                ws_ping_timeout=PING_S,
                ws_per_message_deflate=False,  # poses go out many times a second; each would cost milliseconds
                timeout_keep_alive=self.limits.idle_s,  # type: ignore[arg-type]
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
        _log_requests()
        serving = asyncio.create_task(server.serve(sockets=[bound(self.host, self.port)]))
        try:
            yield
        finally:
            server.stop()
            await serving


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Take no more connections, and end when those that there are have ended, or in the end without."""
        self.should_exit = True
        self._stopped.set()

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """The process is Ray's, and so are its signals."""
        return nullcontext()

    async def main_loop(self) -> None:
        """Tick once a second, for the date in answers, instead of ten times."""
        tenths = 0
        while not await self.on_tick(tenths):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), 1.0)
            tenths = (tenths + 10) % 864_000


def bound(host: str, port: int) -> socket.socket:
    """A socket that has an address for itself, also right after the process died that had it before.

    Raises:
        OSError: the address is another program's, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def _log_requests() -> None:
    """Have requests in the replica's log, which Ray's dashboard shows."""
    requests, replica = logging.getLogger("uvicorn.access"), logging.getLogger("ray.serve")
    requests.handlers, requests.propagate = replica.handlers, False
    requests.setLevel(logging.INFO)
    # It warns of every client that does not speak HTTP, in a file of Ray's that has no end.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
