"""Figures of a benchmark's passes, as pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropose_ray.schemas.benchmark import BenchmarkAggregate, RateComparison
from neuropose_ray.schemas.performance import PerformanceMetrics
from neuropose_ray.schemas.poses import PoseTable


def aggregate(passes: Sequence[PerformanceMetrics], warmup_frames: int) -> BenchmarkAggregate:
    """NeuroPose's figures over the measured passes.

    Args:
        passes: at least one.
        warmup_frames: latencies left out at the start of every pass.
    """
    latencies = np.concatenate([metrics.per_frame_latencies_ms[warmup_frames:] for metrics in passes])
    if not len(latencies):
        latencies = np.zeros(1)
    p50, p95, p99 = np.percentile(latencies, (50, 95, 99))
    return BenchmarkAggregate(
        repeats_measured=len(passes),
        warmup_frames_per_pass=warmup_frames,
        mean_frame_latency_ms=float(latencies.mean()),
        p50_frame_latency_ms=float(p50),
        p95_frame_latency_ms=float(p95),
        p99_frame_latency_ms=float(p99),
        stddev_frame_latency_ms=float(latencies.std()),
        mean_throughput_fps=float(np.mean([throughput(metrics) for metrics in passes])),
        peak_rss_mb_max=max(metrics.peak_rss_mb for metrics in passes),
        active_device=passes[0].active_device,
        tensorflow_metal_active=passes[0].tensorflow_metal_active,
        tensorflow_version=passes[0].tensorflow_version,
    )


def throughput(metrics: PerformanceMetrics) -> float:
    """Frames per second of a pass, its first frames included; 0 for a pass without duration."""
    return metrics.frames / metrics.total_seconds if metrics.total_seconds > 0 else 0.0


def compared(
    passes: Sequence[PerformanceMetrics], rates_fps: Sequence[float], *, processes: int, frames: int
) -> RateComparison:
    """Rates of the passes against those measured around or just before each of them.

    Args:
        passes: the measured ones.
        rates_fps: the other's frames per second, one for each pass.
        processes: that the other used.
        frames: of one of its measurements.
    """
    ratios = [throughput(single) / rate for single, rate in zip(passes, rates_fps, strict=True)]
    return RateComparison(
        processes=processes,
        frames=frames,
        rates_fps=tuple(rates_fps),
        median_ratio=float(np.median(ratios)),
        min_ratio=min(ratios),
        max_ratio=max(ratios),
    )


def poses3d_divergence(reference: PoseTable, candidate: PoseTable) -> tuple[float, int]:
    """How far two runs over one video lie apart.

    Frames are paired by position. Frames in which the runs saw different numbers of people, or people of different
    skeletons, are left out; frames in which both saw nobody count.

    Returns:
        The largest absolute difference of any coordinate of any joint of any person, in mm, and the number of
        frames that were compared.

    Raises:
        ValueError: the runs have different numbers of frames.
    """
    if reference.frame_count != candidate.frame_count:
        raise ValueError(f"{reference.frame_count} frames cannot be compared with {candidate.frame_count}")
    reference_persons, candidate_persons = reference.persons_per_frame(), candidate.persons_per_frame()
    alike = reference_persons == candidate_persons
    joints = reference.poses.poses3d.shape[1:], candidate.poses.poses3d.shape[1:]
    if joints[0] != joints[1]:
        return 0.0, int(np.count_nonzero(alike & (reference_persons == 0)))
    ours = reference.poses.poses3d[np.repeat(alike, reference_persons)]
    theirs = candidate.poses.poses3d[np.repeat(alike, candidate_persons)]
    return float(np.abs(ours - theirs).max(initial=0.0)), int(np.count_nonzero(alike))
