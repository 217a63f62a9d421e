import pytest

from neuropose_ray.benchmark.report import format_report
from neuropose_ray.benchmark.run import run_benchmark
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.schemas.benchmark import BenchmarkResult
from neuropose_ray.service.settings import load_settings

NEUROPOSE_FIELDS = [
    "schema_version", "video_name", "repeats", "warmup_frames", "warmup_pass", "measured_passes", "aggregate",
    "cpu_comparison", "provenance",
]  # fmt: skip


def benchmarked(video, spec, *, kind="local", **options):
    flags = {"engine": {"kind": kind, "address": "local", "workers": 2}, "video": {"chunk_frames": 6}}
    lines = []
    result = run_benchmark(
        video,
        settings=load_settings(None, flags, environment={}),
        spec=spec,
        options=BenchmarkSettings(**options),
        say=lines.append,
    )
    return result, lines


@pytest.fixture(scope="module")
def local(squat_video, blazepose_spec):
    return benchmarked(squat_video, blazepose_spec, repeats=3, warmup_frames=2, frames=30, compare_cpu=True)


def test_the_first_pass_is_kept_apart(local):
    result, lines = local
    assert len(result.measured_passes) == result.aggregate.repeats_measured == 2
    assert len(result.ceiling.rates_fps) == 2
    assert lines[1:] == ["pass 1 of 3, which warms up", "pass 2 of 3", "pass 3 of 3"]


def test_the_video_is_repeated_until_there_are_enough_frames(local):
    assert (local[0].copies, local[0].frames_per_pass) == (2, 48)
    assert {each.frames for each in (local[0].warmup_pass, *local[0].measured_passes)} == {48}


def test_the_ratio_is_that_of_the_passes_to_the_ceiling_around_them(local):
    result = local[0]
    ratios = [
        each.frames / each.total_seconds / rate
        for each, rate in zip(result.measured_passes, result.ceiling.rates_fps, strict=True)
    ]
    assert (result.ceiling.min_ratio, result.ceiling.max_ratio) == pytest.approx((min(ratios), max(ratios)))
    assert result.ceiling.processes == result.workers == 2


def test_the_stages_add_up_to_the_time_of_the_workers(local):
    stages = local[0].stages
    parts = stages.decode_wait + stages.infer + stages.other + stages.idle
    assert parts == pytest.approx(2 * stages.processing)


def test_on_the_cpu_already_two_passes_are_compared_and_do_not_differ(local):
    comparison = local[0].cpu_comparison
    assert comparison.already_on_cpu
    assert comparison.speedup == 1
    assert (comparison.max_poses3d_divergence_mm, comparison.frame_count_compared) == (0, 24)


def test_the_file_has_neuroposes_fields_first_and_reads_back(local):
    text = local[0].model_dump_json()
    assert list(BenchmarkResult.model_fields)[: len(NEUROPOSE_FIELDS)] == NEUROPOSE_FIELDS
    assert BenchmarkResult.model_validate_json(text) == local[0]


def test_the_report_says_what_was_measured_and_what_the_ratio_is(local):
    report = format_report(local[0])
    assert "blazepose on cpu, local engine, 2 workers" in report
    assert "3 passes of 48 frames, the first to warm up" in report
    assert f"{local[0].ceiling.median_ratio:.3f} (" in report
    assert "MediaPipe" not in report
    assert "two of them are compared" in report


@pytest.mark.ray
@pytest.mark.endurance
@pytest.mark.usefixtures("ray_cluster")
def test_on_ray_the_same_is_measured(squat_video, blazepose_spec):
    result, _ = benchmarked(squat_video, blazepose_spec, kind="ray", repeats=2)
    assert (result.engine, result.workers, result.copies) == ("ray", 2, 1)
    assert result.measured_passes[0].frames == 24
    assert result.ceiling.median_ratio > 0
    assert result.cpu_comparison is None
