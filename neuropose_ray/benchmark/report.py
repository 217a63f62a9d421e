"""A benchmark's result as text."""

from __future__ import annotations

from collections.abc import Iterator

from neuropose_ray.schemas.benchmark import BenchmarkAggregate, BenchmarkResult, CpuComparison, RateComparison

_LABEL_WIDTH = 22


def format_report(result: BenchmarkResult) -> str:
    """A block of lines for a terminal, without an end of line at the end."""
    return "\n".join(_lines(result))


def _lines(result: BenchmarkResult) -> Iterator[str]:
    workers = "worker" if result.workers == 1 else "workers"
    yield (
        f"benchmark of {result.video_name}: {result.model} on {result.aggregate.active_device}, "
        f"{result.engine} engine, {result.workers} {workers}"
    )
    yield (
        f"{result.repeats} passes of {result.frames_per_pass} frames, the first to warm up; "
        f"latencies without the first {result.warmup_frames} frames of a pass"
    )
    yield ""
    yield from _aggregate_lines(result.aggregate)
    load = result.warmup_pass.model_load_seconds
    yield _row("model load", "-" if load is None else f"{load:.2f} s")
    yield ""
    yield from _stage_lines(result)
    yield ""
    yield from _rate_lines("ceiling", "bare model", result.ceiling)
    if result.mediapipe is not None:
        yield from _rate_lines("MediaPipe", "Python API, tracking", result.mediapipe)
    if result.cpu_comparison is not None:
        yield ""
        yield from _cpu_lines(result.cpu_comparison)


def _aggregate_lines(figures: BenchmarkAggregate) -> Iterator[str]:
    for label, value in (
        ("mean", figures.mean_frame_latency_ms),
        ("p50", figures.p50_frame_latency_ms),
        ("p95", figures.p95_frame_latency_ms),
        ("p99", figures.p99_frame_latency_ms),
        ("stddev", figures.stddev_frame_latency_ms),
    ):
        yield _row(f"latency {label}", f"{value:.2f} ms")
    yield _row("throughput", f"{figures.mean_throughput_fps:.1f} frames/s")
    yield _row("peak memory", f"{figures.peak_rss_mb_max:.0f} MiB")
    if figures.tensorflow_version != "unknown":
        metal = " (tensorflow-metal)" if figures.tensorflow_metal_active else ""
        yield _row("TensorFlow", figures.tensorflow_version + metal)


def _stage_lines(result: BenchmarkResult) -> Iterator[str]:
    stages, worked = result.stages, result.workers * result.stages.processing
    yield _row("processing", f"{stages.processing:.2f} s a pass, which the throughput and the ratios count; of it")
    for label, seconds in (
        ("waiting for frames", stages.decode_wait),
        ("pose model", stages.infer),
        ("other", stages.other),
        ("idle", stages.idle),
    ):
        yield _row(f"  {label}", f"{100 * seconds / worked:.1f} %" if worked else "-")
    yield _row("not counted", f"{stages.start:.2f} s before (probing, model load), {stages.assemble:.2f} s after")


def _rate_lines(label: str, what: str, comparison: RateComparison) -> Iterator[str]:
    processes = "process" if comparison.processes == 1 else "processes"
    mean = sum(comparison.rates_fps) / len(comparison.rates_fps)
    yield _row(label, f"{mean:.1f} frames/s ({what}, {comparison.processes} {processes})")
    yield _row(
        f"ratio to {label}",
        f"{comparison.median_ratio:.3f} ({comparison.min_ratio:.3f} to {comparison.max_ratio:.3f})",
    )


def _cpu_lines(comparison: CpuComparison) -> Iterator[str]:
    difference = f"{comparison.max_poses3d_divergence_mm:.4g} mm over {comparison.frame_count_compared} frames"
    if comparison.already_on_cpu:
        yield _row("CPU", "the passes ran on it: two of them are compared")
    else:
        yield _row("CPU", f"{comparison.cpu_aggregate.mean_throughput_fps:.1f} frames/s")
    yield _row("speed-up", f"{comparison.speedup:.2f}")
    yield _row("largest 3D difference", difference)


def _row(label: str, value: str) -> str:
    return f"{label:<{_LABEL_WIDTH}}{value}"
