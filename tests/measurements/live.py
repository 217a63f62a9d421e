"""What live streams must hold, measured: rates, ages, fairness, clients that do not read, and kills.

Run it on a quiet machine: ``python tests/measurements/live.py``, or with the names of some measurements. The service
is started as users start it, the cameras are real RTSP servers, and every figure is printed beside its limit.
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psutil
import yaml
from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.rtsp.camera import RtspCamera
from support.serving import Serving, title

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import LiveSource, SourceAccess

SIZE, FPS = (1280, 720), 30
VIDEO = Path(os.environ.get("NEUROPOSE_TEST_DATA", "../shared/data")) / "field" / "leaves_and_returns.mp4"


class LiveServing(Serving):
    """The service with cameras of this machine allowed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        settings = yaml.safe_load(self._config.read_text())
        settings["service"]["live"] = {"private_networks": True, "ack_s": 10}
        self._config.write_text(yaml.safe_dump(settings))

    @property
    def live_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1/live"

    def processes(self, name: str) -> list[psutil.Process]:
        """Those whose title has a name."""
        return [process for process in self.family() if name in title(process)]


def report(name: str, value: float, limit: str) -> None:
    print(f"{name:<60} {value:10.3f}   must be {limit}", flush=True)


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def poses(
    url: str, source: dict, seconds: float, *, pause_s: float = 0.0, window: int = 2, acks: bool = True
) -> list[dict]:
    """The pose messages of some seconds, each with the time at which it was received."""
    received = []
    async with connect(url, proxy=None, max_size=None) as client:
        await client.send(
            json.dumps({"type": "subscribe", "subscription_id": "m", "source": source, "window": window})
        )
        until = None
        async for text in client:
            message = json.loads(text)
            if message["type"] == "pose":
                until = until or time.time() + seconds
                received.append({**message, "received_at": time.time()})
                await asyncio.sleep(pause_s)
            if message["type"] == "pose" and acks:
                await acknowledge(client, message)
            if until is not None and time.time() > until:
                return received
    return received


async def acknowledge(client: ClientConnection, message: dict) -> None:
    await client.send(json.dumps({"type": "ack", "subscription_id": "m", "seq": message["seq"]}))


def rate(received: list[dict]) -> float:
    return (len(received) - 1) / (received[-1]["received_at"] - received[0]["received_at"])


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
                session, begin = model.session(Camera.from_field_of_view(width, height, 55.0)), time.time()
            session.predict([frame.image])
            done += 1
        return done / (time.time() - begin)
    finally:
        source.close()


async def throughput(service: LiveServing) -> None:
    with RtspCamera(size=SIZE, fps=FPS, video=VIDEO) as camera:
        bare = await asyncio.to_thread(bare_loop, camera.url, 20)
        received = await poses(service.live_url, {"url": camera.url, "fps": None}, 20)
    report("720p30: poses per second", rate(received), ">= 15")
    report("720p30: share of the bare loop", rate(received) / bare, ">= 0.85")
    ages = [message["received_at"] - message["captured_at"] for message in received]
    report("720p30: arrival to message, p95, ms", 1000 * quantile(ages, 0.95), "<= 250")


async def slow_consumer(service: LiveServing) -> None:
    with RtspCamera(size=SIZE, fps=FPS, video=VIDEO) as camera:
        source = {"url": camera.url, "fps": None}
        received = await poses(service.live_url, source, 60, pause_s=0.2, window=1)
    ages = [message["received_at"] - message["captured_at"] for message in received]
    report("consumer at 5/s: age p95, ms", 1000 * quantile(ages, 0.95), "<= 300")


async def fairness(service: LiveServing) -> None:
    with RtspCamera(size=(640, 360), fps=10, video=VIDEO) as camera:
        # Eight sources of one camera: their options differ.
        sources = [{"url": camera.url, "fps": 5, "buffer_frames": number + 1} for number in range(8)]
        rates = [rate(got) for got in await asyncio.gather(*(poses(service.live_url, s, 30) for s in sources))]
    report("8 streams: Jain's index", sum(rates) ** 2 / (8 * sum(value**2 for value in rates)), ">= 0.95")
    report("8 streams: least share of the mean", min(rates) / statistics.mean(rates), ">= 0.5")


async def silent_clients(service: LiveServing) -> None:
    with RtspCamera(size=(640, 360), fps=20, video=VIDEO) as camera:
        source = {"url": camera.url, "fps": None}
        before = rate(await poses(service.live_url, source, 15))
        (ingress,) = service.processes("Ingress")
        memory = ingress.memory_info().rss
        subscribe = json.dumps({"type": "subscribe", "subscription_id": "m", "source": source})
        silent = [await connect(service.live_url, proxy=None) for _ in range(199)]
        for client in silent:
            await client.send(subscribe)
        during = rate(await poses(service.live_url, source, 15))
        grown = ingress.memory_info().rss - memory
        await asyncio.gather(*(client.close() for client in silent), return_exceptions=True)
    report("200 silent clients: share of the rate", during / before, ">= 0.95")
    report("200 silent clients: growth of the ingress, MB", grown / 1e6, "<= 50")


async def kills(service: LiveServing) -> None:
    limits = {"StreamActor": 8, "PoseModel": 12, "LiveHub": 2, "Ingress": 30}
    with RtspCamera(size=(640, 360), fps=10, video=VIDEO) as camera, httpx.Client(base_url=service.url) as http:
        spec = {"url": camera.url, "source": {"fps": 10}}
        http.put("/v1/streams/killed", json=spec).raise_for_status()
        for name, limit in limits.items():
            await poses(service.live_url, {"stream": "killed"}, 3)
            for process in service.processes(name):
                process.send_signal(signal.SIGKILL)
            killed_at = time.time()
            report(f"SIGKILL of {name}: poses again after, s", await again(service, killed_at), f"<= {limit}")


async def again(service: LiveServing, killed_at: float) -> float:
    """Seconds until a pose of a frame that came after a moment."""
    while time.time() - killed_at < 120:
        try:
            for message in await asyncio.wait_for(poses(service.live_url, {"stream": "killed"}, 0.5), 30):
                if message["captured_at"] > killed_at:
                    return message["received_at"] - killed_at
        except (OSError, TimeoutError):
            await asyncio.sleep(0.2)
        except Exception as error:  # noqa: BLE001  a connection that the kill has cut
            print(f"  {type(error).__name__}", file=sys.stderr)
            await asyncio.sleep(0.2)
    return float("inf")


MEASUREMENTS: dict[str, Callable[[LiveServing], Awaitable[None]]] = {
    "throughput": throughput, "slow_consumer": slow_consumer, "fairness": fairness, "silent_clients": silent_clients,
    "kills": kills,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="empty: all")
    names = parser.parse_args().names or list(MEASUREMENTS)
    with tempfile.TemporaryDirectory() as folder:
        service = LiveServing(Path(folder))
        service.start()
        try:
            for name in names:
                asyncio.run(MEASUREMENTS[name](service))
        finally:
            service.end()


if __name__ == "__main__":
    main()
