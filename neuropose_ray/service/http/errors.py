"""What clients are told when something goes wrong: a code, one line, and the id under which the log has the rest."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from neuropose_ray.errors import (
    AccessError,
    DrainingError,
    ForbiddenInputError,
    InputError,
    InternalError,
    JobNotFoundError,
    JobStateError,
    LiveError,
    NeuroposeRayError,
    NotReadyError,
    OverloadedError,
    RequestError,
    RequestTimeoutError,
    ServiceError,
    SessionNotFoundError,
    SessionVersionError,
    SlowRequestError,
    StorageFullError,
    StoreError,
    StreamNotFoundError,
    TooLargeError,
)
from neuropose_ray.schemas.immutable import FrozenModel

logger = logging.getLogger("ray.serve")

#: Seconds that a client is told to wait before it tries again what may go well then.
RETRY_AFTER_S: Mapping[type[NeuroposeRayError], int] = MappingProxyType(
    {OverloadedError: 5, NotReadyError: 5, DrainingError: 60, StorageFullError: 300}
)


#: Of what is wrong at one place of a request, and of a name in the path to that place: both may be the client's.
_FAULT_LETTERS, _NAME_LETTERS = 300, 60


#: Statuses of requests that were refused for who asks, or for how often.
REFUSALS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS})


class TokenError(AccessError):
    """A request without a token that is known."""


class Problem(FrozenModel):
    """The body of every error: problem details as in RFC 9457."""

    type: str = Field(default="about:blank", description="no other types are defined")
    title: str = Field(description="the HTTP status in words", examples=["Content Too Large"])
    status: int = Field(description="the HTTP status", examples=[413], ge=400, le=599)
    detail: str = Field(description="the same as `message`", examples=["walk.mp4: 5 hours, more than 4"])
    code: str = Field(description="stable, for programs", examples=["too_large"])
    message: str = Field(description="one line for people", examples=["walk.mp4: 5 hours, more than 4"])
    id: str = Field(description="the id of this error in the service's log", examples=["8d4ef02c6a1b93e7"])


def new_problem(status: HTTPStatus, code: str, message: str) -> Problem:
    """Describe an error, with an id of its own."""
    return Problem(
        title=status.phrase, status=status, detail=message, code=code, message=message, id=secrets.token_hex(8)
    )


#: The most special class that fits counts.
_STATUS: Mapping[type[NeuroposeRayError], HTTPStatus] = MappingProxyType(
    {
        TokenError: HTTPStatus.UNAUTHORIZED,
        AccessError: HTTPStatus.FORBIDDEN,
        ForbiddenInputError: HTTPStatus.FORBIDDEN,
        JobNotFoundError: HTTPStatus.NOT_FOUND,
        JobStateError: HTTPStatus.CONFLICT,
        StreamNotFoundError: HTTPStatus.NOT_FOUND,
        SessionNotFoundError: HTTPStatus.NOT_FOUND,
        SessionVersionError: HTTPStatus.CONFLICT,
        StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
        LiveError: HTTPStatus.UNPROCESSABLE_ENTITY,
        TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        SlowRequestError: HTTPStatus.REQUEST_TIMEOUT,
        RequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
        InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
        OverloadedError: HTTPStatus.TOO_MANY_REQUESTS,
        NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
        DrainingError: HTTPStatus.SERVICE_UNAVAILABLE,
        RequestTimeoutError: HTTPStatus.GATEWAY_TIMEOUT,
        StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    }
)


def status_of(error: NeuroposeRayError) -> HTTPStatus:
    """The HTTP status of an error; 500 for what is no client's doing."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)


def public_message(error: NeuroposeRayError) -> str:
    """What of an error a client may see: never a path of the service."""
    if status_of(error) is HTTPStatus.INTERNAL_SERVER_ERROR:
        return _INTERNAL
    # Errors of the service say where in the request; those of other rooms say which file of this machine.
    where = error.where if isinstance(error, ServiceError) and not str(error.where).startswith("/") else None
    return str(NeuroposeRayError(error.what, where=where, hint=error.hint))


_INTERNAL = "the service failed at this; its log has the details under this id"


def problem(error: NeuroposeRayError) -> JSONResponse:
    """The response for an error, which is logged under the same id."""
    status, headers = status_of(error), {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    wait_s = next((RETRY_AFTER_S[kind] for kind in type(error).__mro__ if kind in RETRY_AFTER_S), None)
    if wait_s is not None:
        headers["Retry-After"] = str(math.ceil(getattr(error, "retry_after_s", wait_s)))
    return _response(status, error.code, public_message(error), headers, log=error)


def _response(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, *, log: BaseException | str = ""
) -> JSONResponse:
    described = new_problem(HTTPStatus(status), code, message)
    # What is said with 503, 504 and 507 happens to a sound service; a trace is for what should not.
    if status == HTTPStatus.INTERNAL_SERVER_ERROR and isinstance(log, BaseException):
        logger.error("%s %s: %s", described.id, code, log, exc_info=log)
    else:
        # Strangers decide how many refusals there are; those are in the audit log, repeated ones as a number.
        level = logging.DEBUG if status in REFUSALS else logging.INFO
        logger.log(level, "%s %s: %s", described.id, code, log or message)
    return JSONResponse(described.model_dump(), status, headers, media_type="application/problem+json")


def plain_problem(status: HTTPStatus, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The response for an error of which no more is known than its status."""
    return _response(status, status.name.lower(), status.phrase, headers)


def install(app: FastAPI) -> None:
    """Let all errors of an application end in :class:`Problem`."""

    @app.exception_handler(NeuroposeRayError)
    async def _known(_request: Request, error: NeuroposeRayError) -> JSONResponse:
        return problem(error)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(RequestError(faults(error.errors()), hint="see /docs"))

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        return plain_problem(HTTPStatus(error.status_code), error.headers)

    @app.exception_handler(Exception)
    async def _unforeseen(_request: Request, error: Exception) -> JSONResponse:
        return _response(HTTPStatus.INTERNAL_SERVER_ERROR, InternalError.code, _INTERNAL, log=error)


def faults(errors: Any) -> str:
    """What a validation found, in one line; the values that were sent are not repeated, and long names are cut."""
    return "; ".join(_fault(error) for error in list(errors)[:5])


def _fault(error: Mapping[str, Any]) -> str:
    what = _cut(str(error["msg"]), _FAULT_LETTERS)
    where = ".".join(_cut(str(part), _NAME_LETTERS) for part in error["loc"])
    return f"{where}: {what}" if where else what


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[:letters]}..."


def problems(**what: str) -> dict[int | str, dict[str, Any]]:
    """Error responses for a route's description: ``problems(s404="no such job")``, beside those of all routes."""
    always = {
        "400": "not a request of HTTP",
        "401": "a token is needed",
        "403": "not allowed",
        "422": "not well formed",
        "429": "too many requests; see Retry-After",
        "500": "the service failed at this; its log says more under the id",
        "503": "not ready; see Retry-After",
    }
    texts = always | {name.removeprefix("s"): text for name, text in what.items()}
    return {int(code): problem_answer(text) for code, text in sorted(texts.items())}


def problem_answer(text: str) -> dict[str, Any]:
    """One error response for a route's description."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": text, "content": content}
