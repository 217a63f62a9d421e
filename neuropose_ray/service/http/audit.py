"""The audit log: who did what, a line of JSON each, in a file for its owner alone."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.service.http.request_paths import job_of, only_reads, shows_results
from neuropose_ray.service.logs.private_file import PrivateFileHandler
from neuropose_ray.service.settings import ANY_CALLER

logger = logging.getLogger("ray.serve")

#: Of one file, and of files: years of a laboratory.
_FILE_BYTES, _FILES = 64 << 20, 20
#: Of a path: strangers, whose refusals are logged too, must not fill the files with a few long ones.
_PATH_LETTERS = 300
_REFUSALS = frozenset({401, 403, 429})


class AuditEntry(FrozenModel):
    """One request over HTTP, as the audit log has it."""

    time: datetime
    caller: str
    client: str
    method: str
    path: str
    status: int
    job: str | None = None


class AuditLog:
    """Appends entries to a file, which is renamed when it is long.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._handler = PrivateFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILES, delay=True)
        self._handler.handleError = self._failed  # type: ignore[method-assign]

    def write(self, entry: AuditEntry) -> None:
        """Append an entry. A full disk stops no request: the service's log says that an entry is missing."""
        record = logging.LogRecord("audit", logging.INFO, "", 0, entry.model_dump_json(), None, None)
        self._handler.handle(record)

    def _failed(self, record: logging.LogRecord) -> None:
        logger.error("the audit log cannot be written; it lacks %s", record.getMessage(), exc_info=True)


class Audit:
    """ASGI middleware that writes an entry for each request that changes or shows something, or is refused.

    A WebSocket, which shows people for as long as it is open, has one entry.

    The entry is in the file before the client has its answer.

    Args:
        app: the application; it leaves the caller in the request's state.
        log: where entries go.
    """

    def __init__(self, app: ASGIApp, log: AuditLog) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        is_logged = False

        async def send_and_log(message: Message) -> None:
            nonlocal is_logged
            if message["type"] == "http.response.start" and _is_logged(scope, message["status"]):
                await asyncio.to_thread(self._log.write, _entry(scope, message))
            elif scope["type"] == "websocket" and not is_logged and _is_decided(scope, message):
                is_logged = True
                status = message.get("status", 403 if message["type"] == "websocket.close" else 101)
                await asyncio.to_thread(self._log.write, _entry(scope, {"status": status}))
            await send(message)

        await self._app(scope, receive, send_and_log)


def _is_decided(scope: Scope, message: Message) -> bool:
    """Whether a WebSocket's caller is known, or it is refused: an accepted one may have to send its token yet."""
    return "caller" in scope.get("state", {}) or message["type"] != "websocket.accept"


def _is_logged(scope: Scope, status: int) -> bool:
    return not only_reads(scope) or status in _REFUSALS or shows_results(scope)


def _entry(scope: Scope, start: Message) -> AuditEntry:
    caller = scope.get("state", {}).get("caller")
    client = scope.get("client")
    location = Headers(raw=start.get("headers", [])).get("location", "")
    return AuditEntry(
        time=datetime.now(UTC),
        caller=ANY_CALLER if caller is None else caller.name,
        client="" if client is None else str(client[0]),
        method=scope.get("method", "WEBSOCKET"),
        path=scope["path"][:_PATH_LETTERS],
        status=start["status"],
        job=job_of(scope, location),
    )
