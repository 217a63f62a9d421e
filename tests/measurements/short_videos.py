"""Runs over many one-second videos: how much of the bare model's speed they reach, and what a video costs beside it.

``python tests/measurements/short_videos.py --videos 200 --engines local ray`` makes as many videos of 32 frames for
the synthetic model of 5 ms a frame. The bare model runs before and after each run, on as many processes as the run
has workers, so that its ratios are of one run of this script. What is loaded once is loaded by a run of two videos
that goes before. On a busy machine look at the CPU time, which is that of this process: of a run on threads all of
it, of one on Ray the driver's.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from neuropose_ray import machine
from neuropose_ray.benchmark.ceiling import Ceiling
from neuropose_ray.benchmark.clip import write_clip
from neuropose_ray.benchmark.passes import copies_of
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.cluster import OWN_RAY
from neuropose_ray.pipeline import EngineSettings, NullReporter, RunSettings, camera_of, run, started_engine
from neuropose_ray.service.settings import load_settings
from neuropose_ray.video import open_source, probe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--frame-ms", type=float, default=5.0)
    parser.add_argument("--engines", nargs="+", choices=("local", "ray"), default=["local"])
    options = parser.parse_args()
    workers = machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups())
    spec, frames = SyntheticSpec(options.frame_ms), options.videos * SCENE_FRAMES
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_short_") as name:
        folder = Path(name)
        write_synthetic_video(folder / "trial.mp4", 1)
        videos = copies_of(folder / "trial.mp4", options.videos, folder)
        info = probe(open_source(videos[0]))
        camera = camera_of(info, RunSettings().camera, spec.field_of_view_degrees)
        clip = write_clip(info, folder / "clip.rgb", BenchmarkSettings())
        with Ceiling(spec, camera, clip, workers) as ceiling:
            for kind in options.engines:
                engine = EngineSettings(kind=kind, workers=workers, address=OWN_RAY if kind == "ray" else None)
                settings = load_settings(None, {"engine": engine.model_dump()}, {})
                with started_engine(engine, spec, "warm up") as started:
                    run(videos[:2], folder / f"{kind}_warm", settings=settings, spec=spec, engine=started,
                        progress=NullReporter())  # fmt: skip
                with started_engine(engine, spec, "short videos") as started:
                    before_fps = ceiling.rate(frames // 4)
                    begin, begin_cpu = time.monotonic(), time.process_time()
                    summary = run(
                        videos, folder / kind, settings=settings, spec=spec, engine=started, progress=NullReporter()
                    )
                    took_s, cpu_s = time.monotonic() - begin, time.process_time() - begin_cpu
                    bare_fps = statistics.harmonic_mean([before_fps, ceiling.rate(frames // 4)])
                assert summary.all_well, summary
                model_ms = SCENE_FRAMES * options.frame_ms if kind == "local" else 0.0
                beside_ms = 1000 * workers * (took_s - frames / bare_fps) / options.videos
                print(
                    f"{kind}: {frames / took_s / bare_fps:.2f} of the bare model ({bare_fps:.0f} frames/s); a video "
                    f"costs {beside_ms:.0f} ms of a core beside it, {1000 * took_s / options.videos:.0f} ms in all, "
                    f"and {1000 * cpu_s / options.videos - model_ms:.1f} ms of CPU time beside the model's"
                )


if __name__ == "__main__":
    main()
