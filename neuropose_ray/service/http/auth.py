"""Who may ask for what."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.security import HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from neuropose_ray.errors import AccessError
from neuropose_ray.service.http.errors import TokenError, problem
from neuropose_ray.service.settings import Scope as TokenScope
from neuropose_ray.service.settings import Token

#: What a probe and a person in front of a browser may see without a token.
OPEN_PATHS = frozenset({"/v1/health", "/v1/ready", "/docs", "/openapi.json"})
_MAKE_ONE = "make a token with `neuropose-ray service token` and put it into the service's settings"
bearer = HTTPBearer(auto_error=False, description="A token made by `neuropose-ray service token`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what they may."""

    name: str
    scopes: frozenset[TokenScope]


#: Whoever is on this machine, where no tokens are set.
LOCAL = Caller("local", frozenset({"read", "submit", "admin"}))
#: Whoever asks for an open path.
ANYBODY = Caller("anybody", frozenset())


class AuthMiddleware:
    """Refuses callers before a byte of their request's body is read.

    With tokens: a request brings one of them. Without: it comes from this machine, and asks for this machine by name,
    so that no web page that a user of this machine looks at can reach the service, be it by a form that it posts or
    by a host name of its own that it lets point here.

    Args:
        app: what is behind the gate.
        tokens: that are known.
    """

    def __init__(self, app: ASGIApp, tokens: tuple[Token, ...]) -> None:
        self._app, self._tokens = app, tokens

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass or answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            caller = self._caller(scope)
        except AccessError as error:
            await problem(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

    def _caller(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        if not self._tokens:
            _check_local(scope, headers)
            return LOCAL
        if scope["path"] in OPEN_PATHS:
            return ANYBODY
        kind, _, text = headers.get("authorization", "").partition(" ")
        caller = self._of_token(text.strip()) if kind.lower() == "bearer" else None
        if caller is None:
            raise TokenError("a token that is known is needed", hint="send it as `Authorization: Bearer TOKEN`")
        return caller

    def _of_token(self, text: str) -> Caller | None:
        """The caller, compared in a time that says nothing of the tokens."""
        digest, found = sha256(text.encode("utf-8", "replace")).hexdigest(), None
        for token in self._tokens:
            if hmac.compare_digest(digest, token.sha256):
                found = Caller(token.name, token.scopes)
        return found


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
    if scope not in caller.scopes:
        raise AccessError(f"this token does not allow to {_VERBS[scope]}", hint=f"it needs the scope `{scope}`")


_VERBS: dict[TokenScope, str] = {"read": "read", "submit": "submit work", "admin": "administer the service"}
