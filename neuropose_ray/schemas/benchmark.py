"""What a benchmark of one video found: NeuroPose's figures under its names, and how far the machine's limit is."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt, Utf8Str
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.provenance import Provenance

#: The version of this format; NeuroPose's own are 1 and 2.
BENCHMARK_SCHEMA_VERSION: Final = 3

_Amount = Annotated[FiniteFloat, Field(ge=0)]
_Count = Annotated[StrictInt, Field(ge=0)]
_Several = Annotated[StrictInt, Field(ge=1)]


class BenchmarkAggregate(FrozenModel):
    """Figures over all measured passes; every field is NeuroPose's, with its meaning.

    The latencies of all passes are taken together, without the first frames of each pass; standard deviations are
    the population's, percentiles are interpolated linearly. All are 0 where no latency is left.
    """

    repeats_measured: _Several
    warmup_frames_per_pass: _Count
    mean_frame_latency_ms: _Amount
    p50_frame_latency_ms: _Amount
    p95_frame_latency_ms: _Amount
    p99_frame_latency_ms: _Amount
    stddev_frame_latency_ms: _Amount
    mean_throughput_fps: _Amount = Field(description="mean over passes of frames / total_seconds")
    peak_rss_mb_max: _Amount = Field(description="MiB of one worker's process")
    active_device: str
    tensorflow_metal_active: bool = False
    tensorflow_version: str


class CpuComparison(FrozenModel):
    """The same passes on the CPU. The first five fields are NeuroPose's."""

    primary_aggregate: BenchmarkAggregate
    cpu_aggregate: BenchmarkAggregate
    speedup: _Amount = Field(description="throughput over the CPU's; 0 where that is 0")
    max_poses3d_divergence_mm: _Amount = Field(description="largest difference of any coordinate of any joint")
    frame_count_compared: _Count = Field(description="frames in which both runs saw equally many people")

    already_on_cpu: bool = Field(description="true: nothing else was run, two of the passes are compared")


class StageSeconds(FrozenModel):
    """Where the time of a pass went, seconds, means over the measured passes.

    ``decode_wait``, ``infer``, ``other`` and ``idle`` are summed over the workers: together they are ``workers``
    times ``processing``.
    """

    start: _Amount = Field(description="before the first chunk: probing, loading models, starting actors")
    processing: _Amount = Field(description="from a worker's start on the first chunk to the last chunk's results")
    assemble: _Amount = Field(description="after the last chunk: following people, writing the video's files")
    decode_wait: _Amount = Field(description="workers waited for decoded frames")
    infer: _Amount = Field(description="inside the pose model")
    other: _Amount = Field(description="the rest of the chunks: opening the video, committing results")
    idle: _Amount = Field(description="workers had no chunk")


class RateComparison(FrozenModel):
    """The program beside something else that sees the same frames, measured in turns, one pair for each pass."""

    processes: _Several = Field(description="working side by side")
    frames: _Several = Field(description="frames of one measurement, over all processes")
    rates_fps: tuple[_Amount, ...] = Field(
        description="frames per second of the other, around or just before each pass"
    )
    median_ratio: _Amount = Field(description="of the program's frames per second to the other's, pair by pair")
    min_ratio: _Amount
    max_ratio: _Amount


class BenchmarkResult(FrozenModel):
    """Several passes over one video. The first eight fields are NeuroPose's, with its names and meanings.

    A pass counts from a worker's start on the first chunk to the last chunk's results on the disk: finding and
    probing the video, loading the model, starting actors, and assembling the video's files are not in its
    ``total_seconds``, its throughput or the ratios; :class:`StageSeconds` tells them.
    """

    schema_version: Literal[3] = BENCHMARK_SCHEMA_VERSION
    video_name: Utf8Str
    repeats: Annotated[StrictInt, Field(ge=2)] = Field(description="passes, with the one that only warms up")
    warmup_frames: _Count = Field(description="latencies left out at the start of every pass")
    warmup_pass: PerformanceMetrics
    measured_passes: tuple[PerformanceMetrics, ...]
    aggregate: BenchmarkAggregate
    cpu_comparison: CpuComparison | None = None
    provenance: Provenance | None = None

    model: str
    engine: str
    workers: _Several
    copies: _Several = Field(description="times the video was processed in every pass, each as a video of its own")
    frames_per_pass: _Several
    stages: StageSeconds
    ceiling: RateComparison = Field(description="against bare models, one process for each worker, frames in memory")
    mediapipe: RateComparison | None = Field(default=None, description="against MediaPipe's Python API, one process")
