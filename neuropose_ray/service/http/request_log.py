"""The id of each request, in its log lines and in its answer, and a line for each request."""

from __future__ import annotations

import logging
import re
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.service.http.errors import REFUSALS
from neuropose_ray.service.http.request_paths import job_of, only_reads
from neuropose_ray.service.logs import log_context

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


#: Of a path that is logged: a client may send tens of thousands.
_PATH_LETTERS = 300


class RequestLog:
    """ASGI middleware that gives each request an id: the client's ``X-Request-ID``, or a new one.

    What changes something, or fails, is logged as information; what is only read, or refused, for debugging.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        begin_s = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                _log(scope, message["status"], headers.get("location", ""), time.perf_counter() - begin_s)
            await send(message)

        with log_context(request=request_id):
            await self._app(scope, receive, send_with_id)


def _log(scope: Scope, status: int, location: str, seconds: float) -> None:
    job = job_of(scope, location)
    is_minor = (only_reads(scope) and status < 500) or status in REFUSALS
    level = logging.DEBUG if is_minor else logging.INFO
    path = scope["path"][:_PATH_LETTERS].encode("unicode_escape").decode()
    text = "%s %s: %d after %.0f ms"
    logger.log(level, text, scope["method"], path, status, 1000 * seconds, extra={"job": job} if job else None)
