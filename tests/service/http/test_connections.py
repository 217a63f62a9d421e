"""Idle and slow connections are bounded, and never keep anybody out."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from support.ports import free_port

from neuropose_ray.service.http.connections import ConnectionTable
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.settings import HttpLimits

HEAD = b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Connection:
    """A connection as the table sees it."""

    def __init__(self, address: str) -> None:
        self.address, self.is_open = address, True

    def evict(self) -> None:
        self.is_open = False


@given(
    st.lists(st.tuples(st.sampled_from(["open", "busy", "idle", "close"]), st.integers(0, 30), st.integers(0, 3))),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_no_limit_is_ever_exceeded_and_an_idle_connection_keeps_nobody_out(steps, most, most_per_client):
    table, connections, busy = ConnectionTable(most, most_per_client), [], set()
    for step, index, client in steps:
        known = [each for each in connections if each.is_open]
        if step == "open":
            new = Connection(str(client))
            own = [each for each in known if each.address == new.address]
            admitted = table.admit(new)
            # Refused only where the connections that are in the way are all in use.
            rivals = own if len(own) >= most_per_client else known
            is_full = len(own) >= most_per_client or len(known) >= most
            assert admitted == (not is_full or any(each not in busy for each in rivals))
            connections += [new] if admitted else []
        elif known:
            chosen = known[index % len(known)]
            if step == "busy":
                table.mark_busy(chosen)
                busy.add(chosen)
            elif step == "idle":
                table.mark_idle(chosen)
                busy.discard(chosen)
            else:
                table.remove(chosen)
                busy.discard(chosen)
                chosen.is_open = False
        alive = [each for each in connections if each.is_open]
        assert len(table) == len(alive) <= most
        assert all(sum(each.address == str(client) for each in alive) <= most_per_client for client in range(4))
        assert all(each.is_open for each in busy)


def test_the_longest_idle_connection_goes_first():
    table, (first, second, third) = ConnectionTable(2, 2), (Connection("a") for _ in range(3))
    table.admit(first)
    table.admit(second)
    table.mark_busy(first)
    table.mark_idle(first)
    assert table.admit(third)
    assert (first.is_open, second.is_open) == (True, False)


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def large(_request: Request) -> StreamingResponse:
    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(4096):
            yield bytes(1 << 16)

    return StreamingResponse(blocks())


async def held(_request: Request) -> PlainTextResponse:
    await asyncio.sleep(1)
    return PlainTextResponse("done")


@asynccontextmanager
async def serving(**limits: float) -> AsyncIterator[int]:
    listener = Listener("127.0.0.1", free_port(), HttpLimits(**limits))
    routes = [Route("/hello", hello, methods=["GET", "POST"]), Route("/large", large), Route("/held", held)]
    app = Starlette(routes=routes, lifespan=listener.lifespan)
    async with asyncio.timeout(60), listener.lifespan(app):
        yield listener.port


async def answer_to(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """All that comes back until the service closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
        return await reader.read()
    except ConnectionError:
        return b"reset"
    finally:
        writer.close()


async def sent_until_closed(writer: asyncio.StreamWriter, piece: bytes) -> None:
    """Return when the service has closed the connection; what holds the tests' patience ends it otherwise."""
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.05)


def problem_in(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    return int(head.split()[1]), json.loads(body)["code"]


def test_a_connection_that_sends_nothing_is_closed():
    async def check() -> bytes:
        async with serving(header_s=0.2) as port:
            return await answer_to(port)

    assert asyncio.run(check()) == b""


def test_a_head_that_comes_byte_by_byte_is_given_up():
    async def check() -> bytes:
        async with serving(header_s=0.3) as port:
            return await answer_to(port, *(HEAD[index : index + 1] for index in range(20)), pause_s=0.05)

    answer = asyncio.run(check())
    assert answer == b"reset" or problem_in(answer) == (408, "request_too_slow")


@pytest.mark.parametrize("trickle", [b"\r\n", b"G"])
def test_a_connection_is_not_kept_open_by_a_trickle_between_requests(trickle: bytes):
    async def check() -> None:
        async with serving(header_s=0.3, idle_s=60) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(HEAD)
            await reader.readuntil(b"hello")
            await sent_until_closed(writer, trickle)

    asyncio.run(check())


def test_a_connection_is_kept_open_between_requests_for_a_while():
    async def check() -> None:
        async with serving(header_s=0.2, idle_s=1) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(2):
                writer.write(HEAD)
                await reader.readuntil(b"hello")
                await asyncio.sleep(0.5)
            assert await reader.read() == b""
            writer.close()

    asyncio.run(check())


def test_a_head_without_end_is_refused():
    async def check() -> bytes:
        async with serving(header_bytes=4096) as port:
            lines = [b"X-Filler: " + b"a" * 1000 + b"\r\n"] * 100
            return await answer_to(port, HEAD[:-2], *lines, pause_s=0.002)

    answer = asyncio.run(check())
    assert answer == b"reset" or problem_in(answer) == (431, "too_large")


def test_what_is_no_http_is_answered_with_a_problem():
    async def check() -> bytes:
        async with serving() as port:
            return await answer_to(port, b"no request\r\n\r\n")

    assert problem_in(asyncio.run(check())) == (400, "bad_request")


def test_idle_connections_of_one_client_do_not_keep_out_its_next_request():
    async def check() -> None:
        async with serving(connections_per_client=20) as port:
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
            await asyncio.sleep(0.2)
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"http://127.0.0.1:{port}/hello")).text == "hello"
            for connection in idle:
                connection.close()

    asyncio.run(check())


def test_requests_in_progress_are_never_evicted_and_what_is_beyond_them_is_told_to_come_again():
    async def check() -> None:
        async with serving(connections=3) as port, httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{port}"
            held_ones = [asyncio.create_task(client.get(f"{url}/held")) for _ in range(3)]
            await asyncio.sleep(0.3)
            refused = await client.get(f"{url}/hello")
            assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
            assert [(await each).text for each in held_ones] == ["done"] * 3
            assert (await client.get(f"{url}/hello")).status_code == 200

    asyncio.run(check())


def test_a_client_that_reads_nothing_is_given_up():
    async def check() -> None:
        async with serving(silence_s=0.3, connections=1) as port:
            stalled = socket.create_connection(("127.0.0.1", port))
            stalled.setblocking(False)
            stalled.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            async with httpx.AsyncClient() as client:
                while (await client.get(f"http://127.0.0.1:{port}/hello")).status_code != 200:
                    await asyncio.sleep(0.05)
            stalled.close()

    asyncio.run(check())


@pytest.mark.slow
def test_a_client_that_goes_on_sending_after_its_answer_is_closed_in_the_end():
    async def check() -> None:
        async with serving() as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"POST /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n")
            await reader.readuntil(b"hello")
            await sent_until_closed(writer, b"a")

    asyncio.run(check())
