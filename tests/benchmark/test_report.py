"""What a person reads of a benchmark: every figure with its unit, and only what was measured."""

import pytest

from neuropose_ray.benchmark.report import format_report
from neuropose_ray.schemas.benchmark import (
    BenchmarkAggregate,
    BenchmarkResult,
    CpuComparison,
    RateComparison,
    StageSeconds,
)
from neuropose_ray.schemas.performance import PerformanceMetrics

AGGREGATE = BenchmarkAggregate(
    repeats_measured=2, warmup_frames_per_pass=3, mean_frame_latency_ms=10.125, p50_frame_latency_ms=9.5,
    p95_frame_latency_ms=20, p99_frame_latency_ms=30, stddev_frame_latency_ms=1, mean_throughput_fps=98.76,
    peak_rss_mb_max=512.4, active_device="gpu:0", tensorflow_version="unknown",
)  # fmt: skip
PASS = PerformanceMetrics(
    model_load_seconds=1.5, total_seconds=2, per_frame_latencies_ms=(10,), peak_rss_mb=500, active_device="gpu:0",
    tensorflow_version="unknown", frames=48, workers=2, decode_seconds=1, infer_seconds=2, other_seconds=1,
)  # fmt: skip
CEILING = RateComparison(
    processes=2, frames=96, rates_fps=(100.0, 120.0), median_ratio=0.9, min_ratio=0.85, max_ratio=0.95
)
RESULT = BenchmarkResult(
    video_name="walk.mp4", repeats=3, warmup_frames=3, warmup_pass=PASS, measured_passes=(PASS, PASS),
    aggregate=AGGREGATE, model="metrabs", engine="ray", workers=2, copies=1, frames_per_pass=48,
    stages=StageSeconds(start=1, processing=2, assemble=0.5, decode_wait=1, infer=2, other=0.6, idle=0.4),
    ceiling=CEILING,
)  # fmt: skip


def rows(result: BenchmarkResult) -> dict[str, str]:
    """Label and value of each line that has both."""
    return {line[:22].strip(): line[22:].strip() for line in format_report(result).splitlines()}


def test_latencies_throughput_and_memory_have_their_units():
    shown = rows(RESULT)
    assert shown["latency mean"] == "10.12 ms"
    assert shown["latency p99"] == "30.00 ms"
    assert shown["throughput"] == "98.8 frames/s"
    assert shown["peak memory"] == "512 MiB"
    assert shown["model load"] == "1.50 s"


def test_parts_of_the_processing_are_shares_of_all_workers_time():
    shown = rows(RESULT)
    parts = ("waiting for frames", "pose model", "other", "idle")
    assert [shown[part] for part in parts] == ["25.0 %", "50.0 %", "15.0 %", "10.0 %"]


def test_the_ceiling_is_the_mean_of_its_rounds_with_the_spread_of_the_ratio():
    shown = rows(RESULT)
    assert shown["ceiling"] == "110.0 frames/s (bare model, 2 processes)"
    assert shown["ratio to ceiling"] == "0.900 (0.850 to 0.950)"


def test_what_was_not_measured_is_not_there():
    text = format_report(RESULT)
    for word in ("MediaPipe", "CPU", "TensorFlow", "speed-up"):
        assert word not in text
    unloaded = RESULT.model_copy(update={"warmup_pass": PASS.model_copy(update={"model_load_seconds": None})})
    assert rows(unloaded)["model load"] == "-"


def test_mediapipe_is_compared_with_one_process():
    one = CEILING.model_copy(update={"processes": 1})
    assert rows(RESULT.model_copy(update={"mediapipe": one}))["MediaPipe"].endswith("tracking, 1 process)")


@pytest.mark.parametrize(
    ("on_cpu", "line"), [(False, "25.0 frames/s"), (True, "the passes ran on it: two of them are compared")]
)
def test_the_comparison_with_the_cpu_says_where_the_passes_ran(on_cpu: bool, line: str):
    comparison = CpuComparison(
        primary_aggregate=AGGREGATE, cpu_aggregate=AGGREGATE.model_copy(update={"mean_throughput_fps": 25.0}),
        speedup=3.95, max_poses3d_divergence_mm=0.012345, frame_count_compared=40, already_on_cpu=on_cpu,
    )  # fmt: skip
    shown = rows(RESULT.model_copy(update={"cpu_comparison": comparison}))
    assert shown["CPU"] == line
    assert shown["speed-up"] == "3.95"
    assert shown["largest 3D difference"] == "0.01235 mm over 40 frames"


def test_tensorflow_is_named_with_what_accelerates_it():
    figures = AGGREGATE.model_copy(update={"tensorflow_version": "2.21.0", "tensorflow_metal_active": True})
    assert rows(RESULT.model_copy(update={"aggregate": figures}))["TensorFlow"] == "2.21.0 (tensorflow-metal)"
