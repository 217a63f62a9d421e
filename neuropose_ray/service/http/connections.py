"""Connections of the ingress, bounded in number, in the time of a request's head, and in idle time."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from neuropose_ray.service.http.errors import new_problem
from neuropose_ray.service.settings import HttpLimits

#: A client that is still sending what was refused gets so long to read the answer before the connection is closed.
_LINGER_S = 5.0


class Evictable(Protocol):
    """A connection, as :class:`ConnectionTable` knows it."""

    @property
    def address(self) -> str:
        """The client's address, without its port."""
        ...

    def evict(self) -> None:
        """Close it, to make room for another one."""
        ...


class ConnectionTable:
    """All connections of a listener, and which of them are idle.

    A connection is idle while no request is in progress on it: before the head of its first request is complete, and
    between two requests. Where a limit is reached, the longest idle one is closed in favour of the new one; idle
    connections can therefore never keep anybody out.

    Args:
        most: connections at a time.
        most_per_client: connections of one address at a time.
    """

    def __init__(self, most: int, most_per_client: int) -> None:
        self._most, self._most_per_client = most, most_per_client
        self._open: set[Evictable] = set()
        self._per_client: Counter[str] = Counter()
        self._idle: OrderedDict[Evictable, None] = OrderedDict()  # the longest idle one first

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Evictable) -> bool:
        """Add a new, idle connection. False where all others are in use, and a limit is reached."""
        client = connection.address
        if self._per_client[client] >= self._most_per_client and not self._evict(client):
            return False
        if len(self._open) >= self._most and not self._evict(None):
            return False
        self._open.add(connection)
        self._per_client[client] += 1
        self._idle[connection] = None
        return True

    def mark_busy(self, connection: Evictable) -> None:
        """Note that a request is in progress on a connection."""
        self._idle.pop(connection, None)

    def mark_idle(self, connection: Evictable) -> None:
        """Note that no request is in progress on a connection any more."""
        if connection in self._open:
            self._idle[connection] = None
            self._idle.move_to_end(connection)

    def remove(self, connection: Evictable) -> None:
        """Forget a connection that is closed; one that was not admitted is passed over."""
        if connection not in self._open:
            return
        self._open.remove(connection)
        self._idle.pop(connection, None)
        self._per_client[connection.address] -= 1
        if not self._per_client[connection.address]:
            del self._per_client[connection.address]

    def _evict(self, client: str | None) -> bool:
        """Close the longest idle connection, of one client or of all; False where there is none."""
        for connection in self._idle:
            if client in (None, connection.address):
                self.remove(connection)
                connection.evict()
                return True
        return False


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1 connection, with limits on idle time, on heads, and on clients that do not read.

    Args:
        table: of the listener's connections.
        limits: on each of them.
        arguments: Uvicorn's own.
    """

    def __init__(self, *, table: ConnectionTable, limits: HttpLimits, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._table, self._limits = table, limits
        self.address = ""
        self._in_head, self._head_bytes = True, 0
        self._busy = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it where all others are in use."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        if self._table.admit(self):
            self._head_timer = self.loop.call_later(self._limits.header_s, self._head_is_late)
        else:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "overloaded", "too many connections; try again later")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection that has ended."""
        self._table.remove(self)
        self._cancel_timers()
        super().connection_lost(exc)

    def evict(self) -> None:
        """Close an idle connection."""
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and count what belongs to a head."""
        if self.transport.is_closing():
            return
        if self._in_head:
            if self._head_bytes > self._limits.header_bytes:
                message = f"a head of more than {self._limits.header_bytes} bytes"
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too_large", message)
                return
            self._head_bytes += len(data)
            if not self._busy and self._head_timer is None:
                self._head_timer = self.loop.call_later(self._limits.header_s, self._head_is_late)
        super().data_received(data)

    def on_headers_complete(self) -> None:
        """Start on a request."""
        self._in_head, self._head_bytes, self._busy = False, 0, True
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._table.mark_busy(self)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Await the head of the next request."""
        self._in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Become idle, unless another request waits already."""
        is_last = not self.pipeline
        super().on_response_complete()
        if not is_last:
            return
        self._busy = False
        self._table.mark_idle(self)
        if not self._in_head and not self.transport.is_closing():
            # The answer came before the body's end. What still comes is dropped, for a while.
            self._head_timer = self.loop.call_later(_LINGER_S, self.transport.close)

    def pause_writing(self) -> None:
        """Wait for a client that does not read, for a while."""
        super().pause_writing()
        self._write_timer = self.loop.call_later(self._limits.silence_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Let the writer go on, as the buffer has room again."""
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to a WebSocket, which keeps this one's place among the connections, always in use."""
        self._cancel_timers()
        super().handle_websocket_upgrade()
        upgraded = self.transport.get_protocol()
        if isinstance(upgraded, BoundedWebSocket):
            upgraded.on_lost = partial(self._table.remove, self)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", msg.rstrip("."))

    def _head_is_late(self) -> None:
        """Close the connection; a client that has begun with a request is told why."""
        self._head_timer = None
        if self._head_bytes:
            message = f"the request's head took longer than {self._limits.header_s:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, "request_too_slow", message)
        else:
            self.transport.close()

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        """Answer without the application, and close."""
        body = new_problem(status, code, message).model_dump_json().encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()

    def _cancel_timers(self) -> None:
        for timer in (self._head_timer, self._write_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._write_timer = None


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket connection, which says when it has ended.

    Attributes:
        on_lost: called at the end.
    """

    on_lost: Callable[[], None] = staticmethod(lambda: None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place among the connections back."""
        self.on_lost()
        super().connection_lost(exc)
