"""How a WebSocket brings its token, and from which pages one may be opened.

A browser sends no header of a page's choosing with a WebSocket, and lets every page open one to any host. The token
may therefore come as a subprotocol or in the first message. It is never part of the URL, which logs and histories
keep.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from neuropose_ray.errors import AccessError, NeuroposeRayError, OverloadedError
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.service.http.errors import TokenError, problem

logger = logging.getLogger("ray.serve")

#: What a client offers besides its token; the answer names this one, so that the token is not repeated.
SUBPROTOCOL = "neuropose.live.v1"
_TOKEN_PREFIX = "bearer."
#: Seconds in which a client without a token has to send it.
FIRST_MESSAGE_S = 10.0
_FIRST_MESSAGE_CHARACTERS = 4096
_HINT = (
    "send `Authorization: Bearer TOKEN`, the subprotocols `neuropose.live.v1, bearer.TOKEN`, or first "
    '{"type": "authenticate", "token": "TOKEN"}'
)
#: Close codes: private ones, of which the last three digits are those of the HTTP status.
CLOSE_UNAUTHORISED, CLOSE_FORBIDDEN, CLOSE_OVERLOADED = 4401, 4403, 4429


def token_in_subprotocols(scope: Scope) -> str | None:
    """The token that a client offers as the subprotocol ``bearer.TOKEN``; None where it offers none."""
    offered = (str(name) for name in scope.get("subprotocols", ()))
    return next((name.removeprefix(_TOKEN_PREFIX) for name in offered if name.startswith(_TOKEN_PREFIX)), None)


def chosen_subprotocol(scope: Scope) -> str | None:
    """The subprotocol that the answer names; None where the client does not offer it."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None


def require_own_origin(headers: Headers, allowed: frozenset[str]) -> None:
    """Refuse a page of another origin; programs send no origin.

    Args:
        headers: of the request.
        allowed: further origins, such as ``https://ward.example``.

    Raises:
        AccessError: the page is neither the service's own nor an allowed one.
    """
    origin = headers.get("origin")
    if origin is None or origin.lower().rstrip("/") in allowed:
        return
    try:
        authority = urlsplit(origin).netloc.lower()
    except ValueError:
        authority = ""
    if not authority or authority != headers.get("host", "").lower():
        raise AccessError("a page of another origin may not open this", hint="list it in service.live.origins")


async def first_message_token(receive: Receive, send: Send) -> tuple[str, Receive, Send]:
    """Accept a WebSocket, and read the token from its first message.

    Returns:
        The token, and the two ends of the connection for the application, which accepts it once more.

    Raises:
        TokenError: no token came in time.
    """
    await receive()  # websocket.connect
    await send({"type": "websocket.accept"})
    try:
        async with asyncio.timeout(FIRST_MESSAGE_S):
            token = _token_of(await receive())
    except TimeoutError:
        token = None
    if token is None:
        raise TokenError("a token in force is needed", hint=_HINT)

    begins = True

    async def receive_again() -> Message:
        nonlocal begins
        if begins:
            begins = False
            return {"type": "websocket.connect"}
        return await receive()

    async def send_but_accept(message: Message) -> None:
        if message["type"] != "websocket.accept":
            await send(message)

    return token, receive_again, send_but_accept


def while_in_force(
    scope: Scope, receive: Receive, send: Send, is_in_force: Callable[[], bool]
) -> tuple[Receive, Send]:
    """The two ends of an open WebSocket, which is closed at the first message after its token is in force no more.

    Args:
        scope: of the connection.
        receive: its receiving end.
        send: its sending end.
        is_in_force: whether its caller would be let in now.
    """

    async def close() -> None:
        await refuse(TokenError("the token is in force no more"), scope, send, accepted=True)

    async def receive_or_end() -> Message:
        message = await receive()
        if message["type"] != "websocket.receive" or is_in_force():
            return message
        await close()
        return {"type": "websocket.disconnect", "code": CLOSE_UNAUTHORISED}

    async def send_or_end(message: Message) -> None:
        if message["type"] == "websocket.send" and not is_in_force():
            await close()
            raise WebSocketDisconnect(CLOSE_UNAUTHORISED)
        await send(message)

    return receive_or_end, send_or_end


def _token_of(message: Message) -> str | None:
    text = message.get("text")
    if message["type"] != "websocket.receive" or text is None or len(text) > _FIRST_MESSAGE_CHARACTERS:
        return None
    try:
        content = parsed_json(text)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get("type") != "authenticate":
        return None
    token = content.get("token")
    return token if isinstance(token, str) else None


async def refuse(error: NeuroposeRayError, scope: Scope, send: Send, *, accepted: bool) -> None:
    """Answer a WebSocket that is not let in: with HTTP where the server can, else by closing it.

    Args:
        error: why.
        scope: of the connection.
        send: its sending end.
        accepted: whether it is open already, for a first message with a token.
    """
    if not accepted and "websocket.http.response" in scope.get("extensions", {}):
        response = problem(error)
        start = {"type": "websocket.http.response.start", "status": response.status_code}
        await send({**start, "headers": response.raw_headers})
        await send({"type": "websocket.http.response.body", "body": bytes(response.body)})
        return
    logger.info("a WebSocket is refused: %s", error)
    with suppress(RuntimeError, OSError):  # the client may be gone
        await send({"type": "websocket.close", "code": _close_code(error), "reason": error.what[:120]})


def _close_code(error: NeuroposeRayError) -> int:
    if isinstance(error, TokenError):
        return CLOSE_UNAUTHORISED
    return CLOSE_OVERLOADED if isinstance(error, OverloadedError) else CLOSE_FORBIDDEN
