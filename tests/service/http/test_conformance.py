"""What HTTP asks of every route."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

from neuropose_ray.service.http import errors
from neuropose_ray.service.http.conformance import AllowedMethods, Conformance
from neuropose_ray.service.http.results import file_response


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    app, file = FastAPI(), tmp_path / "overlay.mp4"
    file.write_bytes(b"0123456789")
    errors.install(app)

    @app.get("/jobs")
    @app.post("/jobs")
    async def jobs() -> dict[str, int]:
        return {"jobs": 2}

    @app.get("/jobs/{name}/files/{path:path}")
    async def artifact(request: Request, name: str, path: str) -> FileResponse:
        return file_response(request, file)

    @app.get("/endless")
    async def endless() -> StreamingResponse:
        async def ticks() -> AsyncIterator[bytes]:
            while True:
                yield b"tick"
                await asyncio.sleep(0.01)

        return StreamingResponse(ticks())

    @app.get("/plain")
    async def plain() -> PlainTextResponse:
        return PlainTextResponse("no", status_code=418, headers={"Retry-After": "3"})

    others = {"/openapi.json": frozenset({"GET"})}
    app.add_middleware(Conformance, methods=AllowedMethods(app.openapi, others))
    return app


def ask(app: FastAPI, method: str, path: str, **headers: str) -> httpx.Response:
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with asyncio.timeout(60), httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(answer())


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


def test_options_has_the_methods_of_all_routes_of_a_path(app):
    answer = ask(app, "OPTIONS", "/jobs")
    assert (answer.status_code, answer.headers["allow"], answer.content) == (204, "GET, HEAD, OPTIONS, POST", b"")
    assert ask(app, "OPTIONS", "/jobs/a/files/b/c.mp4").headers["allow"] == "GET, HEAD, OPTIONS"
    assert problem(ask(app, "OPTIONS", "/nothing")) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_refused_with_those_that_are_allowed(app, method: str):
    answer = ask(app, method, "/jobs")
    assert problem(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["/jobs", "/jobs/a/files/b", "/openapi.json"])
def test_head_is_get_without_a_body(app, path: str):
    whole, head = ask(app, "GET", path), ask(app, "HEAD", path)
    assert head.content == b""
    assert (head.status_code, dict(head.headers)) == (200, dict(whole.headers))


def test_the_head_of_an_answer_without_end_comes_and_the_answer_is_given_up(app):
    assert (ask(app, "HEAD", "/endless").status_code, ask(app, "HEAD", "/endless").content) == (200, b"")


def test_the_head_of_what_is_not_there_says_so(app):
    assert ask(app, "HEAD", "/nothing").status_code == 404


def test_an_error_of_a_library_has_the_form_of_all_others(app):
    answer = ask(app, "GET", "/plain")
    assert (problem(answer), answer.headers["retry-after"]) == ((418, "im_a_teapot"), "3")


def test_a_file_that_the_client_has_is_not_sent_again(app):
    path = "/jobs/a/files/b"
    first = ask(app, "GET", path)
    for headers in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": f'"other", {first.headers["etag"]}'},
        {"if-modified-since": first.headers["last-modified"]},
    ):
        answer = ask(app, "GET", path, **headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == first.headers["etag"]
    assert ask(app, "GET", path, **{"if-none-match": '"other"'}).content == b"0123456789"


def test_parts_of_a_file_and_what_is_no_part_of_it(app):
    path = "/jobs/a/files/b"
    part = ask(app, "GET", path, range="bytes=2-4")
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    beyond = ask(app, "GET", path, range="bytes=100-200")
    assert (problem(beyond)[0], beyond.headers["content-range"]) == (416, "bytes */10")
    assert problem(ask(app, "GET", path, range="lines=1-2"))[0] == 400
