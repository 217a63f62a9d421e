"""The scale suite: the cost of the engines, measured with a pose model of known cost.

Three questions. How much of the machine's speed reaches the results? What does a chunk cost besides its inference?
What does it cost to find that nothing is left to do?
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray import machine
from neuropose_ray.benchmark.ceiling import Ceiling
from neuropose_ray.benchmark.clip import write_clip
from neuropose_ray.benchmark.figures import throughput
from neuropose_ray.benchmark.passes import Pass, Workload, copies_of, run_pass
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.cluster import OWN_RAY
from neuropose_ray.pipeline import Engine, EngineSettings, NullReporter, RunSettings, camera_of, run, started_engine
from neuropose_ray.schemas.scale import ChunkCost, ResumeCost, ScaleResult, Throughput
from neuropose_ray.settings import load_layers
from neuropose_ray.video import VideoSettings, open_source, probe

#: Scenes of a chunk in the measurement of throughput: the program's own chunk size.
_CHUNK_SCENES = VideoSettings().chunk_frames // SCENE_FRAMES
#: Chunks of each of the videos that are started again.
_RESUMED_CHUNKS = 10


class ScaleSettings(BaseModel):
    """Sizes of the scale suite's workloads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    frame_ms: float = Field(
        default=5.0,
        ge=0,
        description="CPU time of the model on a frame; that of a fast one, where overhead shows",
    )
    frames: int = Field(
        default=4_096, ge=1, description="least frames of one measurement of throughput; some ten seconds of work"
    )
    rounds: int = Field(
        default=3, ge=1, description="measurements of throughput: other processes disturb some of them"
    )
    chunk_counts: tuple[int, ...] = Field(
        default=(1, 10, 100, 1000), min_length=2, description="chunks of the runs whose cost is compared"
    )
    resume_chunks: int = Field(default=1_000, ge=1, description="least chunks of the finished run started again")


#: Every figure as large as the promises that are made of it.
FULL = ScaleSettings(frames=20_000, resume_chunks=10_000)


def run_scale(options: ScaleSettings, say: Callable[[str], None]) -> ScaleResult:
    """Measure the engines of this machine: threads, and Ray in both shapes.

    Args:
        options: how much.
        say: told what is being done, a line each.

    Raises:
        EngineError: Ray cannot be started, or a run failed.
        OutputError: no space for the videos or the results.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="neuropose_ray_scale_") as name, _engines() as engines:
        bench = _Bench(Path(name), engines, say)
        throughput, ceiling_fps = bench.throughput(options)
        return ScaleResult(
            cores=machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()),
            load_before=load,
            frame_ms=options.frame_ms,
            frames=_chunks(options) * _CHUNK_SCENES * SCENE_FRAMES,
            chunk_frames=_CHUNK_SCENES * SCENE_FRAMES,
            ceiling_fps=ceiling_fps,
            throughput=throughput,
            chunk_cost=bench.chunk_cost(options.chunk_counts),
            resume=bench.resume(options.resume_chunks),
        )


def straight_line(chunks: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Seconds without a chunk and seconds for each chunk: the straight line with the least squares.

    Args:
        chunks: at least two different numbers.
        seconds: measured, one for each.
    """
    slope, intercept = np.polyfit(chunks, seconds, 1)
    return float(intercept), float(slope)


@dataclass(frozen=True, slots=True)
class _Measured:
    """An engine under its name in the report, and the settings that it was made of."""

    name: str
    engine: Engine
    settings: EngineSettings


@dataclass(frozen=True, slots=True)
class _Reached:
    """Frames per second while chunks were processed, and of the whole run."""

    fps: float
    whole_fps: float


@dataclass(frozen=True, slots=True)
class _Bench:
    folder: Path
    engines: tuple[_Measured, ...]
    say: Callable[[str], None]

    def throughput(self, options: ScaleSettings) -> tuple[tuple[Throughput, ...], tuple[float, ...]]:
        spec = SyntheticSpec(options.frame_ms)
        video = self._video("throughput", _chunks(options) * _CHUNK_SCENES)
        info = probe(open_source(video))
        camera = camera_of(info, RunSettings().camera, spec.field_of_view_degrees)
        clip = write_clip(info, self.folder / "clip.rgb", BenchmarkSettings())
        ceilings_fps: list[float] = []
        passes: list[list[_Reached]] = [[] for _ in self.engines]
        most = max(measured.engine.workers for measured in self.engines)
        half = info.frame_count // 2
        with Ceiling(spec, camera, clip, most) as ceiling:
            for number in range(options.rounds):
                self.say(f"round {number + 1} of {options.rounds}: the bare model")
                ceilings_fps.append(ceiling.rate(half))
                for measured, done in zip(self.engines, passes, strict=True):
                    self.say(f"round {number + 1} of {options.rounds}: {measured.name}")
                    took = self._run(measured, video, spec, _CHUNK_SCENES * SCENE_FRAMES)
                    done.append(_Reached(throughput(took.metrics), info.frame_count / _seconds(took)))
            ceilings_fps.append(ceiling.rate(half))
        around_fps = tuple(statistics.harmonic_mean(both) for both in pairwise(ceilings_fps))
        figures = (
            _throughput(measured, done, around_fps) for measured, done in zip(self.engines, passes, strict=True)
        )
        return tuple(figures), around_fps

    def chunk_cost(self, counts: Sequence[int]) -> tuple[ChunkCost, ...]:
        videos = [self._video(f"{count}_chunks", count) for count in counts]
        costs = []
        for measured in self.engines:
            self.say(f"cost of chunks: {measured.name}")
            seconds = [_seconds(self._run(measured, video, SyntheticSpec(0), SCENE_FRAMES)) for video in videos]
            fixed_s, chunk_s = straight_line(counts, seconds)
            costs.append(
                ChunkCost(
                    engine=measured.name,
                    workers=measured.engine.workers,
                    chunks=tuple(counts),
                    seconds=tuple(seconds),
                    fixed_s=fixed_s,
                    chunk_ms=1000 * chunk_s,
                )
            )
        return tuple(costs)

    def resume(self, least_chunks: int) -> ResumeCost:
        count = -(-least_chunks // _RESUMED_CHUNKS)
        videos = copies_of(self._video("resumed", _RESUMED_CHUNKS), count, self.folder)
        threads, out, took, computed = self.engines[0], self.folder / "resumed", [], 0
        for what in ("finished", "started again"):
            self.say(f"a run of {count * _RESUMED_CHUNKS} chunks, {what}")
            begin = time.monotonic()
            computed = run(
                videos,
                out,
                settings=_settings(threads.settings, SCENE_FRAMES),
                spec=SyntheticSpec(0),
                engine=threads.engine,
                progress=NullReporter(),
            ).frames_computed
            took.append(time.monotonic() - begin)
        return ResumeCost(
            chunks=count * _RESUMED_CHUNKS,
            videos=count,
            first_s=took[0],
            again_s=took[1],
            frames_computed_again=computed,
        )

    def _video(self, name: str, scenes: int) -> Path:
        path = self.folder / f"{name}.mp4"
        write_synthetic_video(path, scenes)
        return path

    def _run(self, measured: _Measured, video: Path, spec: SyntheticSpec, chunk_frames: int) -> Pass:
        work = Workload((video,), _settings(measured.settings, chunk_frames), spec, self.folder)
        return run_pass(work, measured.engine)


@contextmanager
def _engines() -> Iterator[tuple[_Measured, ...]]:
    """The engines to be measured; both shapes of Ray share one cluster on this machine."""
    wanted = {
        "threads": EngineSettings(kind="local"),
        "ray fused": EngineSettings(kind="ray", address=OWN_RAY, shape="fused"),
        "ray split": EngineSettings(kind="ray", address=OWN_RAY, shape="split"),
    }
    with ExitStack() as stack:
        yield tuple(
            _Measured(name, stack.enter_context(started_engine(settings, SyntheticSpec(), name)), settings)
            for name, settings in wanted.items()
        )


def _settings(engine: EngineSettings, chunk_frames: int) -> RunSettings:
    return load_layers(
        RunSettings, None, {"engine": engine.model_dump(), "video": {"chunk_frames": chunk_frames}}, {}
    )


def _chunks(options: ScaleSettings) -> int:
    """Chunks of a measurement of throughput; an even number, so that two workers get the same."""
    least = -(-options.frames // (_CHUNK_SCENES * SCENE_FRAMES))
    return least + least % 2


def _seconds(done: Pass) -> float:
    return done.start_s + done.metrics.total_seconds + done.assemble_s


def _throughput(measured: _Measured, passes: Sequence[_Reached], ceilings_fps: Sequence[float]) -> Throughput:
    pairs = list(zip(passes, ceilings_fps, strict=True))
    ratios = [done.fps / ceiling_fps for done, ceiling_fps in pairs]
    whole_ratios = [done.whole_fps / ceiling_fps for done, ceiling_fps in pairs]
    return Throughput(
        engine=measured.name,
        workers=measured.engine.workers,
        rates_fps=tuple(done.fps for done in passes),
        whole_rates_fps=tuple(done.whole_fps for done in passes),
        ratios=tuple(ratios),
        whole_ratios=tuple(whole_ratios),
        median_ratio=statistics.median(ratios),
        median_whole_ratio=statistics.median(whole_ratios),
    )
