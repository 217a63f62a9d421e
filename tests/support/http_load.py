"""A bounded load on a service of this machine: ``python http_load.py KIND PORT SECONDS``; it ends by itself."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress

BLOCK = 1 << 16
LARGE_BYTES = 200 * 10**6
HEAD = "POST /v1/pose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{length}\r\n\r\n"
FORM = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'


def blocks(first: bytes, block: bytes, size: int) -> Iterator[bytes]:
    yield first
    for _ in range(size // len(block)):
        yield block


async def send(port: int, kind: str, body: Iterator[bytes], length: int | None) -> bytes:
    """Send a body as fast as it is taken, until the service has answered; the first line of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.readline())
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    try:
        writer.write(HEAD.format(kind=kind, length=size).encode())
        for block in body:
            if answer.done():
                break
            writer.write(block if length is not None else f"{len(block):x}\r\n".encode() + block + b"\r\n")
            await writer.drain()
    except ConnectionError:
        pass
    with suppress(ConnectionError):
        line = await answer
        print(kind, length, line.decode().strip(), flush=True)
    writer.close()
    return b""


async def hold(port: int, seconds: float, pieces: bytes = b"") -> None:
    """Hold a connection that sends nothing, or a byte each half second."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for index in range(len(pieces)):
            writer.write(pieces[index : index + 1])
            await writer.drain()
            await asyncio.sleep(0.5)
            if loop.time() > end:
                break
        await asyncio.sleep(max(0.0, end - loop.time()))
        writer.close()


async def main(load: str, port: int, seconds: float) -> None:
    """Make one kind of load."""
    async with asyncio.timeout(seconds + 120):
        if load == "idle":
            await asyncio.gather(*(hold(port, seconds) for _ in range(1100)))
        elif load == "slow":
            head = HEAD.format(kind="image/jpeg", length="Content-Length: 1000000").encode()
            await asyncio.gather(*(hold(port, seconds, head) for _ in range(50)))
        elif load == "integers":
            await send(port, "application/json", blocks(b'{"frames": [1', b",1" * (BLOCK // 2), 16 * 10**6), None)
            texts = blocks(b'{"frames": [""', b',""' * (BLOCK // 3), 24 * 10**6)
            await send(port, "application/json", texts, None)
        else:
            bodies = [
                ("application/json", b'{"frames": ["', b"A" * BLOCK, None),
                ("application/json", b'{"frames": [1', b",1" * (BLOCK // 2), LARGE_BYTES),
                ("application/json", b" ", b" " * BLOCK, None),
                ("image/jpeg", b"\xff\xd8", b"\xff" * BLOCK, None),
                ("image/jpeg", b"\xff\xd8", b"\xff" * BLOCK, LARGE_BYTES),
                ("multipart/form-data; boundary=x", FORM, b"a" * BLOCK, None),
            ]
            sending = (
                send(port, kind, blocks(first, block, LARGE_BYTES), length) for kind, first, block, length in bodies
            )
            await asyncio.gather(*sending)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
