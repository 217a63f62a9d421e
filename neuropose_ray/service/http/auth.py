"""Who may ask for what."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from neuropose_ray.errors import AccessError, OverloadedError
from neuropose_ray.service.http.documentation import DOCUMENTATION_PATHS
from neuropose_ray.service.http.errors import TokenError, problem
from neuropose_ray.service.http.rates import RateLimit
from neuropose_ray.service.http.websocket_auth import (
    first_message_token,
    refuse,
    require_own_origin,
    token_in_subprotocols,
    while_in_force,
)
from neuropose_ray.service.settings import ANY_CALLER, LOCAL_CALLER, SCOPES
from neuropose_ray.service.settings import Scope as TokenScope
from neuropose_ray.service.tokens import TokenStore

#: What a probe and a person in front of a browser may see without a token.
OPEN_PATHS = frozenset({"/v1/health", "/v1/ready", *DOCUMENTATION_PATHS})
#: The page of a stream shows nothing by itself: it asks for a token, and opens a WebSocket with it.
_VIEW_PAGE = re.compile(r"^/v1/(streams/[^/]+/view|live/page/[a-z_.]+)$")
_MAKE_ONE = "make a token with `neuropose-ray service token`"
bearer = HTTPBearer(auto_error=False, description="A token made by `neuropose-ray service token`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request.

    Attributes:
        name: of the token; jobs belong to it.
        scopes: that the token has.
    """

    name: str
    scopes: frozenset[TokenScope]

    def may(self, scope: TokenScope) -> bool:
        """Whether the caller has a scope; ``admin`` includes the others."""
        return scope in self.scopes or "admin" in self.scopes

    def sees(self, owner: str | None) -> bool:
        """Whether the caller may know of a job that belongs to ``owner``; None is the inbox."""
        return self.may("admin") or owner == self.name


#: The caller from this machine, where no tokens were made.
LOCAL = Caller(LOCAL_CALLER, frozenset(SCOPES))
#: The caller of an open path.
ANYBODY = Caller(ANY_CALLER, frozenset())


class AuthMiddleware:
    """Refuses callers before a byte of their request's body is read.

    With tokens: a request brings one of them. Without: it comes from this machine, and asks for this machine by name,
    so that no web page that a user of this machine looks at can reach the service, be it by a form that it posts or
    by a host name of its own that it lets point here.

    Args:
        app: the application.
        tokens: that are in force.
        rate: of each caller's requests, and of the WebSockets that it opens.
        origins: of pages, besides the service's own, whose WebSockets are answered: ``https://ward.example``.
    """

    def __init__(self, app: ASGIApp, tokens: TokenStore, rate: RateLimit, origins: tuple[str, ...] = ()) -> None:
        self._app, self._tokens, self._rate, self._origins = app, tokens, rate, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass or answer."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
            return
        if scope["type"] != "http":  # the application's own start and end
            await self._app(scope, receive, send)
            return
        try:
            caller = self._caller(scope)
            scope.setdefault("state", {})["caller"] = caller
            if caller is not ANYBODY:
                self._rate.count(caller.name)
        except (AccessError, OverloadedError) as error:
            await problem(error)(scope, receive, send)
            return
        await self._app(scope, receive, send if caller is ANYBODY else self._ended_in_time(scope, send))

    def _ended_in_time(self, scope: Scope, send: Send) -> Send:
        """A way to answer by which a stream of events ends once its caller would be let in no more."""
        secret = None if not self._tokens.are_needed() else _bearer(Headers(scope=scope))
        is_stream = has_ended = False

        async def send_in_time(message: Message) -> None:
            nonlocal is_stream, has_ended
            if has_ended:
                return
            if message["type"] == "http.response.start":
                kind = Headers(raw=message.get("headers", [])).get("content-type", "")
                is_stream = kind.startswith("text/event-stream")
            elif is_stream and not self._is_in_force(secret):
                has_ended = True
                message = {**message, "body": b"", "more_body": False}
            await send(message)

        return send_in_time

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a WebSocket pass once its origin and its caller are known; nothing is read from it before."""
        headers, accepted = Headers(scope=scope), False
        secret: str | None = None
        try:
            if self._tokens.are_needed():
                require_own_origin(headers, self._origins)
                secret = _bearer(headers)
                if secret is None:
                    secret = token_in_subprotocols(scope)
                if secret is None:
                    accepted = True
                    secret, receive, send = await first_message_token(receive, send)
                caller = self._caller_of(secret)
            else:
                _check_local(scope, headers)
                caller = LOCAL
            self._rate.count(caller.name)
        except (AccessError, OverloadedError) as error:
            await refuse(error, scope, send, accepted=accepted)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, *while_in_force(scope, receive, send, partial(self._is_in_force, secret)))

    def _is_in_force(self, secret: str | None) -> bool:
        """Whether a caller who was let in with this token, or without one, would be let in now."""
        return not self._tokens.are_needed() if secret is None else self._tokens.token_of(secret) is not None

    def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        if not self._tokens.are_needed():
            _check_local(scope, headers)
            return LOCAL
        if scope["path"] in OPEN_PATHS or _VIEW_PAGE.match(scope["path"]):
            return ANYBODY
        return self._caller_of(_bearer(headers))

    def _caller_of(self, secret: str | None) -> Caller:
        token = None if secret is None else self._tokens.token_of(secret)
        if token is None:
            raise TokenError("a token in force is needed", hint="send it as `Authorization: Bearer TOKEN`")
        return Caller(token.name, token.scopes)


def _bearer(headers: Headers) -> str | None:
    kind, _, text = headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" else None


def _check_local(scope: Scope, headers: Headers) -> None:
    client = scope.get("client")
    if client is None or not is_loopback(str(client[0])):
        raise AccessError("without tokens only this machine is answered", hint=_MAKE_ONE)
    if not is_loopback(_host(f"//{headers.get('host', '')}")):
        raise AccessError(
            "without tokens the service is known as localhost alone", hint=f"ask for http://127.0.0.1, or {_MAKE_ONE}"
        )
    origin = headers.get("origin")
    if origin is not None and not is_loopback(_host(origin)):
        raise AccessError("a page of another host may not use this service", hint=_MAKE_ONE)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or address can mean this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def needs(scope: TokenScope) -> Callable[..., Awaitable[Caller]]:
    """A dependency of routes: the caller, who must have a scope.

    Raises:
        AccessError: the caller has not.
    """

    async def checked(request: Request, _documented: object = Security(bearer)) -> Caller:
        caller: Caller = request.state.caller
        require(caller, scope)
        return caller

    return checked


def require(caller: Caller, scope: TokenScope) -> None:
    """Refuse a caller without a scope.

    Raises:
        AccessError: the caller has it not.
    """
    if not caller.may(scope):
        raise AccessError(f"this token does not allow to {_VERBS[scope]}", hint=f"it needs the scope `{scope}`")


_VERBS: dict[TokenScope, str] = {"read": "read", "submit": "submit work", "admin": "administer the service"}
