"""Each request has an id, in its answer, in its log lines and in the audit."""

import asyncio
import json
import logging

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from neuropose_ray.service.http.request_log import HEADER, RequestLog
from neuropose_ray.service.logs.files import JsonFormatter

JOB = "0f" * 16


async def answer(request):
    logging.getLogger("neuropose_ray.inside").info("inside")
    headers = {"location": f"/v1/jobs/{JOB}"} if request.method == "POST" else {}
    return PlainTextResponse("", int(request.query_params.get("status", 200)), headers)


APP = RequestLog(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])]))


def ask(method: str, path: str, request_id: str | bytes | None = None) -> httpx.Response:
    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://x") as client:
            headers = {} if request_id is None else {HEADER: request_id}
            return await client.request(method, path, headers=headers)

    return asyncio.run(asked())


@pytest.fixture
def logged():
    lines: list[dict[str, object]] = []

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(json.loads(JsonFormatter("Ingress").format(record)))

    logger, handler = logging.getLogger("neuropose_ray"), Kept()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_clients_id_is_in_the_answer_and_in_every_line(logged):
    assert ask("POST", "/v1/jobs?status=202", "batch-7.3").headers[HEADER] == "batch-7.3"
    assert [line["message"].partition(" after")[0] for line in logged] == ["inside", "POST /v1/jobs: 202"]
    assert {line["request"] for line in logged} == {"batch-7.3"}
    assert [line.get("job") for line in logged] == [None, JOB]


def test_what_is_only_read_is_for_debugging_until_it_fails(logged):
    ask("GET", f"/v1/jobs/{JOB}/log")
    ask("GET", "/v1/status?status=500")
    assert [(line["level"], line.get("job")) for line in logged if line["message"] != "inside"] == [
        ("debug", JOB),
        ("info", None),
    ]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_refusals_which_have_no_end_are_for_debugging(logged, status: int):
    ask("POST", f"/v1/jobs?status={status}")
    assert [line["level"] for line in logged if line["message"] != "inside"] == ["debug"]


@given(st.binary(max_size=100).filter(lambda text: b"\r" not in text and b"\n" not in text))
def test_an_id_is_short_and_plain_whatever_was_sent(sent: bytes):
    got = ask("GET", "/x", sent.strip()).headers[HEADER]
    assert 1 <= len(got) <= 64
    assert set(got) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def test_two_requests_without_an_id_have_two():
    assert ask("GET", "/a").headers[HEADER] != ask("GET", "/a").headers[HEADER]


def test_a_path_with_line_breaks_is_one_line_of_the_log(logged):
    ask("POST", "/a%0aINFO%20forged")
    assert all("\n" not in str(line["message"]) for line in logged)
