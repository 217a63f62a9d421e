"""``python nodes.py FOLDER``: runs on a cluster of several nodes that come and go; what came of them is in
``found.json``.

A process of its own, since a process can be connected to one Ray only.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import ray
from measurements.endurance import table
from ray import cloudpickle
from ray.cluster_utils import Cluster
from support import calls, device_model, poison
from support.calls import calls_in
from support.device_model import DeviceSpec, clips
from support.poison import CHUNK_FRAMES, PoisonSpec, notes, write_video

from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.engines.ray_data import RayEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.service.settings import load_settings

CHUNKS = 24
#: A chunk takes a third of a second: long enough for a node to come or go in the middle of a run.
FRAME_MS = 40.0


class Meanwhile(NullReporter):
    """Acts, each once and in this order, as soon as a chunk is done and a condition holds."""

    def __init__(self, *acts: tuple[Callable[[], bool], Callable[[], object]]) -> None:
        self._left, self._chunks = list(acts), 0
        self.after: list[int] = []

    def advance(self, outcome: ChunkOutcome) -> None:
        self._chunks += 1
        if self._left and self._left[0][0]():
            self.after.append(self._chunks)
            self._left.pop(0)[1]()


def process(video: Path, spec: PoisonSpec, progress: NullReporter, out: Path) -> dict[str, Any]:
    settings = load_settings(
        None, {"engine": {"kind": "ray", "max_attempts": 2}, "video": {"chunk_frames": CHUNK_FRAMES}}, environment={}
    )
    begin = time.monotonic()
    engine = RayEngine(settings.engine, spec, "nodes")
    summary = run([video], out, settings=settings, spec=spec, engine=engine, progress=progress)
    result = summary.videos[0]
    calls = notes(spec.log, "dark")
    return {
        "state": result.state,
        "frames": result.frames,
        "errors": [(error.stage, error.type, error.attempts) for error in result.errors],
        "nodes": len({node for _, node in calls}),
        "loads": len(notes(spec.log, "load")),
        "bright": len(notes(spec.log, "bright")),
        "shape": engine._allocation.shape,
        "decoders": engine._allocation.decoders,
        "seconds": round(time.monotonic() - begin, 1),
    }


def fill(folder: Path, shape: str) -> dict[str, Any]:
    """How full the batches of 16 were on videos of 9 frames, and whether every one has the same results."""
    videos = clips(folder / f"clips_{shape}", 40)
    spec = DeviceSpec(folder / f"log_{shape}", batch_size=16)
    flags = {"engine": {"kind": "ray", "shape": shape}, "fit": False}
    settings = load_settings(None, flags, environment={})
    out = folder / f"out_{shape}"
    with closing(RayEngine(settings.engine, spec, shape)) as engine:
        summary = run(videos, out, settings=settings, spec=spec, engine=engine, progress=NullReporter())
    return {
        "fill": calls_in(spec.log).fill(),
        "frames": sum(video.frames for video in summary.videos),
        "results": len({table(out, video.name) for video in summary.videos}),
    }


def main(folder: Path) -> None:
    cloudpickle.register_pickle_by_value(poison)
    cloudpickle.register_pickle_by_value(device_model)
    cloudpickle.register_pickle_by_value(calls)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    second = cluster.add_node(num_cpus=1)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    found: dict[str, Any] = {}

    def spec(name: str, **more: Any) -> PoisonSpec:
        return PoisonSpec(**{"deed": "none", "log": folder / name / "log", "frame_ms": FRAME_MS, **more})

    def nodes(of: PoisonSpec) -> int:
        return len({node for _, node in notes(of.log, "dark")})

    video = write_video(folder / "v.mp4", CHUNKS)
    of = spec("leaves")
    leaves = Meanwhile((lambda: nodes(of) == 2, lambda: cluster.remove_node(second, allow_graceful=False)))
    found["leaves"] = process(video, of, leaves, folder / "leaves") | {"after": leaves.after}

    # Ray Data looks for new nodes every 20 seconds.
    slow = spec("joins", deed="slow", frame_ms=1.0, release=folder / "release")
    joins = Meanwhile(
        (lambda: True, lambda: cluster.add_node(num_cpus=1)), (lambda: nodes(slow) == 2, slow.release.touch)
    )
    found["joins"] = process(video, slow, joins, folder / "joins") | {"after": joins.after}

    cluster.add_node(num_cpus=1, num_gpus=1)
    poisoned = spec("gpu", deed="exit", frame_ms=1.0, threads=None)
    found["gpu"] = process(write_video(folder / "p.mp4", 12, bright=(1,)), poisoned, NullReporter(), folder / "gpu")
    found["shared"] = process(
        write_video(folder / "s.mp4", 12, bright=(1,)),
        replace(poisoned, log=folder / "shared" / "log", frames_alone=True),
        NullReporter(),
        folder / "shared",
    )
    found["full"] = {shape: fill(folder, shape) for shape in ("fused", "split")}
    (folder / "found.json").write_text(json.dumps(found))
    ray.shutdown()
    cluster.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
