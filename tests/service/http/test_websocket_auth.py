"""A WebSocket is opened by a known caller from an allowed page alone, and its token is never in the URL."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from support.ports import free_port
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import listener, websocket_auth
from neuropose_ray.service.http.audit import Audit, AuditLog
from neuropose_ray.service.http.auth import AuthMiddleware
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.http.rates import RateLimit
from neuropose_ray.service.http.websocket_auth import SUBPROTOCOL, chosen_subprotocol
from neuropose_ray.service.settings import AuditSettings, HttpLimits, Token
from neuropose_ray.service.tokens import TokenStore, add_token, digest_of, new_token, revoke_token

SECRET = "a-secret_of.32~letters"
TOKENS = (Token(name="ward", sha256=digest_of(SECRET), scopes=frozenset({"read"})),)
Talk = Callable[[ClientConnection], Awaitable[object]]


@pytest.fixture(autouse=True)
def ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener looks once a second whether it is to end, which would be most of the time of these tests."""

    async def main_loop(server: uvicorn.Server) -> None:
        while not server.should_exit:
            await asyncio.sleep(0.01)

    monkeypatch.setattr(listener._Server, "main_loop", main_loop)


async def greet(websocket: WebSocket) -> None:
    """Say who the caller is, then repeat what comes."""
    await websocket.accept(subprotocol=chosen_subprotocol(websocket.scope))
    await websocket.send_text(websocket.state.caller.name)
    async for text in websocket.iter_text():
        await websocket.send_text(text)


def talk(
    tokens: tuple[Token, ...],
    talks: Talk,
    *,
    origins: tuple[str, ...] = (),
    log: Path | None = None,
    **options: object,
):
    """What a client's talk with a listening application gives."""

    async def run() -> object:
        entrance = Listener("127.0.0.1", free_port(), HttpLimits(connections=2))
        app = Starlette(routes=[WebSocketRoute("/v1/live", greet)])
        rate = RateLimit(0.01, 3)
        app.add_middleware(AuthMiddleware, tokens=TokenStore(tokens, Path("/nowhere")), rate=rate, origins=origins)
        if log is not None:
            app.add_middleware(Audit, log=AuditLog(DataFolder(log), AuditSettings()))
        async with entrance.lifespan(app), asyncio.timeout(30):
            path = options.pop("path", "/v1/live")
            async with connect(f"ws://127.0.0.1:{entrance.port}{path}", proxy=None, **options) as client:
                return await talks(client)

    return asyncio.run(run())


async def first(client: ClientConnection) -> object:
    return await client.recv()


def status_of(tokens: tuple[Token, ...], **options) -> int:
    with pytest.raises(InvalidStatus) as refused:
        talk(tokens, first, **options)
    return refused.value.response.status_code


def test_a_program_sends_its_token_in_the_header():
    header = {"Authorization": f"Bearer {SECRET}"}
    assert talk(TOKENS, first, additional_headers=header) == "ward"


def test_a_browser_sends_its_token_as_a_subprotocol_and_the_answer_does_not_repeat_it():
    async def talks(client: ClientConnection) -> object:
        return client.subprotocol, await client.recv()

    assert talk(TOKENS, talks, subprotocols=[SUBPROTOCOL, f"bearer.{SECRET}"]) == (SUBPROTOCOL, "ward")


def test_the_first_message_may_have_the_token_and_what_follows_is_the_applications():
    async def talks(client: ClientConnection) -> object:
        await client.send(json.dumps({"type": "authenticate", "token": SECRET}))
        await client.send("for the application")
        return await client.recv(), await client.recv()

    assert talk(TOKENS, talks) == ("ward", "for the application")


@pytest.mark.parametrize("options", [
    {"additional_headers": {"Authorization": "Bearer wrong"}},
    {"additional_headers": {"Authorization": "Bearer "}},
    {"subprotocols": [SUBPROTOCOL, "bearer.wrong"]},
])  # fmt: skip
def test_a_wrong_token_is_refused_before_the_connection_is_open(options):
    assert status_of(TOKENS, **options) == 401


@pytest.mark.parametrize("message", [
    '{"type": "authenticate", "token": "wrong"}', '{"type": "authenticate"}', '{"type": "state"}', "[]", "{", "1e999",
    '{"type": "authenticate", "token": 7}', b"\x00\xff", "x" * 5000, "[" * 4000,
])  # fmt: skip
def test_a_first_message_without_the_token_ends_the_connection(message):
    async def talks(client: ClientConnection) -> object:
        await client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        return closed.value.rcvd.code

    assert talk(TOKENS, talks) == 4401


def test_a_client_that_never_sends_its_token_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(websocket_auth, "FIRST_MESSAGE_S", 0.05)

    async def talks(client: ClientConnection) -> object:
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        return closed.value.rcvd.code

    assert talk(TOKENS, talks) == 4401


def test_a_token_in_the_url_is_not_looked_at():
    async def talks(client: ClientConnection) -> object:
        await client.send('{"type": "state"}')
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        return closed.value.rcvd.code

    assert talk(TOKENS, talks, path=f"/v1/live?token={SECRET}&access_token={SECRET}") == 4401


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "http://127.0.0.1.attacker.example", "file://"]
)
def test_a_page_of_another_origin_is_refused_whatever_its_token(origin):
    header = {"Authorization": f"Bearer {SECRET}"}
    assert status_of(TOKENS, origin=origin, additional_headers=header) == 403
    assert status_of((), origin=origin) == 403


def test_an_allowed_origin_is_answered():
    header = {"Authorization": f"Bearer {SECRET}"}
    options = {"origin": "https://ward.example", "additional_headers": header}
    assert talk(TOKENS, first, origins=("https://ward.example",), **options) == "ward"


def test_without_tokens_this_machine_is_answered():
    assert talk((), first) == "local"
    assert talk((), first, origin="http://localhost:8000") == "local"


def test_a_caller_who_opens_too_many_is_told_so():
    async def opened(client: ClientConnection) -> object:
        uri = f"ws://127.0.0.1:{client.remote_address[1]}/v1/live"
        statuses = []
        for _ in range(4):
            try:
                async with connect(uri, proxy=None, additional_headers=header):
                    statuses.append(101)
            except InvalidStatus as refused:
                statuses.append(refused.response.status_code)
        return statuses

    header = {"Authorization": f"Bearer {SECRET}"}
    assert talk(TOKENS, opened, additional_headers=header)[-1] == 429


def test_a_closed_websocket_gives_its_place_among_the_connections_back():
    async def opened(client: ClientConnection) -> object:
        uri = f"ws://127.0.0.1:{client.remote_address[1]}/v1/live"
        for _ in range(2):  # two at a time are taken
            async with connect(uri, proxy=None) as second:
                assert await second.recv() == "local"
                with pytest.raises((InvalidStatus, OSError)):
                    await connect(uri, proxy=None)
            await asyncio.sleep(0.1)
        return "all were answered"

    assert talk((), opened) == "all were answered"


def test_an_open_websocket_and_a_refused_one_are_in_the_audit_log(tmp_path: Path):
    async def talks(client: ClientConnection) -> object:
        await client.send(json.dumps({"type": "authenticate", "token": SECRET}))
        return await client.recv()

    talk(TOKENS, talks, log=tmp_path)
    status_of(TOKENS, additional_headers={"Authorization": "Bearer wrong"}, log=tmp_path)
    entries = [
        json.loads(line)
        for name in ("audit", "refusals")
        for line in (tmp_path / f"{name}.jsonl").read_text().splitlines()
    ]
    assert [(entry["caller"], entry["method"], entry["status"]) for entry in entries] == [
        ("ward", "WEBSOCKET", 101), ("anybody", "WEBSOCKET", 401)
    ]  # fmt: skip


@pytest.mark.parametrize("is_local", [False, True])
@pytest.mark.parametrize("speaks", ["client", "service"])
def test_an_open_websocket_ends_when_its_token_is_in_force_no_more(tmp_path: Path, speaks: str, is_local: bool):
    file, heard = tmp_path / "tokens.json", []
    secret, token = new_token("ward", frozenset({"read"}), None)
    if not is_local:
        add_token(file, token)
    speak = asyncio.Event()

    async def application(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("welcome")
        if speaks == "service":
            await speak.wait()
            await websocket.send_text("for those who may hear it alone")
        heard.extend([text async for text in websocket.iter_text()])

    async def run() -> tuple[str, int]:
        entrance = Listener("127.0.0.1", free_port(), HttpLimits())
        app = Starlette(routes=[WebSocketRoute("/v1/live", application)])
        app.add_middleware(AuthMiddleware, tokens=TokenStore((), file, look_s=0.0), rate=RateLimit(10.0, 30))
        header = {} if is_local else {"Authorization": f"Bearer {secret}"}
        async with entrance.lifespan(app), asyncio.timeout(30):
            uri = f"ws://127.0.0.1:{entrance.port}/v1/live"
            async with connect(uri, proxy=None, additional_headers=header) as client:
                said = await client.recv()
                # The token is revoked; or the first one is made, and this machine is known by name no more.
                add_token(file, token) if is_local else revoke_token(file, "ward")
                speak.set()
                if speaks == "client":
                    await client.send("delete all")
                with pytest.raises(ConnectionClosed) as closed:
                    await client.recv()
                return said, closed.value.rcvd.code

    assert asyncio.run(run()) == ("welcome", 4401)
    assert heard == []
