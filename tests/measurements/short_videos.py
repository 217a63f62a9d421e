"""Runs over many one-second videos: how much of the bare model's speed they reach, and what a video costs beside it.

``python tests/measurements/short_videos.py --videos 200 --engines local ray`` makes as many videos of 32 frames for
the synthetic model of 5 ms a frame. The bare model runs before and after each run, on as many processes as the run has
workers, so that its ratios are of one run of this script.
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
                with started_engine(engine, spec, "short videos") as started:
                    before_fps = ceiling.rate(frames // 4)
                    begin = time.monotonic()
                    summary = run(
                        videos, folder / kind, settings=settings, spec=spec, engine=started, progress=NullReporter()
                    )
                    took_s = time.monotonic() - begin
                    bare_fps = statistics.harmonic_mean([before_fps, ceiling.rate(frames // 4)])
                assert summary.all_well, summary
                beside_ms = 1000 * workers * (took_s - frames / bare_fps) / options.videos
                print(
                    f"{kind}: {frames / took_s / bare_fps:.2f} of the bare model ({bare_fps:.0f} frames/s); a video "
                    f"costs {beside_ms:.0f} ms of a core beside it, {1000 * took_s / options.videos:.0f} ms in all"
                )


if __name__ == "__main__":
    main()
