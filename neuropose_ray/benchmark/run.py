"""A whole benchmark: passes of the program in turns with the bare model and, if wanted, MediaPipe."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import harmonic_mean

import numpy as np

from neuropose_ray.benchmark.ceiling import Ceiling
from neuropose_ray.benchmark.clip import write_clip
from neuropose_ray.benchmark.cpu import compared_with_cpu
from neuropose_ray.benchmark.figures import aggregate, compared
from neuropose_ray.benchmark.mediapipe_baseline import MediaPipeBaseline
from neuropose_ray.benchmark.passes import Pass, Workload, copies_of, run_pass
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.models import ModelSpec
from neuropose_ray.pipeline import RunSettings, camera_of, started_engine
from neuropose_ray.schemas.benchmark import BenchmarkResult, StageSeconds
from neuropose_ray.schemas.neuropose_results import save_neuropose_video
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.video import open_source, probe


@dataclass(frozen=True, slots=True)
class _Round:
    """One pass, and what MediaPipe reached just before it, frames per second."""

    mediapipe_fps: float | None
    program: Pass


def run_benchmark(
    video: Path,
    *,
    settings: RunSettings,
    spec: ModelSpec,
    options: BenchmarkSettings,
    say: Callable[[str], None],
    predictions: Path | None = None,
) -> BenchmarkResult:
    """Measure how fast a video is processed on this machine, and how much faster it could be.

    The ceiling is measured before and after every pass of the program, and MediaPipe before it, so that whatever else
    the machine does meets all three; half of the pass's frames each time. The first round warms up.

    Args:
        video: a video file or a folder of numbered images.
        settings: of the program; Ray is to be one on this machine, as the ceiling is.
        spec: the pose model.
        options: how often, how long, and against what.
        say: told what is being done, a line each.
        predictions: file that gets the poses of the last pass, in NeuroPose's format.

    Raises:
        InputError: the video cannot be opened or decoded.
        ModelError: the pose model cannot be loaded or run.
        EngineError: a pass failed.
        OutputError: no space for the frames or for the results of the passes.
        SettingsError: MediaPipe does not run in the given interpreter.
    """
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_benchmark_") as name, ExitStack() as stack:
        folder = Path(name)
        info = probe(open_source(video))
        copies = -(-(options.frames or 1) // info.frame_count)
        work = Workload(copies_of(video, copies, folder), settings, spec, folder)
        say(f"decoding {video.name}")
        clip = write_clip(info, folder / "clip.rgb", options)
        camera = camera_of(info, settings.camera, spec.field_of_view_degrees)
        engine = stack.enter_context(started_engine(settings.engine, spec, f"benchmark of {video.name}"))
        ceiling = stack.enter_context(Ceiling(spec, camera, clip, engine.workers))
        python = options.mediapipe_python
        mediapipe = stack.enter_context(MediaPipeBaseline(python, clip)) if python else None
        half = -(-copies * info.frame_count // 2)
        rounds, ceilings_fps = [], []
        for number in range(options.repeats):
            say(f"pass {number + 1} of {options.repeats}" + (", which warms up" if number == 0 else ""))
            ceilings_fps.append(ceiling.rate(half))
            mediapipe_fps = mediapipe.rate(clip.frames) if mediapipe else None
            rounds.append(_Round(mediapipe_fps, run_pass(work, engine)))
        ceilings_fps.append(ceiling.rate(half))
        around_fps = [harmonic_mean(both) for both in pairwise(ceilings_fps)]
        passes = [single.program for single in rounds]
        measured, last = rounds[1:], passes[-1]
        if predictions is not None:
            save_neuropose_video(predictions, *read_predictions(last.predictions))
        metrics = [single.metrics for single in passes[1:]]
        return BenchmarkResult(
            video_name=video.name,
            repeats=options.repeats,
            warmup_frames=options.warmup_frames,
            warmup_pass=passes[0].metrics,
            measured_passes=tuple(metrics),
            aggregate=aggregate(metrics, options.warmup_frames),
            cpu_comparison=compared_with_cpu(work, passes, options, say) if options.compare_cpu else None,
            provenance=last.provenance,
            model=spec.name,
            engine=engine.name,
            workers=engine.workers,
            copies=copies,
            frames_per_pass=last.metrics.frames,
            stages=_stages(passes[1:]),
            ceiling=compared(metrics, around_fps[1:], processes=engine.workers, frames=2 * half),
            mediapipe=compared(
                metrics,
                [single.mediapipe_fps for single in measured if single.mediapipe_fps is not None],
                processes=1,
                frames=clip.frames,
            )
            if mediapipe
            else None,
        )


def _stages(passes: Sequence[Pass]) -> StageSeconds:
    def mean(values: list[float]) -> float:
        return float(np.mean(values))

    return StageSeconds(
        start=mean([single.start_s for single in passes]),
        processing=mean([single.metrics.total_seconds for single in passes]),
        assemble=mean([single.assemble_s for single in passes]),
        decode_wait=mean([single.metrics.decode_seconds for single in passes]),
        infer=mean([single.metrics.infer_seconds for single in passes]),
        other=mean([single.metrics.other_seconds for single in passes]),
        idle=mean([single.idle_s for single in passes]),
    )
