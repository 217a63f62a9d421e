"""Streams and live messages as text in the terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from neuropose_ray.cli.console import duration
from neuropose_ray.errors import ServiceError, ServiceUnreachableError

if TYPE_CHECKING:
    from neuropose_ray.schemas.live_messages import StreamReport

_RETRY_S = 1.0


def print_streams(streams: Sequence[StreamReport]) -> None:
    """A table of streams."""
    from rich.console import Console

    from neuropose_ray.cli.tables import TextTable, print_table

    rows = tuple(
        (
            stream.stream_id,
            stream.state,
            f"{stream.source_fps:.1f}",
            f"{stream.pose_fps:.1f}",
            "" if stream.latency_ms.p95 is None else f"{stream.latency_ms.p95:.0f}",
            str(stream.persons),
            str(stream.subscribers),
            stream.url,
        )
        for stream in streams
    )
    columns = ("stream", "state", "frames/s", "poses/s", "age p95, ms", "people", "clients", "source")
    print_table(Console(), TextTable(columns, rows))


def print_stream(stream: StreamReport, *, as_json: bool) -> None:
    """All that is known of a stream."""
    if as_json:
        typer.echo(stream.model_dump_json(indent=2))
        return
    size = f"{stream.width} x {stream.height}" if stream.width else "not known yet"
    age = stream.latency_ms
    lines = {
        "stream": stream.stream_id,
        "source": stream.url,
        "state": stream.state + ("" if stream.since is None else f", for {duration(time.time() - stream.since)}"),
        "last error": stream.last_error,
        "picture": size,
        "frames": f"{stream.source_fps:.1f}/s come, {stream.pose_fps:.1f}/s are looked at, {stream.dropped} were not",
        "age": None if age.p50 is None else f"{age.p50:.0f} ms in half of them, {age.p95:.0f} ms in 95 of 100",
        "people": str(stream.persons),
        "clients": str(stream.subscribers),
        "reconnects": str(stream.reconnects),
        "clips": _clips(stream),
        "rules": stream.pipeline,
        "session": stream.session_id,
        "camera": stream.camera_id or None,
    }
    for name, text in lines.items():
        if text is not None:
            typer.echo(f"{name:<12}{text}")


def _clips(stream: StreamReport) -> str | None:
    if stream.clip_limit is not None:
        return stream.clip_limit.removeprefix("clips ")
    return f"reach back {stream.clip_s:.0f} s" if stream.clip_s else None


async def watched(address: str, token: str | None, stream: str, frames: int | None, *, as_json: bool) -> None:
    """Print a stream's messages; a connection that breaks off is made again.

    Args:
        address: of the service.
        token: where it asks for one.
        stream: its name.
        frames: after which it ends; None: never.
        as_json: every message as it is.

    Raises:
        ServiceError: the service refuses.
        ServiceUnreachableError: nobody answers.
    """
    import asyncio

    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    uri = f"ws{address.removeprefix('http')}/v1/live"
    ask: dict[str, Any] = {"type": "subscribe", "subscription_id": "view", "source": {"stream": stream}}
    poses, was_connected = 0, False
    while True:
        try:
            async with connect(uri, additional_headers=headers, proxy=None) as connection:
                was_connected = True
                await connection.send(json.dumps(ask))
                async for text in connection:
                    message = json.loads(text)
                    if message["type"] == "error":
                        raise ServiceError(message["message"], where=stream)
                    if message["type"] == "subscribed":
                        ask["resume"] = message["resume"]
                    _print_message(message, str(text), as_json=as_json)
                    if message["type"] in ("pose", "event"):
                        ask["after_seq"] = message["seq"]
                    if message["type"] == "pose":
                        ack = {"type": "ack", "subscription_id": "view", "seq": message["seq"]}
                        await connection.send(json.dumps(ack))
                    poses += message["type"] == "pose"
                    if frames is not None and poses >= frames:
                        return
        except InvalidStatus as error:
            raise ServiceError(f"answers {error.response.status_code}", where=address) from error
        except ConnectionClosed:
            pass
        except (OSError, InvalidHandshake) as error:  # which a service that ends breaks off
            if not was_connected:
                raise ServiceUnreachableError("no service answers", where=address) from error
        await asyncio.sleep(_RETRY_S)


def _print_message(message: dict[str, Any], text: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(text)
    elif message["type"] == "pose":
        clock = time.strftime("%H:%M:%S", time.localtime(message["captured_at"]))
        people = ", ".join(
            f"{person['track_id']}{'' if person['confirmed'] else '?'} ({person['score']})"
            for person in message["persons"]
        )
        age = message["timing_ms"]["total"]
        typer.echo(f"{clock}  {age:4.0f} ms old  {people or 'nobody'}")
    elif message["type"] == "event":
        data = json.dumps(message.get("data", {}))
        who = f" person {message['track_id']}" if "track_id" in message else ""
        if message["event"] != "stream.model":
            typer.echo(f"{message['event']}{who} {data}")
