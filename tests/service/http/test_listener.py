"""An address that an application listens at itself, in the event loop that it has already."""

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from support.ports import free_port

from neuropose_ray.service.http.listener import Listener


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def endless(_request: Request) -> StreamingResponse:
    async def ticks():
        while True:
            yield b"tick"
            await asyncio.sleep(0.05)

    return StreamingResponse(ticks())


async def slow(_request: Request) -> PlainTextResponse:
    await asyncio.sleep(1)
    return PlainTextResponse("done")


def application(listener: Listener) -> Starlette:
    return Starlette(
        routes=[Route("/hello", hello), Route("/endless", endless), Route("/slow", slow)], lifespan=listener.lifespan
    )


@pytest.fixture
def listener() -> Listener:
    return Listener("127.0.0.1", free_port())


async def ask(listener: Listener) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(f"http://127.0.0.1:{listener.port}/hello")


def test_it_answers_as_long_as_the_lifespan_lasts_and_the_address_is_free_again_at_once(listener: Listener):
    async def twice() -> None:
        for _ in range(2):
            app = application(listener)
            async with listener.lifespan(app):
                assert (await ask(listener)).text == "hello"
            with pytest.raises(httpx.ConnectError):
                await ask(listener)

    asyncio.run(twice())


@pytest.mark.slow
def test_an_answer_without_end_does_not_keep_it_from_stopping(listener: Listener):
    async def stopped_while_it_streams() -> None:
        url = f"http://127.0.0.1:{listener.port}/endless"
        async with httpx.AsyncClient() as client, asyncio.timeout(60):
            async with listener.lifespan(application(listener)):
                stream = client.stream("GET", url)
                ticks = (await stream.__aenter__()).aiter_raw()
                assert await anext(ticks) == b"tick"
            with pytest.raises(httpx.RemoteProtocolError):
                [tick async for tick in ticks]

    asyncio.run(stopped_while_it_streams())


def test_what_was_asked_before_it_stops_is_answered(listener: Listener):
    async def stopped_while_it_works() -> str:
        async with asyncio.timeout(60), httpx.AsyncClient() as client:
            async with listener.lifespan(application(listener)):
                asked = asyncio.create_task(client.get(f"http://127.0.0.1:{listener.port}/slow"))
                await asyncio.sleep(0.3)
            return (await asked).text

    assert asyncio.run(stopped_while_it_works()) == "done"


def test_an_address_of_another_program_is_an_error(listener: Listener):
    async def start() -> None:
        async with listener.lifespan(application(listener)):
            pass

    with socket.create_server(("127.0.0.1", listener.port)), pytest.raises(OSError, match="in use"):
        asyncio.run(start())
