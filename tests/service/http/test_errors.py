"""Clients get a code, one line and an id; never a path or a trace of the service."""

import asyncio
import logging
from http import HTTPStatus

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.errors import (
    AccessError,
    DrainingError,
    ForbiddenInputError,
    JobNotFoundError,
    JobStateError,
    NotReadyError,
    OutputError,
    OverloadedError,
    RequestTimeoutError,
    StorageFullError,
    TooLargeError,
    VideoError,
)
from neuropose_ray.schemas.live_messages import CLIENT_MESSAGE
from neuropose_ray.service.http import errors
from neuropose_ray.service.http.submissions import Submission


def answer_to(error: Exception) -> httpx.Response:
    app = FastAPI()
    errors.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/")

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ForbiddenInputError("x"), 403), (JobNotFoundError("x"), 404), (JobStateError("x"), 409),
        (TooLargeError("x"), 413), (VideoError("x"), 422), (OverloadedError("x"), 429), (DrainingError("x"), 503),
        (RequestTimeoutError("x"), 504), (StorageFullError("x"), 507), (OutputError("x"), 500), (KeyError("x"), 500),
    ],
)  # fmt: skip
def test_each_kind_of_error_has_its_status(error, status):
    answer = answer_to(error)
    assert answer.status_code == status
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.keys() == {"type", "title", "status", "detail", "code", "message", "id"}
    assert (problem["status"], problem["title"], problem["detail"]) == (
        status,
        HTTPStatus(status).phrase,
        problem["message"],
    )
    assert ("retry-after" in answer.headers) == (status in (429, 503, 507))


def test_a_file_of_the_service_is_not_named(caplog):
    with caplog.at_level(logging.INFO, "ray.serve"):
        answer = answer_to(VideoError("no picture", where="/srv/secret/clip.mp4", hint="send another"))
    assert answer.json()["message"] == "no picture; send another"


@pytest.mark.parametrize("kind", [NotReadyError, RequestTimeoutError, StorageFullError, JobStateError])
def test_what_happens_to_a_sound_service_is_a_line_of_its_log_and_no_error(kind, caplog, monkeypatch):
    # The process that starts a service, which another test may have been, keeps these lines from its terminal.
    monkeypatch.setattr(logging.getLogger("ray.serve"), "filters", [])
    with caplog.at_level(logging.INFO, "ray.serve"):
        answer = answer_to(kind("x"))
    (record,) = [record for record in caplog.records if answer.json()["id"] in record.getMessage()]
    assert (record.levelno, record.exc_info) == (logging.INFO, None)


@pytest.mark.parametrize("kind", [errors.TokenError, AccessError, OverloadedError])
def test_refusals_which_have_no_end_are_for_debugging(kind, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("ray.serve"), "filters", [])
    with caplog.at_level(logging.DEBUG, "ray.serve"):
        errors.problem(kind("x"))
    assert [record.levelno for record in caplog.records] == [logging.DEBUG]


def test_what_is_unforeseen_is_in_the_log_under_the_id_alone(caplog):
    with caplog.at_level(logging.ERROR, "ray.serve"):
        answer = answer_to(RuntimeError("/srv/secret exploded"))
    assert "secret" not in answer.text
    assert answer.json()["id"] in caplog.text
    assert "/srv/secret exploded" in caplog.text


_LONG = st.integers(1, 100_000).map(lambda count: "k" * count)


@given(name=_LONG | st.text(), depth=st.integers(0, 20))
def test_what_is_wrong_with_a_request_is_one_short_line_however_long_its_names_are(name: str, depth: int):
    nested: object = 1
    for _ in range(depth):
        nested = {name: nested}
    for model, content in (
        (Submission.model_validate, {"labels": nested}),
        (Submission.model_validate, {f"{name} {number}": nested for number in range(9)}),
        (CLIENT_MESSAGE.validate_python, {"type": name}),
        (CLIENT_MESSAGE.validate_python, {"type": "state", name: nested}),
    ):
        try:
            model(content)
        except ValidationError as error:
            line = errors.public_message(errors.RequestError(errors.faults(error.errors()), hint="see /docs"))
            assert line.isprintable()
            assert 0 < len(line) < 5000
