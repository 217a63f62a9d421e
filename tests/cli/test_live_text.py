"""Messages of a stream as text, from a service that breaks off."""

import asyncio

import pytest

from neuropose_ray.cli.live_text import watched
from neuropose_ray.errors import ServiceUnreachableError


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101", b"no HTTP at all\r\n\r\n"])
def test_a_service_that_breaks_off_the_first_connection_is_one_line(answer: bytes):
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async def watch() -> None:
        async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            await watched(f"http://127.0.0.1:{port}", None, "door", 1, as_json=False)

    with pytest.raises(ServiceUnreachableError, match="no service answers"):
        asyncio.run(watch())
