"""What HTTP asks of every route, whatever the route does: HEAD, OPTIONS, allowed methods, and one form of errors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.service.http.errors import plain_problem


class AllowedMethods:
    """The methods of each path, from the interface's own description.

    Args:
        describe: gives the OpenAPI description.
        others: methods of paths that are not in it.
    """

    def __init__(self, describe: Callable[[], dict[str, Any]], others: Mapping[str, frozenset[str]]) -> None:
        self._describe, self._others = describe, others

    def of(self, path: str) -> frozenset[str]:
        """The methods of a path, ``HEAD`` and ``OPTIONS`` among them; none where there is no such path."""
        own = self._others.get(path) or next((allowed for form, allowed in self._forms if form.fullmatch(path)), None)
        if own is None:
            return frozenset()
        return own | {"OPTIONS"} | ({"HEAD"} if "GET" in own else set())

    @cached_property
    def _forms(self) -> list[tuple[re.Pattern[str], frozenset[str]]]:
        return [
            (_form(path), frozenset(method.upper() for method in methods))
            for path, methods in self._describe()["paths"].items()
        ]


def _form(path: str) -> re.Pattern[str]:
    """A path with parameters as a pattern; ``{path}`` alone may have slashes in it."""
    parts = re.split(r"(\{\w+\})", path)
    return re.compile("".join(_parameter(part) if part.startswith("{") else re.escape(part) for part in parts))


def _parameter(part: str) -> str:
    return ".*" if part == "{path}" else "[^/]+"


class Conformance:
    """ASGI middleware that answers HEAD and OPTIONS, refuses other methods, and gives all errors one form.

    Args:
        app: the application.
        methods: that its paths allow.
    """

    def __init__(self, app: ASGIApp, methods: AllowedMethods) -> None:
        self._app, self._methods = app, methods

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed = self._methods.of(scope["path"])
        if allowed and scope["method"] == "OPTIONS":
            await Response(status_code=204, headers={"Allow": _listed(allowed)})(scope, receive, send)
        elif allowed and scope["method"] not in allowed:
            refusal = plain_problem(HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": _listed(allowed)})
            await refusal(scope, receive, send)
        elif allowed and scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._app(scope, receive, _as_problems(scope, receive, send))

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the head of what GET gives; the rest of that is not even made."""
        started = asyncio.Event()

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start" and not started.is_set():
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                started.set()

        answering = asyncio.create_task(
            _run(self._app, {**scope, "method": "GET"}, receive, _as_problems(scope, receive, send_head))
        )
        waiting = asyncio.create_task(started.wait())
        try:
            await asyncio.wait({answering, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                answering.result()
        finally:
            answering.cancel()
            waiting.cancel()


async def _run(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def _as_problems(scope: Scope, receive: Receive, send: Send) -> Send:
    """A way to answer that makes problems of errors in plain text, which come from libraries."""
    replaced = False

    async def send_problem(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message["headers"])
            is_plain = headers.get("content-type", "text/plain").startswith("text/plain")
            replaced = message["status"] >= HTTPStatus.BAD_REQUEST and is_plain
            if replaced:
                kept = {name: headers[name] for name in ("allow", "content-range", "retry-after") if name in headers}
                await plain_problem(HTTPStatus(message["status"]), kept)(scope, receive, send)
        if not replaced:
            await send(message)

    return send_problem


def _listed(methods: frozenset[str]) -> str:
    return ", ".join(sorted(methods))
