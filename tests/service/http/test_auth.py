"""Who is let in, decided before a byte of a request's body is read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

from neuropose_ray.service.http import errors
from neuropose_ray.service.http.auth import AuthMiddleware, Caller, is_loopback, needs
from neuropose_ray.service.http.rates import RateLimit
from neuropose_ray.service.settings import Token
from neuropose_ray.service.tokens import TokenStore, add_token, digest_of, new_token, revoke_token

READER, WRITER, ADMIN = "reader's secret", "writer's secret", "administrator's secret"
TOKENS = tuple(
    Token(name=name, sha256=digest_of(secret), scopes=frozenset(scopes))
    for name, secret, scopes in (("r", READER, ["read"]), ("w", WRITER, ["submit"]), ("a", ADMIN, ["admin"]))
)


def application(tokens: tuple[Token, ...] = (), burst: int = 100) -> FastAPI:
    app = FastAPI()
    errors.install(app)
    for scope in ("read", "submit", "admin"):
        app.get(f"/{scope}", dependencies=[Depends(needs(scope))])(lambda: "done")
    app.get("/v1/health")(lambda: "lives")
    app.add_middleware(AuthMiddleware, tokens=TokenStore(tokens, Path("/nowhere")), rate=RateLimit(0.1, burst))
    return app


def ask(app: FastAPI, path: str, *, client: str = "127.0.0.1", host: str = "127.0.0.1:8000", **headers: str):
    async def answer() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(client, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as asking:
            return await asking.get(path, headers=headers)

    return asyncio.run(answer())


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST.:1", "[::1]:8000", "127.3.2.1"])
def test_without_tokens_this_machine_may_do_all(host):
    assert [ask(application(), f"/{scope}", host=host).status_code for scope in ("read", "admin")] == [200, 200]


@pytest.mark.parametrize("client", ["192.168.0.7", "::ffff:10.0.0.1", "8.8.8.8", "fe80::1"])
def test_without_tokens_no_other_machine_is_answered(client):
    answer = ask(application(), "/v1/health", client=client)
    assert (answer.status_code, answer.json()["code"]) == (403, "access")
    assert "neuropose-ray service token" in answer.json()["message"]


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "localhost.attacker.example"])
def test_without_tokens_a_name_that_was_let_point_here_is_refused(host):
    assert ask(application(), "/read", host=host).status_code == 403


@pytest.mark.parametrize("origin", ["https://attacker.example", "null", "http://127.0.0.1.attacker.example"])
def test_without_tokens_a_page_of_another_host_is_refused(origin):
    assert ask(application(), "/submit", origin=origin).status_code == 403
    assert ask(application(), "/submit", origin="http://localhost:3000").status_code == 200


def test_with_tokens_one_of_them_is_needed_wherever_a_request_comes_from():
    app = application(TOKENS)
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {READER}"},
        {"authorization": ""},
    ):
        answer = ask(app, "/read", **headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (
        ask(app, "/read", client="8.8.8.8", host="lab.example", authorization=f"bearer {READER}").status_code == 200
    )


def test_a_token_allows_what_its_scopes_say_and_nothing_else():
    app = application(TOKENS)
    assert ask(app, "/submit", authorization=f"Bearer {READER}").status_code == 403
    assert ask(app, "/submit", authorization=f"Bearer {WRITER}").status_code == 200
    assert ask(app, "/read", authorization=f"Bearer {WRITER}").status_code == 403


def test_the_scope_admin_includes_the_others():
    app = application(TOKENS)
    for scope in ("read", "submit", "admin"):
        assert ask(app, f"/{scope}", authorization=f"Bearer {ADMIN}").status_code == 200


def test_a_token_that_asks_too_often_is_told_when_to_come_again_and_the_others_are_not():
    app = application(TOKENS, burst=3)
    answers = [ask(app, "/read", authorization=f"Bearer {READER}") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 10
    assert ask(app, "/submit", authorization=f"Bearer {WRITER}").status_code == 200
    assert [ask(app, "/v1/health").status_code for _ in range(10)] == [200] * 10  # probes have no token


def test_a_job_is_visible_to_its_owner_and_to_administrators():
    anna, ben, admin = (
        Caller(name, frozenset({scope})) for name, scope in (("a", "read"), ("b", "read"), ("c", "admin"))
    )
    assert [caller.sees("a") for caller in (anna, ben, admin)] == [True, False, True]
    assert [caller.sees(None) for caller in (anna, ben, admin)] == [False, False, True]  # the inbox's


def test_probes_need_no_token():
    assert ask(application(TOKENS), "/v1/health", client="10.0.0.1").status_code == 200


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "::ffff:8.8.8.8"])
def test_what_is_not_loopback(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("kind", ["text/event-stream; charset=utf-8", "video/mp4"])
def test_a_stream_of_events_ends_with_the_token_of_who_follows_it_and_a_download_is_whole(tmp_path: Path, kind: str):
    file = tmp_path / "tokens.json"
    secret, token = new_token("ward", frozenset({"read"}), None)
    add_token(file, token)

    async def parts() -> AsyncIterator[str]:
        yield "first "
        revoke_token(file, "ward")
        yield "second "
        yield "third"

    app = FastAPI()
    app.get("/read")(lambda: StreamingResponse(parts(), media_type=kind))
    app.add_middleware(AuthMiddleware, tokens=TokenStore((), file, look_s=0.0), rate=RateLimit(1.0, 9))
    answer = ask(app, "/read", authorization=f"Bearer {secret}")
    assert answer.text == ("first second third" if kind == "video/mp4" else "first ")
    assert ask(app, "/read", authorization=f"Bearer {secret}").status_code == 401
