"""Messages of a stream as text, from a service that breaks off."""

import asyncio

import pytest

from neuropose_ray.cli.live_text import print_stream, watched
from neuropose_ray.errors import ServiceUnreachableError
from neuropose_ray.schemas.live_messages import StreamReport


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


@pytest.mark.parametrize(("kept", "line"), [
    ({}, None), ({"clip_s": 19.7}, "clips       reach back 20 s"),
    ({"clip_s": 9.0, "clip_limit": "clips reach back 9 s and not 60"}, "clips       reach back 9 s and not 60"),
])  # fmt: skip
def test_how_far_clips_reach_back_is_shown(kept: dict, line: str | None, capsys: pytest.CaptureFixture[str]):
    print_stream(StreamReport(stream_id="door", url="rtsp://camera", **kept), as_json=False)
    shown = [text for text in capsys.readouterr().out.splitlines() if text.startswith("clips")]
    assert shown == ([] if line is None else [line])
