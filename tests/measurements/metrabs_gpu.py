"""How fast MeTRAbs is on this machine's GPU; by hand: ``PYTHONPATH=tests python tests/measurements/metrabs_gpu.py``.

The model is ``metrabs_heavy``'s, which costs what the real one does; the video is 1080p with two people in every
frame. Parts, chosen by ``--parts``:

* b: the bare model in one process by batch size: ``predict`` on decoded frames, and the graph alone on frames that
  the GPU has already;
* c: frames per second of one decoder with one thread;
* d: whole runs on Ray, and on threads, by shape, by chunks that are decoded at once for a GPU, and by frames of a
  call: ``fused8``, ``split8``, ``threads8``, ``fused8x1`` with one frame a call;
* s: the same of videos of a second, how full the batches are and how busy the GPU;
* e: a batch far too large on a card that another process has all but filled;
* f: how far poses on the GPU are from those on the CPU, with and without TensorFloat-32. The networks have no say in
  poses, so this is the geometry around them.

Without a GPU all runs on the CPU, and e is left out. ``--folder`` keeps video and model for another call.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from support.gpu import alone, filled_card, metrabs_spec, nvml
from support.measured_runs import BusyGpu, Way, measured_run
from support.people_video import FPS, PEOPLE, write_people

from neuropose_ray.benchmark.baseline import MetrabsBaseline
from neuropose_ray.benchmark.passes import copies_of
from neuropose_ray.cluster import OWN_RAY, connected
from neuropose_ray.models.metrabs.model import MetrabsModel
from neuropose_ray.models.metrabs.settings import GPU_BATCH_SIZE
from neuropose_ray.models.spec import METRABS_FIELD_OF_VIEW_DEGREES
from neuropose_ray.pipeline.inputs.cameras import camera_of
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import Frame
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

FRAMES_HELD = 64
#: What the process that fills the card leaves of it, and frames that alone do not fit into that.
FREE_BYTES, FAR_TOO_MANY = 3 << 30, 1024
COMPARED_FRAMES = 50
GIB = 1 << 30


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


# What is measured on.


def build_model(folder: Path, backbone: str) -> None:
    if backbone == "none":
        from support.metrabs_stand_in import build_stand_in

        build_stand_in(folder)
    else:
        from support.metrabs_heavy import build_heavy

        build_heavy(folder, backbone)


def first_frames(video: Path, count: int) -> tuple[list[Frame], Camera]:
    info = probe(open_source(video))
    frames = [frame.image for chunk in plan_chunks(info, count)[:1] for frame in decode_chunk(info, chunk)]
    frames = (frames * -(-count // len(frames)))[:count]
    return frames, camera_of(info, CameraSettings(), METRABS_FIELD_OF_VIEW_DEGREES)


# The parts; those that load TensorFlow run in a process of their own.


def rate(call: Callable[[], object], frames: int, seconds: float) -> dict[str, Any]:
    """The first call's time, and frames per second of those after it."""
    begin_s = time.perf_counter()
    call()
    first_s, calls = time.perf_counter() - begin_s, 0
    with BusyGpu() as gpu:
        begin_s = time.perf_counter()
        while calls < 3 or time.perf_counter() - begin_s < seconds:
            call()
            calls += 1
        fps = calls * frames / (time.perf_counter() - begin_s)
    return {"fps": fps, "gpu_busy": gpu.share, "first_call_s": first_s}


def baseline(model: Path, video: Path, seconds: float, sizes: Sequence[int]) -> dict[str, Any]:
    frames, camera = first_frames(video, max(sizes))
    begin_s = time.perf_counter()
    spec = metrabs_spec(model, batch_size=max(sizes))
    loaded = spec.load()
    assert isinstance(loaded, MetrabsModel)
    result: dict[str, Any] = {"load_s": time.perf_counter() - begin_s, "device": loaded.info.device}
    import tensorflow as tf

    result["build"] = {key: str(value) for key, value in tf.sysconfig.get_build_info().items() if "version" in key}
    session = loaded.session(camera)
    for size in sizes:
        result[f"predict_{size}"] = rate(lambda size=size: session.predict(frames[:size]), size, seconds)
        say(f"b: predict, batch {size}: {result[f'predict_{size}']}")
    network = MetrabsBaseline(spec, spec.settings, camera)  # type: ignore[arg-type]
    for size in sorted({min(GPU_BATCH_SIZE, max(sizes)), max(sizes)}):
        there = tf.identity(np.stack(frames[:size]))  # on the GPU where there is one
        result[f"graph_{size}"] = rate(lambda there=there: network.see(there), size, seconds)
        say(f"b: graph alone, batch {size}: {result[f'graph_{size}']}")
    if result["device"] != "cpu":
        result["gpu_peak_gib"] = tf.config.experimental.get_memory_info("GPU:0")["peak"] / GIB
    return result


def decoding(video: Path) -> dict[str, Any]:
    info = probe(open_source(video))
    begin_s, count = time.perf_counter(), 0
    for chunk in plan_chunks(info):
        count += sum(1 for _ in decode_chunk(info, chunk, threads=1))
    return {"fps": count / (time.perf_counter() - begin_s), "frames": count}


def difference(one: Path, other: Path, names: Sequence[str]) -> float:
    """The largest difference of any coordinate of any joint in mm, 0.0 for the same bytes; NaN for other people."""
    largest = 0.0
    for name in names:
        first, second = (read_predictions(out / name / PREDICTIONS_FILE)[0] for out in (one, other))
        if not np.array_equal(first.poses.frame, second.poses.frame):
            return math.nan
        largest = max(largest, float(np.abs(first.poses.poses3d - second.poses.poses3d).max(initial=0.0)))
    return largest


def short_of_memory(model: Path, video: Path) -> dict[str, Any]:
    frames, camera = first_frames(video, FRAMES_HELD)
    loaded = metrabs_spec(model, batch_size=FAR_TOO_MANY).load()
    many = frames * (FAR_TOO_MANY // len(frames))
    begin_s = time.perf_counter()
    poses = loaded.session(camera).predict(many)
    seconds, ended_at = time.perf_counter() - begin_s, loaded.batch_size
    few, rows = loaded.session(camera).predict(frames[:1]), len(frames) * PEOPLE
    return {
        "batch_asked": FAR_TOO_MANY,
        "batch_ended_at": ended_at,
        "seconds": seconds,
        "people_as_expected": bool(np.array_equal(poses.frame, np.repeat(np.arange(len(many)), PEOPLE))),
        "off_from_one_frame_mm": float(np.abs(poses.poses3d[:PEOPLE] - few.poses3d).max()),
        "later_copies_off_mm": float(np.abs(poses.poses3d[-rows:] - poses.poses3d[:rows]).max()),
    }


def memory(model: Path, video: Path) -> dict[str, Any]:
    try:
        with filled_card(FREE_BYTES):
            return alone(short_of_memory, model, video)  # type: ignore[no-any-return]
    except Exception as error:  # noqa: BLE001  what it ends with is the finding
        return {"error": f"{type(error).__name__}: {error}"}


def poses_on(model: Path, video: Path, device: str, tensor_float_32: bool) -> Any:
    if not tensor_float_32:
        os.environ["NVIDIA_TF32_OVERRIDE"] = "0"
    frames, camera = first_frames(video, COMPARED_FRAMES)
    return metrabs_spec(model, device=device).load().session(camera).predict(frames).poses3d


def measure(
    frames: int,
    backbone: str,
    parts: str,
    ways: str,
    seconds: float,
    batch_sizes: str,
    chunks: int,
    short: int,
    folder: Path,
) -> dict[str, Any]:
    library, result = nvml(), {}
    video, model, plain = folder / "people.mp4", folder / f"model_{backbone}", folder / "model_none"
    if not video.exists():
        say(f"writing {frames} frames")
        write_people(video, frames)
    for path, price in ((model, backbone), (plain, "none")):
        if not path.exists() and (path == model or "f" in parts):
            say(f"building the model {price!r}")
            alone(build_model, path, price)
    result["machine"] = machine(library)
    say(f"on {result['machine']}")
    if "b" in parts:
        result["bare"] = alone(baseline, model, video, seconds, [int(size) for size in batch_sizes.split(",")])
    if "c" in parts:
        result["decoding"] = decoding(video)
        say(f"c: {result['decoding']}")
    if "d" in parts:
        runs(result, [Way.parse(name) for name in ways.split(",")], chunks, model, video, folder)
    if "s" in parts:
        short_videos(result, [Way.parse(name) for name in ways.split(",")], short, model, folder)
    if "e" in parts and library is not None:
        result["memory"] = memory(model, video)
        say(f"e: {result['memory']}")
    if "f" in parts:
        gpu = "cpu" if library is None else "gpu:0"
        on_cpu = alone(poses_on, plain, video, "cpu", True)
        result["gpu_off_from_cpu_mm"] = {
            name: float(np.abs(alone(poses_on, plain, video, gpu, fast) - on_cpu).max())
            for name, fast in (("as the program runs", True), ("without TensorFloat-32", False))
        }
        say(f"f: {result['gpu_off_from_cpu_mm']}")
    return result


def machine(library: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "tensorflow": importlib.metadata.version("tensorflow"),
        "ray": importlib.metadata.version("ray"),
        "cores": len(os.sched_getaffinity(0)),
        "shared_memory_gib": round(shutil.disk_usage("/dev/shm").total / GIB, 1),
    }
    if library is None:
        return {"gpu": "no GPU: cpu", **found}
    device = library.nvmlDeviceGetHandleByIndex(0)
    names = (library.nvmlDeviceGetName(device), library.nvmlSystemGetDriverVersion())
    name, driver = (each.decode() if isinstance(each, bytes) else each for each in names)
    total = round(library.nvmlDeviceGetMemoryInfo(device).total / GIB, 1)
    return {"gpu": name, "driver": driver, "gpu_memory_gib": total, **found}


def runs(result: dict[str, Any], ways: Sequence[Way], least: int, model: Path, video: Path, folder: Path) -> None:
    """Part d; ratios to the bare model and to decoding where these were measured in the same call."""
    copies = -(-least // len(plan_chunks(probe(open_source(video)))))
    best = max((value["fps"] for name, value in result.get("bare", {}).items() if "predict" in name), default=None)
    result["runs"] = {}
    for way, done in _each_way(ways, copies, model, video, folder):
        if best:
            done["of_bare"] = done["fps"] / best
        if best and "decoding" in result:
            done["of_limit"] = done["fps"] / min(best, way.decoders * result["decoding"]["fps"])
        result["runs"][way.name] = done
        say(f"d: {way.name}: {done}")


def short_videos(result: dict[str, Any], ways: Sequence[Way], count: int, model: Path, folder: Path) -> None:
    """Part s."""
    second = folder / "second.mp4"
    if not second.exists():
        write_people(second, FPS)
    result["short"] = {}
    for way, done in _each_way(ways, count, model, second, folder):
        result["short"][way.name] = done
        say(f"s: {way.name}: {done}")


def _each_way(
    ways: Sequence[Way], copies: int, model: Path, video: Path, folder: Path
) -> Iterator[tuple[Way, dict[str, Any]]]:
    """What came of a run over so many copies of a video, and how far its poses are from those of the first."""
    first: Path | None = None
    needs_ray = any(way.shape != "threads" for way in ways)
    with tempfile.TemporaryDirectory(dir=folder) as name, connected(OWN_RAY) if needs_ray else nullcontext():
        videos = copies_of(video, copies, Path(name))
        for way in ways:
            out = Path(name) / f"out_{way.name}"
            done = measured_run(way, metrabs_spec(model, batch_size=way.batch_size), videos, out)
            done["people_as_expected"] = done.pop("people") == PEOPLE * done["frames"]
            first = first or out
            done["off_from_first_mm"] = difference(first, out, [path.stem for path in videos])
            yield way, done


def table(result: dict[str, Any]) -> None:
    """One line for each figure of each thing measured."""
    print("\n" + json.dumps(result["machine"]))
    rows = {f"bare {name}": value for name, value in result.get("bare", {}).items() if isinstance(value, dict)}
    rows |= {f"run {name}": value for name, value in result.get("runs", {}).items()}
    rows |= {f"short {name}": value for name, value in result.get("short", {}).items()}
    rows |= {name: result[name] for name in ("decoding", "memory", "gpu_off_from_cpu_mm") if name in result}
    for name, value in rows.items():
        shown = (f"{key} {each:.3g}" if isinstance(each, float) else f"{key} {each}" for key, each in value.items())
        print(f"{name:22} {', '.join(shown)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--backbone", choices=("s", "l", "tiny", "none"), default="s")
    parser.add_argument("--parts", default="b,c,d,s,e,f")
    parser.add_argument("--ways", default="fused8,fused8x1,fused2,split8,threads8", help="of d and s")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement of the bare model")
    parser.add_argument("--batch-sizes", default="1,8,16,32,64", help="of the bare model")
    parser.add_argument("--chunks", type=int, default=20, help="least number in a run; the video is copied for it")
    parser.add_argument("--short", type=int, default=200, help="videos of a second")
    parser.add_argument("--folder", type=Path, help="kept, and used again")
    parser.add_argument("--out", type=Path)
    options = vars(parser.parse_args())
    out, kept = options.pop("out"), options.pop("folder")
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_gpu_") as name:
        folder = kept or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        result = measure(**options, folder=folder)
    table(result)
    if out is not None:
        out.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
