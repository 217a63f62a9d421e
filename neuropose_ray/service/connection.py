"""Requests to a service, and the errors that its answers stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import (
    InternalError,
    ServiceError,
    ServiceUnreachableError,
    SettingsError,
    error_kinds,
)
from neuropose_ray.service.names import TOKEN_VARIABLE, URL_VARIABLE

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 10.0
# Longer than the service waits for its job manager to be replaced.
_ANSWER_S = 60.0
Model = TypeVar("Model", bound=BaseModel)


class ServiceConnection:
    """HTTP to one service; a context manager.

    Args:
        url: of the service, such as ``http://127.0.0.1:8000``.
        token: sent with every request, where the service asks for one.

    Raises:
        SettingsError: the URL or the token is none.
    """

    def __init__(self, url: str, token: str | None = None) -> None:
        import httpx

        if token is not None and not re.fullmatch(r"[!-~]+", token):
            what = "not a token: it has letters that none has"
            raise SettingsError(what, where=TOKEN_VARIABLE, hint="copy it from `neuropose-ray service token`")
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise _wrong(url) from error
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise _wrong(url)
        # Proxies of the environment would see the token and the videos.
        self._http = httpx.Client(base_url=parsed, headers=headers, timeout=timeout, trust_env=False)
        self._url, self.token = url, token

    @property
    def url(self) -> str:
        """Of the service, without a slash at its end."""
        return self._url.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def _get(self, kind: type[Model], path: str, parameters: Mapping[str, Any] | None = None) -> Model:
        return self._model(kind, self._send("GET", path, params=parameters))

    def _get_after(self, kind: type[Model], path: str, wait_s: float) -> Model:
        """The same from a route that may wait for so many seconds before it answers."""
        import httpx

        if wait_s <= 0:
            return self._get(kind, path)
        timeout = httpx.Timeout(_ANSWER_S + wait_s, connect=_CONNECT_S)
        return self._model(kind, self._send("GET", path, params={"wait": wait_s}, timeout=timeout))

    def _model(self, kind: type[Model], response: httpx.Response) -> Model:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise ServiceError(
                "gives an answer of another kind", where=self._url, hint="is it neuropose-ray?"
            ) from error

    def _send(self, method: str, path: str, **body: Any) -> httpx.Response:
        import httpx

        try:
            response = self._http.request(method, path, **body)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        _raise_for(response, self._url)
        return response

    @contextmanager
    def _stream(self, method: str, path: str) -> Iterator[httpx.Response]:
        """An answer that is read as it comes; where it breaks off, the block raises ServiceUnreachableError."""
        import httpx

        timeout = httpx.Timeout(_ANSWER_S, connect=_CONNECT_S)
        try:
            with self._http.stream(method, path, timeout=timeout) as response:
                if response.is_error:
                    response.read()
                _raise_for(response, self._url)
                yield response
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> ServiceUnreachableError:
        hint = f"start it with `neuropose-ray serve`, or say where it is with {URL_VARIABLE}"
        return ServiceUnreachableError(
            f"no service answers ({error or type(error).__name__})", where=self._url, hint=hint
        )


def _wrong(url: str) -> SettingsError:
    return SettingsError("not the URL of a service", where=url, hint="give one such as http://127.0.0.1:8000")


def _raise_for(response: httpx.Response, url: str) -> None:
    """The error that an answer stands for, as the service meant it."""
    if not response.is_error:
        return
    try:
        problem = response.json()
        code, message, name = str(problem["code"]), str(problem["message"]), str(problem["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise ServiceError(f"answers {response.status_code} {response.reason_phrase}", where=url) from error
    kind = next((kind for kind in error_kinds() if kind.code == code), ServiceError)
    raise kind(f"{message} (error {name})" if kind in (ServiceError, InternalError) else message)
