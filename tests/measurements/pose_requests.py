"""How fast the service answers pictures; run by hand: ``python tests/measurements/pose_requests.py CLIP.mp4``.

Prints the seconds that 31 frames take in one request, what the service adds to the model's own time for one picture,
and what becomes of 200 requests at once with the memory of the replicas before and after.
"""

import argparse
import asyncio
import http.client
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

# Replicas import the application's support from here as well.
os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
sys.path.insert(0, str(Path(__file__).parent.parent))
FRAMES, AT_ONCE, SINGLE = 31, 200, 100
JPEG = {"content-type": "image/jpeg"}


def frames_of(clip: Path, count: int) -> list[np.ndarray]:
    import av

    with av.open(clip) as container:
        return [
            frame.to_ndarray(format="bgr24")
            for frame, _ in zip(container.decode(video=0), range(count), strict=False)
        ]


def jpeg(frame: np.ndarray) -> bytes:
    import cv2

    return cv2.imencode(".jpg", frame)[1].tobytes()


def memory_mb(names: tuple[str, ...]) -> dict[str, float]:
    """Resident memory of Serve's replicas whose process title has one of these names, and of its proxies."""
    import psutil

    found: dict[str, float] = {}
    for process in psutil.process_iter(["cmdline", "memory_info"]):
        title = " ".join(process.info["cmdline"] or ())
        for name in names:
            if title.startswith("ray::") and name in title:
                found[f"{name} {process.pid}"] = round(process.info["memory_info"].rss / 1024**2)
    return found


def measure(clip: Path, cores: int, rounds: int, *, proxy: bool) -> None:
    import cv2
    import httpx
    import ray
    from ray import serve
    from support.ports import free_port
    from support.pose_service import APPLICATION, pose_service

    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.models.weights import WeightSettings, WeightStore
    from neuropose_ray.service.http.listener import Listener
    from neuropose_ray.settings import load_settings

    settings = load_settings(None, {"service": {"pose": {"max_replicas": 1}}}, environment={})
    weights = WeightStore(WeightSettings().cache_dir).path("blazepose")
    port = free_port()
    ray.init("local", num_cpus=cores, include_dashboard=False, object_store_memory=300_000_000, log_to_driver=False)
    if proxy:
        serve.start(http_options={"host": "127.0.0.1", "port": port})
    else:
        serve.start(proxy_location="Disabled")
    listener = None if proxy else Listener("127.0.0.1", port)
    serve.run(pose_service(settings, ModelSpec(weights, settings.blazepose), listener), name=APPLICATION)
    url, frames = f"http://127.0.0.1:{port}", frames_of(clip, FRAMES)
    small = jpeg(cv2.resize(frames[0], (0, 0), fx=0.25, fy=0.25))

    files = [("files", (f"{place}.jpg", jpeg(frame))) for place, frame in enumerate(frames)]
    with httpx.Client(base_url=url, timeout=120) as client:
        for _ in range(4):
            begin_s = time.perf_counter()
            reply = client.post("/v1/pose", files=files).json()
            seconds = time.perf_counter() - begin_s
            infer_ms = sum(frame["timing_ms"]["infer"] for frame in reply["frames"])
            print(f"{FRAMES} frames: {seconds:.3f} s, of which the model {infer_ms / 1000:.3f} s")

    connection = http.client.HTTPConnection("127.0.0.1", port)

    def timed(method: str, path: str, body: bytes | None = None) -> tuple[float, dict[str, object]]:
        begin_s = time.perf_counter()
        connection.request(method, path, body, JPEG)
        content = connection.getresponse().read()
        return 1000 * (time.perf_counter() - begin_s), json.loads(content)

    parts = []
    for _ in range(SINGLE):
        whole_ms, reply = timed("POST", "/v1/pose", small)
        infer_ms, service_ms = reply["frames"][0]["timing_ms"]["infer"], reply["timing_ms"]["total"]
        parts.append((whole_ms - infer_ms, service_ms - infer_ms, timed("GET", "/v1/pose/model")[0], infer_ms))
    names = ("added as the client sees it", "added once the body is read", "a request without a model", "the model")
    for name, values in zip(names, zip(*parts, strict=True), strict=True):
        print(f"{name}: p50 {np.percentile(values, 50):.1f} ms, p10 {np.percentile(values, 10):.1f} ms")

    async def at_once() -> Counter[tuple[int, str | None]]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits) as client:
            answers = await asyncio.gather(
                *(client.post("/v1/pose", content=small, headers=JPEG) for _ in range(AT_ONCE))
            )
        assert all(answer.json()["frames"][0]["error"] is None for answer in answers if answer.status_code == 200)
        return Counter((answer.status_code, answer.headers.get("retry-after")) for answer in answers)

    for _ in range(rounds):
        print(
            f"{AT_ONCE} at once: {dict(asyncio.run(at_once()))}, MiB {memory_mb(('PoseModel', 'Ingress', 'Proxy'))}"
        )
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=6, help=f"of {AT_ONCE} requests at once")
    parser.add_argument("--proxy", action="store_true", help="through Serve's proxy, as on a cluster")
    measure(**vars(parser.parse_args()))
