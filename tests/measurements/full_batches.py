"""How full batches are, and how busy a GPU is, on any machine; by hand:
``PYTHONPATH=tests python tests/measurements/full_batches.py``.

The GPU is ``support/device_model.py``'s, which takes no time of the CPU; Ray is told of one. Every way is measured
with calls that chunks share, and with calls of each chunk's own.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from support import device_model
from support.calls import calls_in
from support.device_model import DeviceSpec, clips
from support.measured_runs import Way, measured_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--frames", type=int, default=25, help="of each")
    parser.add_argument("--ways", default="threads8,fused8,split8,fused8x1")
    parser.add_argument("--call-ms", type=float, default=2.0, help="that the device takes for a call")
    parser.add_argument("--frame-ms", type=float, default=0.6, help="and beyond that for each frame")
    options = parser.parse_args()
    ways = [Way.parse(name) for name in options.ways.split(",")]
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_batches_") as name, ExitStack() as stack:
        if any(way.shape != "threads" for way in ways):
            _start_ray(stack)
        videos = clips(Path(name) / "videos", options.videos, frames=options.frames)
        for way in ways:
            for frames_alone in (True, False):
                out = Path(name) / f"{way.name}_{frames_alone}"
                spec = DeviceSpec(
                    out / "log", options.call_ms / 1000, options.frame_ms / 1000, way.batch_size or 32, frames_alone
                )
                done = measured_run(way, spec, videos, out / "out")
                device = calls_in(spec.log)
                kind = "shared calls" if frames_alone else "own calls"
                print(
                    f"{way.name:10} {kind:12} {done['frames']} frames, {len(device.frames)} calls, "
                    f"fill {device.fill():.3f}, device busy {device.busy():.2f}, {done['fps']:.0f} frames/s",
                    flush=True,
                )


def _start_ray(stack: ExitStack) -> None:
    import ray
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(device_model)  # its workers cannot import what only tests have
    stack.callback(ray.shutdown)
    ray.init(num_gpus=1, include_dashboard=False, log_to_driver=False, logging_level="ERROR")


if __name__ == "__main__":
    main()
