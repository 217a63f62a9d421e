import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.benchmark import BenchmarkAggregate, BenchmarkResult, RateComparison, StageSeconds
from neuropose_ray.schemas.performance import PerformanceMetrics

LATENCIES = dict.fromkeys(
    ("mean_frame_latency_ms", "p50_frame_latency_ms", "p95_frame_latency_ms", "p99_frame_latency_ms",
     "stddev_frame_latency_ms", "mean_throughput_fps", "peak_rss_mb_max"), 1.0,
)  # fmt: skip
AGGREGATE = BenchmarkAggregate(
    repeats_measured=1, warmup_frames_per_pass=0, active_device="cpu", tensorflow_version="unknown", **LATENCIES
)
PASS = PerformanceMetrics(
    total_seconds=1.0, per_frame_latencies_ms=(1.0,), peak_rss_mb=1.0, active_device="cpu",
    tensorflow_version="unknown", frames=1, workers=1, decode_seconds=0.1, infer_seconds=0.8, other_seconds=0.1,
)  # fmt: skip
STAGES = StageSeconds(start=0, processing=1, assemble=0, decode_wait=0.1, infer=0.8, other=0.1, idle=0)
CEILING = RateComparison(processes=1, frames=1, rates_fps=(1.0,), median_ratio=0.9, min_ratio=0.9, max_ratio=0.9)


def result(**changes):
    fields = {
        "video_name": "walk.mp4", "repeats": 2, "warmup_frames": 0, "warmup_pass": PASS, "measured_passes": (PASS,),
        "aggregate": AGGREGATE, "model": "blazepose", "engine": "local", "workers": 1, "copies": 1,
        "frames_per_pass": 1, "stages": STAGES, "ceiling": CEILING,
    }  # fmt: skip
    return BenchmarkResult(**(fields | changes))


def test_a_result_comes_back_from_json():
    assert BenchmarkResult.model_validate_json(result().model_dump_json()) == result()


def test_the_first_fields_are_neuroposes_in_its_order():
    assert list(BenchmarkResult.model_fields)[1:9] == [
        "video_name", "repeats", "warmup_frames", "warmup_pass", "measured_passes", "aggregate", "cpu_comparison",
        "provenance",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("repeats", 1), ("warmup_frames", -1), ("workers", 0), ("copies", True)])
def test_counts_that_make_no_sense_are_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        result(**{name: value})
