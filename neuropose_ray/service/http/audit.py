"""The audit log: who did what, a line of JSON each, in a file for its owner alone."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.errors import REFUSALS
from neuropose_ray.service.http.refusals import AuditEntry, RefusalTally
from neuropose_ray.service.http.request_paths import job_of, only_reads, shows_results
from neuropose_ray.service.logs.private_file import PrivateFileHandler
from neuropose_ray.service.settings import ANY_CALLER, AuditSettings

logger = logging.getLogger("ray.serve")

#: Of refusals, besides the file that is written: strangers decide how many there are.
_REFUSAL_FILES = 3
#: Of a path: strangers, whose refusals are logged too, must not fill the files with a few long ones.
_PATH_LETTERS = 300


class AuditLog:
    """Appends entries to two files, which are renamed when they are long.

    What nobody asks who is known, or somebody beyond the rate, has a file of its own: however much of it there is,
    it never takes the room of what was done.

    Args:
        data: where the files are.
        settings: how long they become.
    """

    def __init__(self, data: DataFolder, settings: AuditSettings) -> None:
        self._acts = self._handler(data.audit, settings.file_bytes, settings.files)
        self._refusals = self._handler(data.refusals, settings.file_bytes, _REFUSAL_FILES)

    def _handler(self, path: Path, file_bytes: int, files: int) -> PrivateFileHandler:
        handler = PrivateFileHandler(path, maxBytes=file_bytes, backupCount=files, delay=True)
        handler.handleError = self._failed  # type: ignore[method-assign]
        return handler

    def write(self, *entries: AuditEntry, refused: bool = False) -> None:
        """Append entries. A full disk stops no request: the service's log says which are missing.

        Args:
            entries: of requests.
            refused: whether these were refused.
        """
        for entry in entries:
            record = logging.LogRecord("audit", logging.INFO, "", 0, entry.model_dump_json(), None, None)
            (self._refusals if refused else self._acts).handle(record)

    def _failed(self, record: logging.LogRecord) -> None:
        logger.error("the audit log cannot be written; it lacks %s", record.getMessage(), exc_info=True)


class Audit:
    """ASGI middleware that writes an entry for each request that changes or shows something, or is refused.

    A WebSocket, which shows people for as long as it is open, has one entry.

    The entry is in the file before the client has its answer. Of refusals that a client repeats the first ones are,
    and the others are counted: an entry with their number follows within a minute or two.

    Args:
        app: the application; it leaves the caller in the request's state.
        log: where entries go.
    """

    def __init__(self, app: ASGIApp, log: AuditLog) -> None:
        self._app, self._log = app, log
        self._tally = RefusalTally()
        self._counting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] not in ("http", "websocket"):
            try:
                await self._app(scope, receive, send)
            finally:  # the application ends
                self._log.write(*self._tally.take(), refused=True)
            return
        is_logged = False

        async def send_and_log(message: Message) -> None:
            nonlocal is_logged
            if message["type"] == "http.response.start" and _is_logged(scope, message["status"]):
                await self._write(_entry(scope, message))
            elif scope["type"] == "websocket" and not is_logged and _is_decided(scope, message):
                is_logged = True
                status = message.get("status", 403 if message["type"] == "websocket.close" else 101)
                await self._write(_entry(scope, {"status": status}))
            await send(message)

        await self._app(scope, receive, send_and_log)

    async def _write(self, entry: AuditEntry) -> None:
        # What a token may not do is its holder's act; beyond its rate, as without a token, there is no end of them.
        if entry.caller != ANY_CALLER and entry.status != HTTPStatus.TOO_MANY_REQUESTS:
            await asyncio.to_thread(self._log.write, entry)
            return
        if written := self._tally.add(entry):
            await asyncio.to_thread(self._log.write, *written, refused=True)
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._write_counted())

    async def _write_counted(self) -> None:
        """Write what is counted now when its period is over, also where nobody asks any more."""
        while (left_s := self._tally.left_s()) > 0:
            await asyncio.sleep(left_s)
        await asyncio.to_thread(self._log.write, *self._tally.take(), refused=True)


def _is_decided(scope: Scope, message: Message) -> bool:
    """Whether a WebSocket's caller is known, or it is refused: an accepted one may have to send its token yet."""
    return "caller" in scope.get("state", {}) or message["type"] != "websocket.accept"


def _is_logged(scope: Scope, status: int) -> bool:
    return not only_reads(scope) or status in REFUSALS or shows_results(scope)


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
