"""Bodies between proxy and application: a bounded part of each is under way, and all of it arrives."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from neuropose_ray.service.http.flow import (
    ACKNOWLEDGED_BYTES,
    WINDOW_BYTES,
    AppFlowControl,
    ProxyFlowControl,
    proxy_middleware,
)

SCOPE = {"type": "http", "path": "/"}
PIECE = 100_000
PIECES = 60


class Client:
    """A connection: gives an upload as fast as it is asked for, and takes an answer when it is let."""

    def __init__(self, pieces: int) -> None:
        self.left, self.read, self.got = pieces, 0, 0
        self.may_take = asyncio.Event()
        self.may_take.set()

    async def receive(self) -> dict[str, Any]:
        if self.left == 0:
            await asyncio.Event().wait()
        self.left -= 1
        self.read += PIECE
        return {"type": "http.request", "body": bytes(PIECE), "more_body": self.left > 0}

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_take.wait()
        assert message["type"].startswith("http."), "our own messages do not reach the client"
        self.got += len(message.get("body", b""))


def run(check: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await check()

    asyncio.run(bounded())


def test_an_upload_waits_for_an_application_that_is_slow_and_arrives_whole():
    async def check() -> None:
        client, taken, most = Client(PIECES), 0, 0

        async def application(scope, receive, send) -> None:
            nonlocal taken, most
            more = True
            while more:
                for _ in range(20):
                    await asyncio.sleep(0)  # whoever may read more does so now
                most = max(most, client.read - taken)
                message = await receive()
                taken += len(message["body"])
                more = message["more_body"]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

        await ProxyFlowControl(AppFlowControl(application))(SCOPE, client.receive, client.send)
        assert taken == PIECE * PIECES
        assert client.got == len(b"done")
        assert WINDOW_BYTES <= most <= WINDOW_BYTES + 2 * PIECE + ACKNOWLEDGED_BYTES

    run(check)


def test_an_answer_waits_for_a_client_that_is_slow_and_arrives_whole():
    async def check() -> None:
        client, sent = Client(1), 0

        async def application(scope, receive, send) -> None:
            nonlocal sent
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number in range(PIECES):
                await send({"type": "http.response.body", "body": bytes(PIECE), "more_body": number < PIECES - 1})
                sent += PIECE

        # What Serve puts between the two: the application's messages are kept until the proxy takes them.
        between: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

        async def kept_apart(scope, receive, send) -> None:
            async def pump() -> None:
                while True:
                    await send(await between.get())
                    between.task_done()

            pumping = asyncio.create_task(pump())
            await AppFlowControl(application)(scope, receive, between.put)
            await between.join()
            pumping.cancel()

        client.may_take.clear()
        serving = asyncio.create_task(ProxyFlowControl(kept_apart)(SCOPE, client.receive, client.send))
        for _ in range(2000):
            await asyncio.sleep(0)
        assert WINDOW_BYTES <= sent <= WINDOW_BYTES + 2 * PIECE
        client.may_take.set()
        await serving
        assert client.got == sent == PIECE * PIECES

    run(check)


def test_a_client_that_goes_away_ends_an_answer_that_waits_for_it():
    async def check() -> None:
        gone = asyncio.Event()
        sent = 0

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def application(scope, receive, send) -> None:
            nonlocal sent
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(PIECES):
                await send({"type": "http.response.body", "body": bytes(PIECE), "more_body": True})
                sent += PIECE

        async def unheard(message: dict[str, Any]) -> None:
            """Acknowledged by nobody."""

        scope = {**SCOPE, "extensions": {"neuropose_ray.flow": {}}}
        serving = asyncio.create_task(AppFlowControl(application)(scope, receive, unheard))
        for _ in range(500):
            await asyncio.sleep(0)
        assert sent < PIECE * PIECES
        gone.set()
        await serving
        assert sent == PIECE * PIECES

    run(check)


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
@pytest.mark.parametrize("control", [ProxyFlowControl, AppFlowControl])
def test_what_is_no_request_over_http_passes_untouched(kind: str, control: type):
    async def check() -> None:
        calls = []

        async def application(scope, receive, send) -> None:
            calls.append((scope, receive, send))

        receive, send = object(), object()
        await control(application)({"type": kind}, receive, send)
        assert calls == [({"type": kind}, receive, send)]

    run(check)


def test_without_the_end_at_the_proxy_the_application_is_called_as_it_is():
    async def check() -> None:
        calls = []

        async def application(scope, receive, send) -> None:
            calls.append(receive)

        receive = object()
        await AppFlowControl(application)(SCOPE, receive, object())
        assert calls == [receive]

    run(check)


def test_serve_is_given_the_end_at_the_proxy_as_a_middleware():
    (middleware,) = proxy_middleware()
    assert middleware.cls is ProxyFlowControl
