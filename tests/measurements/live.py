"""What live streams must hold, measured: rates, ages, fairness, clients that do not read, and kills.

Run it on a quiet machine, a measurement at a time: ``python tests/measurements/live.py throughput``. The service is
started as users start it, the cameras are real RTSP servers, and every figure is printed beside its limit.
"""

import argparse
import asyncio
import base64
import itertools
import json
import os
import signal
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import yaml
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.rtsp.camera import RtspCamera
from support.rtsp.stamps import age_ms
from support.serving import Serving, title

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import MOST_WINDOW
from neuropose_ray.service.live import LiveSettings
from neuropose_ray.video.live import LiveSource, SourceAccess

SIZE, FPS = (1280, 720), 30
VIDEO = Path(os.environ.get("NEUROPOSE_TEST_DATA", "../shared/data")) / "field" / "leaves_and_returns.mp4"
SUBSCRIPTION = "measured"
#: For a first pose: the camera is opened, and perhaps the hub started.
FIRST_S = 90.0
_AWAY = (OSError, ConnectionClosed, InvalidMessage, InvalidStatus, TimeoutError)


class LiveServing(Serving):
    """The service with cameras of this machine allowed.

    Args:
        folder: gets all its files.
        live: further settings of live streams.
    """

    def __init__(self, folder: Path, **live: Any) -> None:
        super().__init__(folder)
        settings = yaml.safe_load(self._config.read_text())
        settings["service"]["live"] = {"private_networks": True, **live}
        self._config.write_text(yaml.safe_dump(settings))

    @property
    def live_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/live"

    def processes(self, *names: str) -> list[psutil.Process]:
        """Those whose title has one of some names."""
        return [process for process in self.family() if any(name in title(process) for name in names)]


@dataclass
class Client:
    """One client of a stream, which comes back when its connection breaks.

    Attributes:
        url: of the WebSocket.
        source: as a subscription has it.
        wanted: further fields of the subscription.
        connections: so far, and which of them went on where the one before had ended.
    """

    url: str
    source: dict[str, Any]
    wanted: dict[str, Any] = field(default_factory=dict)
    connections: list[bool] = field(default_factory=list)
    _resume: dict[str, Any] = field(default_factory=dict)

    async def poses(self) -> AsyncIterator[dict[str, Any]]:
        """Pose messages, each with the time at which it was received, acknowledged when the next one is asked for."""
        while True:
            try:
                async with connect(self.url, proxy=None, max_size=None, close_timeout=1) as client:
                    await client.send(json.dumps(self._subscribe()))
                    async for message in self._heard(client):
                        yield message
            except _AWAY:
                await asyncio.sleep(0.1)

    def _subscribe(self) -> dict[str, Any]:
        plain = {"type": "subscribe", "subscription_id": SUBSCRIPTION, "source": self.source}
        return plain | self.wanted | self._resume

    async def _heard(self, client: ClientConnection) -> AsyncIterator[dict[str, Any]]:
        async for text in client:
            message = json.loads(text)
            if message["type"] == "error":
                raise SystemExit(f"the service refuses: {message['message']}")
            if message["type"] == "subscribed":
                self.connections.append(message["resumed"])
                self._resume = {"resume": message["resume"]}
            if message["type"] != "pose":
                continue
            yield {**message, "received_at": time.time()}
            ack = {"type": "ack", "subscription_id": SUBSCRIPTION, "seq": message["seq"]}
            await client.send(json.dumps(ack))


async def poses(client: Client, seconds: float, *, pause_s: float = 0.0, warm_up_s: float = 3.0) -> list[dict]:
    """The pose messages of some seconds, after the first ones, by a client that takes its time for each."""
    received: list[dict] = []
    begin = None
    async with asyncio.timeout(FIRST_S + seconds + warm_up_s):
        async for message in client.poses():
            begin = begin or message["received_at"] + warm_up_s
            if message["received_at"] > begin + seconds:
                return received
            if message["received_at"] > begin:
                received.append(message)
            await asyncio.sleep(pause_s)
    return received


def report(name: str, value: float, limit: str) -> None:
    print(f"{name:<64} {value:10.3f}   must be {limit}", flush=True)


def rate(received: list[dict]) -> float:
    return (len(received) - 1) / (received[-1]["received_at"] - received[0]["received_at"])


def ages_ms(received: list[dict]) -> list[float]:
    """From a frame's arrival to its message."""
    return [1000 * (message["received_at"] - message["captured_at"]) for message in received]


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95))


def glass_ms(message: dict) -> float:
    """From before the camera's encoder to now, by the stamp in the picture of a message."""
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(message["image"]), np.uint8), cv2.IMREAD_COLOR)
    return age_ms(cv2.resize(picture, SIZE, interpolation=cv2.INTER_NEAREST))


def bare_loop(url: str, seconds: float) -> float:
    """Poses per second of a loop with the model alone, on the same stream."""
    from neuropose_ray.models import ModelSpec, WeightSettings, WeightStore
    from neuropose_ray.service import load_settings

    settings = load_settings(None, {}, environment={})
    model = ModelSpec(WeightStore(WeightSettings().cache_dir).path("blazepose"), settings.blazepose).load()
    source = LiveSource(url, SourceOptions(fps=None), access=SourceAccess(private_networks=True))
    source.start()
    session, done, begin = None, 0, 0.0
    try:
        while not done or time.time() - begin < seconds:
            frame = source.take(1.0)
            if frame is None:
                continue
            if session is None:
                height, width = frame.image.shape[:2]
                session = model.session(Camera.from_field_of_view(width, height, 55.0))
                session.predict([frame.image])
                begin = time.time()
            session.predict([frame.image])
            done += 1
        return done / (time.time() - begin)
    finally:
        source.close()


async def throughput(service: LiveServing) -> None:
    """Poses per second, of all that a bare loop reaches on the same stream, and how old their messages are."""
    with RtspCamera(size=SIZE, fps=FPS, video=VIDEO) as camera:
        bare = await asyncio.to_thread(bare_loop, camera.url, 20)
        report("720p30: poses per second of a bare loop", bare, "whatever it is")
        client = Client(service.live_url, {"url": camera.url, "fps": None})
        received = await poses(client, 20)
        report("720p30: poses per second", rate(received), ">= 15")
        report("720p30: share of the bare loop", rate(received) / bare, ">= 0.85")
        report("720p30: arrival to message, p95, ms", p95(ages_ms(received)), "below the next")
        client.wanted["outputs"] = ["poses2d", "poses3d", "image"]
        ages = []
        async with asyncio.timeout(FIRST_S):
            async for message in client.poses():
                ages.append(glass_ms(message))
                if len(ages) >= 200:
                    break
    report("720p30: glass to message (with its picture), p95, ms", p95(ages[50:]), "<= 250")


async def slow_consumer(service: LiveServing) -> None:
    """How old messages are to a client that deals with five a second."""
    with RtspCamera(size=SIZE, fps=FPS, video=VIDEO) as camera:
        client = Client(service.live_url, {"url": camera.url, "fps": None}, {"window": 1})
        received = await poses(client, 60, pause_s=0.2)
    report("consumer at 5/s for 60 s: age p95, ms", p95(ages_ms(received)), "<= 300")
    report("consumer at 5/s for 60 s: messages a second", rate(received), "about 5")


async def fairness(service: LiveServing) -> None:
    """How evenly eight streams get poses."""
    with RtspCamera(size=(640, 360), fps=10, video=VIDEO) as camera:
        # Eight sources of one camera: their options differ.
        sources = [{"url": camera.url, "fps": 5, "buffer_frames": number + 1} for number in range(8)]
        got = await asyncio.gather(*(poses(Client(service.live_url, source), 30, warm_up_s=10) for source in sources))
    rates = [rate(received) for received in got]
    print("poses a second:", *(f"{value:.2f}" for value in rates))
    report("8 streams: Jain's index", sum(rates) ** 2 / (8 * sum(value**2 for value in rates)), ">= 0.95")
    report("8 streams: least share of the mean", min(rates) / statistics.mean(rates), ">= 0.5")


async def silent_clients(service: LiveServing) -> None:
    """What clients that subscribe and read nothing do to the others and to memory."""
    with RtspCamera(size=(640, 360), fps=20, video=VIDEO) as camera:
        source = {"url": camera.url, "fps": None}
        before = rate(await poses(Client(service.live_url, source), 15))
        receivers = service.processes("Ingress", "Proxy")
        memory = sum(map(own_bytes, receivers))
        silent = [await silent_client(service, source) for _ in range(199)]
        async with watched_bytes(receivers) as seen:
            during = rate(await poses(Client(service.live_url, source), 15, warm_up_s=0))
        for writer in silent:
            writer.close()
    report("200 silent clients: share of the rate", during / before, ">= 0.95")
    report("200 silent clients: growth of ingress and proxy, MB", (max(seen) - memory) / 1e6, "<= 50")


async def silent_client(service: LiveServing, source: dict[str, Any]) -> asyncio.StreamWriter:
    """A client that subscribes and then reads nothing, not even what its machine's buffers hold."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1024)
    writer.write(
        f"GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head, head
    subscribe = {"type": "subscribe", "subscription_id": SUBSCRIPTION, "source": source, "window": MOST_WINDOW}
    text = json.dumps(subscribe).encode()
    writer.write(struct.pack(">BBHI", 0x81, 0x80 | 126, len(text), 0) + text)  # masked with zeros
    return writer


def own_bytes(process: psutil.Process) -> int:
    """Memory that is a process's alone."""
    return int(process.memory_full_info().uss)


@asynccontextmanager
async def watched_bytes(processes: list[psutil.Process]) -> AsyncIterator[list[int]]:
    """The memory of processes together, every half second while the block runs."""
    seen: list[int] = []

    async def watch() -> None:
        while True:
            seen.append(sum(map(own_bytes, processes)))
            await asyncio.sleep(0.5)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()


async def kills(service: LiveServing) -> None:
    """How long a client that stays gets no new poses after parts of the service were killed."""
    limits = {"Stream": 8.0, "PoseModel": 12.0, "LiveHub": 2.0, "Ingress": 30.0}
    with RtspCamera(size=(640, 360), fps=10, video=VIDEO) as camera:
        spec = {"url": camera.url, "source": {"fps": 10}}
        service.asked("PUT", "/v1/streams/killed", json=spec).raise_for_status()
        for name, limit in limits.items():
            client = Client(service.live_url, {"stream": "killed"})
            gap_s = await longest_gap(service, client, name)
            report(f"SIGKILL of {name}: longest gap, s", gap_s, f"<= {limit:g}")
            print(f"  connections, and whether they went on: {client.connections}", flush=True)
        service.asked("DELETE", "/v1/streams/killed").raise_for_status()


async def longest_gap(service: LiveServing, client: Client, name: str, watch_s: float = 15.0) -> float:
    """Seconds between frames of which poses came, around the kill of a part, the longest."""
    captured: list[float] = []
    killed_at: float | None = None
    async with asyncio.timeout(FIRST_S + 120):
        async for message in client.poses():
            captured.append(message["captured_at"])
            if killed_at is None and captured[-1] - captured[0] > 3:
                killed = service.processes(f"::{name}", f":{name}")
                assert killed, f"no process is called {name}"
                killed_at = time.time()
                for process in killed:
                    process.send_signal(signal.SIGKILL)
            if killed_at is not None and captured[-1] > killed_at + watch_s:
                break
    return max(later - earlier for earlier, later in itertools.pairwise(captured))


MEASUREMENTS: dict[str, Callable[[LiveServing], Awaitable[None]]] = {
    "throughput": throughput, "slow_consumer": slow_consumer, "fairness": fairness, "silent_clients": silent_clients,
    "kills": kills,
}  # fmt: skip


def measure(measurements: Sequence[Callable[[LiveServing], Awaitable[None]]], **live: Any) -> None:
    """Measure one thing after the other of a service of its own; the arguments are those of :class:`LiveServing`."""
    with tempfile.TemporaryDirectory() as folder:
        service = LiveServing(Path(folder), **live)
        try:
            service.start()
            for each in measurements:
                asyncio.run(each(service))
        except BaseException:
            print(service.log.read_text()[-4000:], file=sys.stderr)
            raise
        finally:
            service.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(MEASUREMENTS)}; none: all")
    parser.add_argument("--frames-in-flight", type=int, default=LiveSettings().frames_in_flight)
    arguments = parser.parse_args()
    names = arguments.names or list(MEASUREMENTS)
    measure([MEASUREMENTS[name] for name in names], frames_in_flight=arguments.frames_in_flight)


if __name__ == "__main__":
    main()
